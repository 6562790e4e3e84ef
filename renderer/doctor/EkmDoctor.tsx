import Button from '@mui/material/Button'
import { useState } from 'react'
import { hashOf } from '../app/routes.ts'
import type { DoctorReport } from '../../shared/model/ekm-doctor.ts'
import { ask, useAction, useAsk } from '../bridge/index.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { Column, Panel, PanelHeading, PlainList } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { withoutControls } from '../ui/format.ts'
import { CodeHelp } from './CodeHelp.tsx'
import { headline, missing } from './doctor-words.ts'
import { AttentionList, Findings } from './Findings.tsx'
import { SaveFindings } from './SaveFindings.tsx'
import { WrapPanel } from './WrapPanel.tsx'

interface Wish {
  application: string | null
  wrap: boolean
}

/** Tests everything between one SQL Server and the keys that it has in a vault; changes nothing. */
const EkmDoctor = ({ id }: { id: string }) => {
  const list = useAsk('connections.list', {})
  const found = list.value?.find(({ connection }) => connection.id === id)?.connection
  const first = useAsk('doctor.read', { target: id, application: null, wrap: false, again: false })
  const [again, setAgain] = useState<DoctorReport | null>(null)
  // What was read stays on the page while it is read anew; a sign-in that waits for a code begins only here.
  const read = useAction(async (wish: Wish) => {
    setAgain(await ask('doctor.read', { target: id, ...wish, again: true }))
  })
  const value = again ?? first.value
  const busy = read.busy || first.state === 'loading' || first.state === 'refreshing'
  const problem = read.problem ?? (again === null ? first.problem : null)
  const name = withoutControls(value?.target.name ?? found?.name ?? 'this server')
  const readAgain = (): void => {
    if (!busy) void read.run({ application: value?.application ?? null, wrap: false })
  }
  const gaps = value === null ? [] : missing(value)
  return (
    <Column sx={{ maxWidth: 960 }}>
      <PageHeader
        title={
          <>
            EKM doctor of <bdi>{name}</bdi>
            {value === null ? '' : `: ${headline(value)}`}
          </>
        }
        up={{ label: name, hash: hashOf.connection(id) }}
        page="EKM doctor"
        object={name}
        environment={value?.target.environment ?? found?.environment}
        purpose="Everything that can be tested between this server and the keys that it has in a vault, before and after set-up. It reads and changes nothing."
        actions={
          <Button variant="contained" aria-disabled={busy} onClick={readAgain}>
            {busy ? 'Reading' : 'Read again'}
          </Button>
        }
      />
      <div role="status">
        {busy ? (
          <StatusMark
            mark="running"
            word={`${name}, its host and its vaults are asked; the findings are listed when all have answered`}
          />
        ) : null}
      </div>
      {problem === null ? null : (
        <ProblemPanel
          problem={problem}
          actions={
            <Button variant="outlined" onClick={readAgain}>
              Read again
            </Button>
          }
        />
      )}
      {value === null ? null : (
        <>
          <Panel aria-labelledby="summary-heading">
            <PanelHeading id="summary-heading">What was read</PanelHeading>
            <p>
              Read <FactTime at={value.readAt} />
              {value.vaults.length === 0
                ? '; no credential and no key names a vault'
                : `; vaults: ${value.vaults.map(withoutControls).join(', ')}`}
            </p>
            {gaps.length === 0 ? null : (
              <PlainList aria-label="What was not read">
                {gaps.map((gap) => (
                  <li key={gap}>
                    <StatusMark mark="unknown" word={withoutControls(gap)} />
                  </li>
                ))}
              </PlainList>
            )}
            <AttentionList findings={value.findings} />
            <SaveFindings
              target={id}
              offer={value.host.reached ? ['text', 'csv'] : ['text', 'csv', 'script']}
            />
            {value.host.reached ? null : (
              <p>
                The script reads on the host what the tests there ask, as an administrator in Windows
                PowerShell; it changes nothing, and leaves its answers beside itself for you to read.
              </p>
            )}
          </Panel>
          <Findings findings={value.findings} />
          <WrapPanel report={value} busy={busy} onRead={(wish) => (busy ? undefined : void read.run(wish))} />
        </>
      )}
      <CodeHelp />
    </Column>
  )
}
export default EkmDoctor
