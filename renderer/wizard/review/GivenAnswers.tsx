import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useStore } from 'zustand'
import type { Answers, Field, FormDescription, PickField, Screen } from '../../../shared/forms/form.ts'
import { useAsk } from '../../bridge/index.ts'
import { clockTime, count, withoutControls } from '../../ui/format.ts'
import { Muted, Panel, PanelHeading, SmallHeading } from '../../ui/Panel.tsx'
import type { DraftStore } from '../draft-store.ts'
import { fieldKey, isEmptyAnswer, toldFields, visibleFields } from '../form-shape.ts'

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

/** What a picked value is called; null: it is still being read. */
type NameOf = (field: PickField, value: string) => string | null

const Picked = ({
  field,
  values,
  nameOf,
}: {
  field: PickField
  values: readonly string[]
  nameOf: NameOf
}) => {
  const names = values.slice(0, longestList).map((value) => nameOf(field, value))
  const known = names.filter((name) => name !== null)
  if (known.length < names.length) return <span>Reading …</span>
  return (
    <bdi>
      {known.map(withoutControls).join(field.opaque === true ? '; ' : ', ')}
      {values.length > longestList ? ` and ${count(values.length - longestList, 'more', 'more')}` : ''}
    </bdi>
  )
}

const Value = ({ field, answers, nameOf }: { field: Field; answers: Answers; nameOf: NameOf }) => {
  const answer = answers[field.name]
  if (isEmptyAnswer(answer) || answer === undefined) return <span>none</span>
  if ((field.kind === 'secret' || field.kind === 'share') && typeof answer === 'string')
    return <SecretKept handle={answer} />
  if (field.kind === 'place' && typeof answer === 'string') return <PlaceName place={answer} />
  if (field.kind === 'pick' && typeof answer !== 'boolean' && typeof answer !== 'number')
    return (
      <Picked field={field} values={typeof answer === 'string' ? [answer] : (answer ?? [])} nameOf={nameOf} />
    )
  if (field.kind === 'choice')
    return <span>{field.options.find(({ value }) => value === answer)?.label ?? String(answer)}</span>
  if (typeof answer === 'boolean') return <span>{answer ? 'Yes' : 'No'}</span>
  return (
    <bdi>
      {withoutControls(String(answer))}
      {field.kind === 'number' ? ` ${field.unit}` : ''}
    </bdi>
  )
}

/** The labels of ids that only main can name, from one more reading of the screen; none is made where no such id is. */
const useLabels = (store: DraftStore, screen: Screen, answers: Answers, ready: boolean) => {
  const opaque = visibleFields(screen, answers, {}).some(
    (field) => field.kind === 'pick' && field.opaque === true && !isEmptyAnswer(answers[field.name]),
  )
  const facts = useAsk(
    'wizard.facts',
    opaque && ready ? { draft: store.id, screen: screen.id, again: false } : null,
  )
  const settled = facts.state === 'ready' || facts.state === 'failed'
  return (field: PickField, value: string): string | null =>
    facts.value?.options[field.from]?.find((option) => option.value === value)?.label ??
    (settled || field.opaque !== true ? value : null)
}

const OfScreen = (
  props: { screen: Screen; connectionName: (value: string) => string | null } & Omit<Props, 'form'>,
) => {
  const { screen, store, ready, connectionName, onChange } = props
  const answers = useStore(store, (state) => state.answers)
  const labelOf = useLabels(store, screen, answers, ready)
  const nameOf: NameOf = (field, value) => connectionName(value) ?? labelOf(field, value)
  const fields = toldFields(screen, answers)
  return (
    <div>
      <Head>
        <SmallHeading>{screen.noun}</SmallHeading>
        <Button size="small" variant="text" onClick={() => onChange(screen.id)}>
          Change {screen.noun.toLowerCase()}
        </Button>
      </Head>
      {fields.length === 0 ? <Muted>No answer is needed</Muted> : null}
      <Rows>
        {fields.map((field) => (
          <div key={fieldKey(field)} style={{ display: 'contents' }}>
            <Term>{field.label}</Term>
            <dd>
              <Value field={field} answers={answers} nameOf={nameOf} />
            </dd>
          </div>
        ))}
      </Rows>
    </div>
  )
}

interface Props {
  form: FormDescription
  store: DraftStore
  /** The plan was made: main is free for a reading of its own. */
  ready: boolean
  onChange: (screen: string) => void
}

/** Every answer with a way to change it; Next there comes back here. */
export const GivenAnswers = ({ form, ...rest }: Props) => {
  const connections = useAsk('connections.list', {})
  const connectionName = (value: string): string | null =>
    connections.value?.find(({ connection }) => connection.id === value)?.connection.name ?? null
  return (
    <Panel>
      <PanelHeading>Answers</PanelHeading>
      {connections.state === 'loading' ? (
        <Muted role="status">Reading …</Muted>
      ) : (
        form.screens.map((screen) => (
          <OfScreen key={screen.id} screen={screen} connectionName={connectionName} {...rest} />
        ))
      )}
    </Panel>
  )
}
