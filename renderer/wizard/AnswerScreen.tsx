import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useController, useForm, type Control } from 'react-hook-form'
import type { Answers, AnswerValue, Field, FormDescription, Screen } from '../../shared/forms/form.ts'
import type { Environment } from '../../shared/model/target.ts'
import { AnswerField } from '../fields/AnswerField.tsx'
import type { SecretsOnScreen } from '../fields/commits.ts'
import { fieldId, type FieldProps } from '../fields/field-props.ts'
import { ErrorSummary } from '../ui/ErrorSummary.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Column } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import type { DraftStore } from './draft-store.ts'
import { FactsPanel } from './FactsPanel.tsx'
import { fieldKey, targetOfField, visibleFields } from './form-shape.ts'
import { ScriptPane } from './ScriptPane.tsx'
import { useAnswering } from './use-answering.ts'
import { useFacts } from './use-facts.ts'
import { useOptions } from './use-options.ts'
import { WizardFooter } from './WizardFooter.tsx'

const Beside = styled('div')({
  display: 'flex',
  gap: 24,
  alignItems: 'flex-start',
  '@media (max-width: 1099.95px)': { flexDirection: 'column-reverse', alignItems: 'stretch' },
})
const FormBox = styled('form')({
  flex: '1 1 0',
  minWidth: 0,
  display: 'flex',
  flexDirection: 'column',
  gap: 24,
})

type Rest = Pick<FieldProps, 'because' | 'options' | 'unread' | 'target' | 'answers'>

/** One field, tied to the form of its screen. Secrets give only their handle to it. */
const Bound = (
  props: { field: Field; control: Control<Answers>; onAnswer: (value: AnswerValue) => void } & Rest,
) => {
  const { field, control, onAnswer, ...rest } = props
  const { field: bound, fieldState } = useController({ name: field.name, control })
  return (
    <AnswerField
      field={field}
      value={bound.value ?? null}
      onChange={(value) => {
        bound.onChange(value)
        onAnswer(value)
      }}
      error={fieldState.error?.message ?? null}
      {...rest}
    />
  )
}

export interface AnswerScreenProps {
  form: FormDescription
  screen: Screen
  store: DraftStore
  secrets: SecretsOnScreen
  environment: Environment | null
  place: { number: number; total: number }
  /** Ids of the stops that were visited: their answers are looked at again when this screen changes. */
  visited: readonly string[]
  nextLabel: string
  onBack: () => void
  onNext: () => void
  onStale: (screens: ReadonlySet<string>) => void
}

/** One screen of answers. Main checks them on Next; nothing that was typed is ever cleared by an error. */
export const AnswerScreen = (props: AnswerScreenProps) => {
  const { form, screen, store } = props
  const read = useFacts(store.id, screen.id)
  const hookForm = useForm<Answers>({
    defaultValues: store.getState().answers,
    mode: 'onSubmit',
    reValidateMode: 'onChange',
    shouldFocusError: false,
    shouldUnregister: false,
  })
  const answering = useAnswering({ ...props, hookForm, read })
  const { answers, errors, attempt, busy, problem, suggested } = answering
  const fields = visibleFields(screen, answers, read.facts?.flags ?? {})
  const optionsOf = useOptions(read)
  return (
    <Column>
      <PageHeader
        title={screen.question}
        page={`${form.title}: ${screen.noun}`}
        environment={props.environment}
        error={errors.length > 0}
        purpose={screen.purpose}
      />
      <Beside>
        <FormBox
          noValidate
          aria-label={screen.question}
          onSubmit={(event) => {
            event.preventDefault()
            void answering.next()
          }}
        >
          <ErrorSummary
            attempt={attempt}
            errors={errors.map(({ field, message }) => ({ elementId: fieldId(field), message }))}
          />
          {problem === null ? null : <ProblemPanel problem={problem} />}
          <FactsPanel reads={screen.reads} read={read} />
          {fields.length === 0 && !read.reading ? (
            <p>
              {read.problem === null
                ? 'No answer is needed here: the answers so far and what was read leave nothing open.'
                : 'What is asked here depends on what the server says, and that was not read.'}
            </p>
          ) : null}
          {fields.map((field) => (
            <Bound
              key={fieldKey(field)}
              field={field}
              control={hookForm.control}
              onAnswer={(value) => answering.answer(field, value)}
              because={
                suggested[field.name]?.value === answers[field.name]
                  ? (suggested[field.name]?.because ?? null)
                  : null
              }
              options={field.kind === 'pick' ? optionsOf(field) : null}
              unread={read.problem !== null}
              target={targetOfField(form, field, answers)}
              answers={answers}
            />
          ))}
          <WizardFooter store={store}>
            <Button variant="outlined" onClick={props.onBack}>
              Back
            </Button>
            <Button type="submit" variant="contained" aria-disabled={busy}>
              {busy ? 'Checking the answers …' : props.nextLabel}
            </Button>
          </WizardFooter>
        </FormBox>
        <ScriptPane store={store} />
      </Beside>
    </Column>
  )
}
