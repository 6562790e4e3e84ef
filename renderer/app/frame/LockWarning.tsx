import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import { useEffect, useState } from 'react'
import { Unseen } from '../../ui/Panel.tsx'
import { tellActive } from '../activity.ts'
import { lockNow } from './lock.ts'

/** The last minute before Keyturn locks by itself (WCAG 2.2.1). Any sign of a person ends it where it can be ended. */
const LockWarning = ({ seconds, extendable }: { seconds: number; extendable: boolean }) => {
  const [left, setLeft] = useState(seconds)
  useEffect(() => {
    const timer = window.setInterval(() => setLeft((now) => Math.max(0, now - 1)), 1000)
    return () => window.clearInterval(timer)
  }, [])
  return (
    <Dialog
      open
      role="alertdialog"
      aria-labelledby="lock-warning-title"
      aria-describedby="lock-warning-text"
      onClose={tellActive}
    >
      <DialogTitle id="lock-warning-title">Keyturn locks soon</DialogTitle>
      <DialogContent>
        <div id="lock-warning-text">
          {extendable
            ? 'Nobody used this window for a while. Runs go on; drafts are kept, secrets typed into them are not.'
            : 'The passphrase was entered 20 hours before and is asked again. Runs go on; drafts are kept, secrets typed into them are not.'}
        </div>
        <p>
          Left: <span aria-hidden>{left} s</span>
          <Unseen>{seconds} s when this was shown</Unseen>
        </p>
      </DialogContent>
      <DialogActions>
        {extendable ? (
          <Button variant="contained" autoFocus onClick={tellActive}>
            Stay unlocked
          </Button>
        ) : null}
        <Button variant="outlined" autoFocus={!extendable} onClick={() => void lockNow()}>
          Lock Keyturn
        </Button>
      </DialogActions>
    </Dialog>
  )
}
export default LockWarning
