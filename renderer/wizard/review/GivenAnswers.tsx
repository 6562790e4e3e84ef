import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useStore } from 'zustand'
import type { Answers, Field, FormDescription } from '../../../shared/forms/form.ts'
import { useAsk } from '../../bridge/index.ts'
import { clockTime, count, withoutControls } from '../../ui/format.ts'
import { Panel, PanelHeading, SmallHeading } from '../../ui/Panel.tsx'
import type { DraftStore } from '../draft-store.ts'
import { fieldKey, isEmptyAnswer, visibleFields } from '../form-shape.ts'

const Head = styled('div')({
  display: 'flex',
  justifyContent: 'space-between',
  gap: 12,
  alignItems: 'center',
})
const Rows = styled('dl')({
  display: 'grid',
  gridTemplateColumns: 'minmax(140px, 260px) 1fr',
  gap: '6px 16px',
  '@media (max-width: 560px)': { gridTemplateColumns: '1fr' },
})
const Term = styled('dt')(({ theme }) => ({ color: theme.vars.palette.text.secondary }))

const SecretKept = ({ handle }: { handle: string }) => {
  const { value } = useAsk('secrets.about', { handle })
  if (value === null) return <span>Asking …</span>
  if (!value.found) return <span>Enter again: kept only until lock</span>
  return (
    <span>
      Kept as «{value.label}»{value.keptAt === null ? '' : `, entered ${clockTime(value.keptAt)}`}
    </span>
  )
}

const PlaceName = ({ place }: { place: string }) => {
  const { value } = useAsk('places.label', { place })
  return <span>{value?.label ?? 'not known any more'}</span>
}

const longestList = 12

const Value = ({
  field,
  answers,
  targetName,
}: {
  field: Field
  answers: Answers
  targetName: string | null
}) => {
  const answer = answers[field.name]
  if (isEmptyAnswer(answer) || answer === undefined) return <span>none</span>
  if (field.kind === 'secret' && typeof answer === 'string') return <SecretKept handle={answer} />
  if (field.kind === 'place' && typeof answer === 'string') return <PlaceName place={answer} />
  if (field.kind === 'pick' && field.from === 'targets') return <bdi>{targetName ?? String(answer)}</bdi>
  if (field.kind === 'choice')
    return <span>{field.options.find(({ value }) => value === answer)?.label ?? String(answer)}</span>
  if (Array.isArray(answer))
    return (
      <bdi>
        {answer.slice(0, longestList).map(withoutControls).join(', ')}
        {answer.length > longestList ? ` and ${count(answer.length - longestList, 'more', 'more')}` : ''}
      </bdi>
    )
  if (typeof answer === 'boolean') return <span>{answer ? 'Yes' : 'No'}</span>
  return (
    <bdi>
      {withoutControls(String(answer))}
      {field.kind === 'number' ? ` ${field.unit}` : ''}
    </bdi>
  )
}

interface Props {
  form: FormDescription
  store: DraftStore
  targetName: string | null
  onChange: (screen: string) => void
}

/** Every answer with a way to change it; Next there comes back here. */
export const GivenAnswers = ({ form, store, targetName, onChange }: Props) => {
  const answers = useStore(store, (state) => state.answers)
  return (
    <Panel>
      <PanelHeading>Answers</PanelHeading>
      {form.screens.map((screen) => (
        <div key={screen.id}>
          <Head>
            <SmallHeading>{screen.noun}</SmallHeading>
            <Button size="small" variant="text" onClick={() => onChange(screen.id)}>
              Change {screen.noun.toLowerCase()}
            </Button>
          </Head>
          <Rows>
            {visibleFields(screen, answers, {}).map((field) => (
              <div key={fieldKey(field)} style={{ display: 'contents' }}>
                <Term>{field.label}</Term>
                <dd>
                  <Value field={field} answers={answers} targetName={targetName} />
                </dd>
              </div>
            ))}
          </Rows>
        </div>
      ))}
    </Panel>
  )
}
