import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import { CarryFiles } from './CarryFiles.tsx'
import type { RehearsalState } from '../../shared/ipc/schemas.ts'
import { notify } from '../app/state/notices.ts'
import { ask, useAction } from '../bridge/index.ts'
import { OptionList, OptionRow } from '../fields/OptionRow.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow, Muted, Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { ResetRehearsal } from './ResetRehearsal.tsx'

const Servers = styled('ul')({ listStyle: 'none', padding: 0 })

const states: Record<RehearsalState['state'], Parameters<typeof StatusMark>[0]> = {
  starting: { mark: 'running', word: 'The simulated servers are starting' },
  ready: { mark: 'ok', word: 'The simulated servers answer' },
  failed: { mark: 'failed', word: 'The simulated servers did not start' },
}

/** What can be done to simulated systems only: break them on purpose and see whether recovery works. */
export const RehearsalPanel = ({ rehearsal }: { rehearsal: RehearsalState }) => {
  const [chosen, setChosen] = useState<string | null>(null)
  const server = chosen ?? rehearsal.servers[0]?.name ?? ''
  const act = useAction(async (what: 'certificate' | 'master-key' | 'restart') => {
    if (what === 'restart') await ask('rehearsal.restartServer', { server })
    else await ask('rehearsal.loseKey', { server, what })
    notify({
      id: `rehearsal-${what}`,
      tone: 'info',
      title:
        what === 'restart'
          ? `${server} was restarted`
          : `${server} lost its ${what === 'certificate' ? 'backup certificate' : 'database master key'}`,
      body: what === 'restart' ? 'What a restart forgets is gone.' : 'Now bring it back from its copies.',
    })
  })
  return (
    <Panel>
      <PanelHeading>Rehearsal</PanelHeading>
      <StatusMark {...states[rehearsal.state]} />
      {rehearsal.problem === null ? null : <ProblemPanel problem={rehearsal.problem} />}
      {rehearsal.state !== 'ready' || rehearsal.servers.length === 0 ? (
        <Servers>
          {rehearsal.servers.map(({ name, note }) => (
            <li key={name}>
              {withoutControls(name)} <Muted>{withoutControls(note)}</Muted>
            </li>
          ))}
        </Servers>
      ) : (
        <>
          <OptionList role="radiogroup" aria-label="Simulated server" sx={{ maxWidth: 640 }}>
            {rehearsal.servers.map(({ name, note }) => (
              <OptionRow
                key={name}
                type="radio"
                name="rehearsal-server"
                checked={name === server}
                onChange={() => setChosen(name)}
                label={withoutControls(name)}
              >
                <Muted>{withoutControls(note)}</Muted>
              </OptionRow>
            ))}
          </OptionList>
          <Muted>These acts change the chosen simulated server at once.</Muted>
          <ButtonRow>
            <Button variant="outlined" aria-disabled={act.busy} onClick={() => void act.run('certificate')}>
              Lose a certificate on purpose
            </Button>
            <Button variant="outlined" aria-disabled={act.busy} onClick={() => void act.run('master-key')}>
              Lose the master key on purpose
            </Button>
            <Button variant="outlined" aria-disabled={act.busy} onClick={() => void act.run('restart')}>
              Restart this server
            </Button>
            <CarryFiles server={server} others={rehearsal.servers.filter(({ name }) => name !== server)} />
            <ResetRehearsal />
          </ButtonRow>
        </>
      )}
      {act.problem === null ? null : <ProblemPanel problem={act.problem} />}
    </Panel>
  )
}
