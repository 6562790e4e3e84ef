import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import GlobalStyles from '@mui/material/GlobalStyles'
import { styled } from '@mui/material/styles'
import { useId } from 'react'
import { copyText } from '../ui/copy.ts'

const Text = styled('pre')({
  margin: 0,
  fontFamily: "'IBM Plex Mono', monospace",
  fontSize: '0.8125rem',
  lineHeight: '20px',
  whiteSpace: 'pre-wrap',
  overflowWrap: 'anywhere',
})

/** On paper there is only the anchor: black on white, nothing cut. */
const onPaper = (
  <GlobalStyles
    styles={{
      '@media print': {
        'body > :not([role="presentation"])': { display: 'none !important' },
        '.MuiDialog-container, .MuiDialog-root': { position: 'static !important', height: 'auto !important' },
        '.MuiDialog-paper': {
          boxShadow: 'none !important',
          border: 'none !important',
          maxHeight: 'none !important',
        },
        '.MuiDialogActions-root, .MuiBackdrop-root': { display: 'none !important' },
        '.MuiDialog-paper, .MuiDialog-paper *': { color: '#000 !important', background: '#fff !important' },
      },
    }}
  />
)

/** An anchor as text that is ready for paper. Nothing of it is a secret. */
export const AnchorSheet = ({ text, onClose }: { text: string; onClose: () => void }) => {
  const id = useId()
  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="md">
      {onPaper}
      <DialogTitle id={id}>Anchor of the record</DialogTitle>
      <DialogContent tabIndex={0}>
        <Text>{text}</Text>
      </DialogContent>
      <DialogActions>
        <Button variant="text" onClick={onClose}>
          Close
        </Button>
        <Button variant="outlined" onClick={() => void copyText(text, 'Anchor')}>
          Copy anchor
        </Button>
        <Button variant="contained" onClick={() => window.print()}>
          Print anchor
        </Button>
      </DialogActions>
    </Dialog>
  )
}
