import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import type { NumberField } from '../../shared/forms/form.ts'
import type { AutoLockState } from '../../shared/ipc/schemas.ts'
import { autoLockLimits, lockWarningSeconds } from '../../shared/model/keyring.ts'
import { snack } from '../app/state/notices.ts'
import { ask, useAction } from '../bridge/index.ts'
import { NumberAnswer } from '../fields/NumberAnswer.tsx'
import { Column, Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

const { least, most } = autoLockLimits

const field: NumberField = {
  kind: 'number',
  name: 'autoLockMinutes',
  label: 'Lock when nobody used the window for',
  why: `A warning comes ${lockWarningSeconds} s before, with a way to stay unlocked`,
  rule: `${least} to ${most}`,
  min: least,
  max: most,
  unit: 'minutes',
}

const sees: Record<AutoLockState['watches'], string> = {
  system: 'Keyturn also locks when the system locks its screen, changes to another user or goes to sleep.',
  window:
    'This window does not learn of a locked screen or of sleep: only time without use counts here, also the time asleep. The installed Keyturn learns of both.',
}

/** When Keyturn locks by itself. */
export const AutoLockPanel = ({ autoLock }: { autoLock: AutoLockState }) => {
  const [minutes, setMinutes] = useState<number | string>(autoLock.minutes)
  const [error, setError] = useState<string | null>(null)
  const save = useAction(async (wanted: number) => {
    await ask('settings.setAutoLock', { minutes: wanted })
    snack('Time until the lock saved')
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (typeof minutes !== 'number' || minutes < least || minutes > most)
      return setError(`A whole number of minutes from ${least} to ${most}`)
    void save.run(minutes)
  }
  return (
    <Panel aria-labelledby="auto-lock-heading">
      <PanelHeading id="auto-lock-heading">Lock by itself</PanelHeading>
      <p>
        {sees[autoLock.watches]} Runs go on while it is locked. After 20 hours the passphrase is asked again
        in any case.
      </p>
      <form onSubmit={submit} noValidate>
        <Column sx={{ gap: '16px' }}>
          <NumberAnswer
            field={field}
            value={minutes}
            error={error}
            onChange={(value) => {
              setMinutes(typeof value === 'number' ? value : String(value))
              setError(null)
            }}
          />
          {save.problem === null ? null : <ProblemPanel problem={save.problem} />}
          <div>
            <Button type="submit" variant="outlined" aria-disabled={save.busy}>
              Save time
            </Button>
          </div>
        </Column>
      </form>
    </Panel>
  )
}
