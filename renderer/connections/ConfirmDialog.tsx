import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import { useId, type ReactNode } from 'react'
import type { Action } from '../bridge/index.ts'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

interface Props {
  title: ReactNode
  /** Verb and object, as on the button that led here. */
  act: string
  action: Action<[]>
  onClose: () => void
  children: ReactNode
}

/** Middle level: the consequence first, focus on Cancel, and a button that names the act. */
export const ConfirmDialog = ({ title, act, action, onClose, children }: Props) => {
  const id = useId()
  return (
    <Dialog open onClose={onClose} aria-labelledby={id} aria-describedby={`${id}-text`}>
      <DialogTitle id={id}>{title}</DialogTitle>
      <DialogContent>
        <div id={`${id}-text`}>{children}</div>
        {action.problem === null ? null : <ProblemPanel problem={action.problem} />}
      </DialogContent>
      <DialogActions>
        <Button variant="outlined" autoFocus onClick={onClose}>
          Cancel
        </Button>
        <Button variant="outlined" aria-disabled={action.busy} onClick={() => void action.run()}>
          {act}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
