import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { ConnectionView } from '../../shared/ipc/schemas.ts'
import { go, hashOf } from '../app/routes.ts'
import { useApp } from '../app/state/app-state.ts'
import { useAsk } from '../bridge/index.ts'
import { count } from '../ui/format.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ButtonRow, Column } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { ConnectionCard } from './ConnectionCard.tsx'

const Cards = styled('ul')({
  listStyle: 'none',
  padding: 0,
  display: 'grid',
  gap: 16,
  gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 440px), 1fr))',
  alignItems: 'start',
})

const AddButton = () => (
  <ButtonRow>
    <Button variant="contained" onClick={() => go(hashOf.newConnection)}>
      Add SQL Server
    </Button>
    <Button variant="outlined" onClick={() => go(hashOf.newAzure)}>
      Add Azure subscription
    </Button>
    <Button variant="outlined" onClick={() => go(hashOf.newVault)}>
      Add key vault
    </Button>
    <Button variant="outlined" onClick={() => go(hashOf.newHsm)}>
      Add HSM token
    </Button>
  </ButtonRow>
)

const titleOf = (views: readonly ConnectionView[]): string => {
  const sql = views.filter(({ connection }) => connection.kind === 'sqlserver').length
  const hsm = views.filter(({ connection }) => connection.kind === 'hsm').length
  const azure = views.length - sql - hsm
  if (hsm > 0) {
    const parts = [
      ...(sql === 0 ? [] : [`${sql} to SQL Server`]),
      ...(azure === 0 ? [] : [`${azure} to Azure`]),
      `${hsm} to HSM tokens`,
    ]
    return `${count(views.length, 'connection')}: ${parts.join(', ')}`
  }
  if (azure === 0) return `${count(sql, 'connection')} to SQL Server`
  return sql === 0
    ? `${count(azure, 'connection')} to Azure`
    : `${count(views.length, 'connection')}: ${sql} to SQL Server, ${azure} to Azure`
}

/** Every system that Keyturn connects to, one card each. */
export const ConnectionList = () => {
  const rehearsal = useApp(({ app }) => app?.profile === 'rehearsal')
  const { value, problem, state, reload } = useAsk('connections.list', {})
  const empty = value?.length === 0
  return (
    <Column>
      <PageHeader
        title={value === null || empty ? 'Connections' : titleOf(value)}
        page="Connections"
        purpose={
          rehearsal
            ? 'These systems are simulated and were added by Keyturn; in a rehearsal none can be added, edited or removed.'
            : 'A SQL Server connection never uses a proxy; Azure goes through the one under Settings. What a card shows was read at the time it names.'
        }
        actions={rehearsal || value === null || empty ? undefined : <AddButton />}
      />
      {problem === null ? null : (
        <ProblemPanel
          problem={problem}
          actions={
            <Button variant="outlined" onClick={reload}>
              Read connections again
            </Button>
          }
        />
      )}
      {state === 'loading' ? <p role="status">Connections are being read …</p> : null}
      {empty ? (
        <EmptyState
          title={rehearsal ? 'The simulated servers are starting' : 'No connections yet'}
          action={
            rehearsal ? (
              <Button variant="outlined" onClick={reload}>
                Read connections again
              </Button>
            ) : (
              <AddButton />
            )
          }
        >
          {rehearsal
            ? 'They appear here when they answer.'
            : 'Each SQL Server, Azure subscription, key vault and HSM token appears here with its state, account and identity, as last read.'}
        </EmptyState>
      ) : null}
      <Cards>
        {(value ?? []).map((view) => (
          <li key={view.connection.id}>
            <ConnectionCard view={view} editable={!rehearsal} onChanged={reload} />
          </li>
        ))}
      </Cards>
    </Column>
  )
}
