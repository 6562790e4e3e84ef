import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import type { ConnectionView } from '../../shared/ipc/schemas.ts'
import { go, hashOf } from '../app/routes.ts'
import { EnvironmentTag } from '../ui/EnvironmentTag.tsx'
import { Facts } from '../ui/Facts.tsx'
import { LongName } from '../ui/LongName.tsx'
import { ButtonRow, Muted, Panel, PanelHeading } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { connectionFacts } from './connection-facts.tsx'
import { secretMissing, stateMarks } from './connection-words.ts'
import { NamedAct } from './NamedAct.tsx'
import { RemoveConnection } from './RemoveConnection.tsx'

const Head = styled('div')({ display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' })

interface Props {
  view: ConnectionView
  editable: boolean
  onChanged: () => void
}

/** One target as last read. Testing it opens its page, where each check is listed. */
export const ConnectionCard = ({ view, editable, onChanged }: Props) => {
  const { connection, problem } = view
  const { id, name } = connection
  return (
    <Panel>
      <Head>
        <PanelHeading>
          <Link href={hashOf.connection(id)}>
            <LongName name={name} />
          </Link>
        </PanelHeading>
        <EnvironmentTag environment={connection.environment} />
      </Head>
      <Head>
        <StatusMark {...stateMarks[view.state]} />
        {problem === null ? null : <Muted>{problem.title}</Muted>}
      </Head>
      {secretMissing(connection) ? (
        <StatusMark
          mark="attention"
          word={`No ${connection.kind === 'sqlserver' ? 'password' : 'secret'} is kept for this connection`}
        />
      ) : null}
      <Facts facts={connectionFacts(view)} />
      <ButtonRow>
        <NamedAct verb="Test" name={name} onClick={() => go(hashOf.connection(id, 'test'))} />
        {editable ? (
          <>
            <NamedAct verb="Edit" name={name} onClick={() => go(hashOf.connection(id, 'edit'))} />
            <RemoveConnection connection={connection} onRemoved={onChanged} />
          </>
        ) : null}
      </ButtonRow>
    </Panel>
  )
}
