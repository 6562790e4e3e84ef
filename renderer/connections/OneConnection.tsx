import Link from '@mui/material/Link'
import { useEffect, useState } from 'react'
import type { ConnectionTest } from '../../shared/ipc/schemas.ts'
import { PageLoading } from '../app/PageLoading.tsx'
import { go, hashOf, replaceHash } from '../app/routes.ts'
import { useApp } from '../app/state/app-state.ts'
import { ask, useAction, useAsk } from '../bridge/index.ts'
import { EnvironmentTag } from '../ui/EnvironmentTag.tsx'
import { Facts } from '../ui/Facts.tsx'
import { ButtonRow, Column, Panel, PanelHeading } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { withoutControls } from '../ui/format.ts'
import { connectionFacts } from './connection-facts.tsx'
import { knownPrint, secretMissing, stateMarks } from './connection-words.ts'
import { ConnectionGone } from './ConnectionGone.tsx'
import type { OfferedPin } from './ConnectionsPage.tsx'
import { IdentityChanged } from './IdentityChanged.tsx'
import { LoginScript } from './LoginScript.tsx'
import { NamedAct } from './NamedAct.tsx'
import { OtherIdentity } from './azure/OtherIdentity.tsx'
import { ProbePanel } from './hsm/ProbePanel.tsx'
import { RemoveConnection } from './RemoveConnection.tsx'
import { ShownCertificate, TestReport } from './TestReport.tsx'

interface Props {
  id: string
  /** The person came here to test it. */
  testNow: boolean
  onPin: (pin: OfferedPin) => void
}

const changedCodes: ReadonlySet<string> = new Set([
  'sql-identity-changed',
  'azure-identity-changed',
  'vault-identity-changed',
  'hsm-identity-changed',
])

const kindWords = {
  sqlserver: { simulated: 'server', where: 'on the server' },
  azure: { simulated: 'part of Azure', where: 'in Azure' },
  keyvault: { simulated: 'part of Azure', where: 'in Azure' },
  hsm: { simulated: 'token', where: 'on the token and tries no PIN' },
} as const

/** A connection with what was read of it; its test lists every check. */
export const OneConnection = ({ id, testNow, onPin }: Props) => {
  const rehearsal = useApp(({ app }) => app?.profile === 'rehearsal')
  const { value, problem, reload } = useAsk('connections.list', {})
  const [tested, setTested] = useState<ConnectionTest | null>(null)
  const test = useAction(async () => {
    setTested(await ask('connections.test', { id }))
    reload()
  })
  const { run } = test
  useEffect(() => {
    if (!testNow) return
    replaceHash(hashOf.connection(id))
    void run()
  }, [id, testNow, run])
  if (value === null) return problem === null ? <PageLoading /> : <ProblemPanel problem={problem} />
  const view = value.find(({ connection }) => connection.id === id)
  if (view === undefined) return <ConnectionGone />
  const { connection } = view
  const name = withoutControls(connection.name)
  const sql = connection.kind === 'sqlserver' ? connection : null
  const known = sql === null ? null : knownPrint(sql)
  const seen = tested?.certificate?.sha256 ?? null
  const changed =
    changedCodes.has(tested?.problem?.code ?? '') || (known !== null && seen !== null && known !== seen)
  const state = stateMarks[changed ? 'identity-changed' : view.state]
  const accepted = () => {
    setTested(null)
    reload()
  }
  const pin = (sha256: string) => {
    onPin({ connection: id, sha256 })
    go(hashOf.connection(id, 'edit'))
  }
  return (
    <Column sx={{ maxWidth: 960 }}>
      <PageHeader
        title={
          <>
            <bdi>{name}</bdi>: {state.word.toLowerCase()}
          </>
        }
        up={{ label: 'Connections', hash: hashOf.connections }}
        page="Connection"
        object={name}
        environment={connection.environment}
        actions={
          <NamedAct
            variant="contained"
            verb={test.busy ? 'Testing' : 'Test'}
            name={connection.name}
            busy={test.busy}
            onClick={() => void run()}
          />
        }
      />
      {problem === null ? null : <ProblemPanel problem={problem} />}
      <Panel aria-label="Connection">
        <ButtonRow>
          <EnvironmentTag environment={connection.environment} />
          <StatusMark {...state} />
        </ButtonRow>
        {secretMissing(connection) ? (
          <StatusMark
            mark="attention"
            word={`No ${sql === null ? 'secret' : 'password'} is kept for this connection; enter it under Edit`}
          />
        ) : null}
        <Facts facts={connectionFacts(view, true)} />
        {sql === null ? null : (
          <p>
            <Link href={hashOf.connection(id, 'ekm')}>EKM doctor</Link>: tests everything between this server
            and the keys that it has in a vault; changes nothing
          </p>
        )}
        {connection.kind !== 'hsm' ? null : (
          <p>
            <Link href={hashOf.connection(id, 'keys')}>Keys of the token</Link>: lists them with the PIN, says
            where else each is, and leads to another label or to their end
          </p>
        )}
        {rehearsal ? (
          <p>
            This {kindWords[connection.kind].simulated} is simulated; in a rehearsal no connection can be
            edited or removed.
          </p>
        ) : (
          <ButtonRow>
            <NamedAct verb="Edit" name={connection.name} onClick={() => go(hashOf.connection(id, 'edit'))} />
            <RemoveConnection connection={connection} onRemoved={() => go(hashOf.connections)} />
          </ButtonRow>
        )}
      </Panel>
      {tested === null || !changed ? null : connection.kind === 'sqlserver' ? (
        <IdentityChanged connection={connection} test={tested} rehearsal={rehearsal} onAccepted={accepted} />
      ) : (
        <OtherIdentity connection={connection} test={tested} rehearsal={rehearsal} onAccepted={accepted} />
      )}
      <Panel aria-labelledby="checks-heading">
        <PanelHeading id="checks-heading">Checks</PanelHeading>
        <div role="status">
          {test.busy ? (
            <StatusMark mark="running" word={`${name} is asked; the checks are listed when all are done`} />
          ) : tested === null ? (
            `Not tested since this page was opened. A test changes nothing ${kindWords[connection.kind].where}.`
          ) : null}
        </div>
        {test.problem === null ? null : <ProblemPanel problem={test.problem} />}
        {tested === null ? null : <TestReport test={tested} name={connection.name} />}
      </Panel>
      {tested === null || tested.certificate === null || changed ? null : (
        <ShownCertificate
          certificate={tested.certificate}
          pinned={
            known !== null &&
            sql !== null &&
            sql.encryption.mode !== 'off' &&
            sql.encryption.trust.kind === 'pin'
          }
          onPin={rehearsal ? null : pin}
        />
      )}
      {connection.kind === 'hsm' ? <ProbePanel connection={connection} onProbed={reload} /> : null}
      {sql === null ? null : <LoginScript id={id} name={connection.name} />}
    </Column>
  )
}
