import Button from '@mui/material/Button'
import { useState } from 'react'
import type { HsmConnection } from '../../../shared/ipc/schemas.ts'
import type { KeptProbe } from '../../../shared/model/hsm.ts'
import { probeWords } from '../../../shared/model/hsm.ts'
import { ask, useAction } from '../../bridge/index.ts'
import { ButtonRow, Panel, PanelHeading } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'

/** The one thing on a token's page that tries the PIN: asked for, once. */
export const ProbePanel = ({ connection, onProbed }: { connection: HsmConnection; onProbed: () => void }) => {
  const [probe, setProbe] = useState<KeptProbe | null>(null)
  const test = useAction(async (seen: 'last-try' | 'locked' | null) => {
    setProbe((await ask('hsm.probe', { id: connection.id, seen })).probe)
    onProbed()
  })
  const last = test.problem?.code === 'hsm-pin-last-try'
  return (
    <Panel aria-labelledby="probe-heading">
      <PanelHeading id="probe-heading">PIN and key wrap</PanelHeading>
      <p>
        Logs in with the kept PIN, one attempt, and lets the token wrap known keys of this session to see
        whether its key wrap is that of RFC 5649. It leaves nothing on the token.
      </p>
      <ButtonRow>
        <Button variant="outlined" aria-disabled={test.busy} onClick={() => void test.run(null)}>
          {test.busy ? 'Probing …' : 'Try the PIN and probe'}
        </Button>
        {last ? (
          <Button variant="outlined" color="error" onClick={() => void test.run('last-try')}>
            Use the last try
          </Button>
        ) : null}
      </ButtonRow>
      {test.problem === null ? null : <ProblemPanel problem={test.problem} />}
      {probe === null ? null : (
        <StatusMark
          mark={probe.use?.verdict === 'exact' ? 'ok' : 'attention'}
          word={`The PIN was taken; ${probeWords(probe)}`}
        />
      )}
    </Panel>
  )
}
