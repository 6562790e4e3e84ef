import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import { leaving } from '../routes.ts'

/** Asked only when something would be lost: a draft that was not saved, a secret that was not kept. */
const LeaveDialog = ({ question }: { question: string }) => (
  <Dialog open onClose={leaving.stay} aria-labelledby="leave-title">
    <DialogTitle id="leave-title">Leave this page?</DialogTitle>
    <DialogContent>{question}</DialogContent>
    <DialogActions>
      <Button variant="outlined" autoFocus onClick={leaving.stay}>
        Stay
      </Button>
      <Button variant="outlined" onClick={leaving.leave}>
        Leave without it
      </Button>
    </DialogActions>
  </Dialog>
)
export default LeaveDialog
