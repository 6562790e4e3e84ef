import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import { useState } from 'react'
import { notify } from '../app/state/notices.ts'
import { ask, useAction } from '../bridge/index.ts'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

/** Starts the rehearsal afresh; the consequence first, focus on Cancel. */
export const ResetRehearsal = () => {
  const [open, setOpen] = useState(false)
  const reset = useAction(async () => {
    await ask('rehearsal.reset', {})
    setOpen(false)
    notify({ id: 'rehearsal-reset', tone: 'info', title: 'The rehearsal starts afresh' })
  })
  return (
    <>
      <Button variant="outlined" onClick={() => setOpen(true)}>
        Reset rehearsal …
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} aria-labelledby="reset-title">
        <DialogTitle id="reset-title">Reset the rehearsal?</DialogTitle>
        <DialogContent>
          All simulated systems go back to their first state: databases, keys, vaults, backups and files made
          in this rehearsal are gone. Real systems are not touched.
          {reset.problem === null ? null : <ProblemPanel problem={reset.problem} />}
        </DialogContent>
        <DialogActions>
          <Button variant="outlined" autoFocus onClick={() => setOpen(false)}>
            Cancel
          </Button>
          <Button variant="outlined" aria-disabled={reset.busy} onClick={() => void reset.run()}>
            Reset rehearsal
          </Button>
        </DialogActions>
      </Dialog>
    </>
  )
}
