import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import { ScriptText } from '../../ui/ScriptText.tsx'

const SnippetDialog = (props: { title: string; text: string; onClose: () => void }) => (
  <Dialog open fullWidth maxWidth="md" onClose={props.onClose} aria-labelledby="snippet-title">
    <DialogTitle id="snippet-title">{props.title}</DialogTitle>
    <DialogContent>
      <ScriptText text={props.text} label={props.title} />
    </DialogContent>
    <DialogActions>
      <Button variant="outlined" onClick={props.onClose}>
        Close
      </Button>
    </DialogActions>
  </Dialog>
)
export default SnippetDialog
