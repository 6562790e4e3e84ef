import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import { ask, useAction, useAsk } from '../bridge/index.ts'
import { withoutControls } from '../ui/format.ts'
import { PathText } from '../ui/PathText.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

const List = styled('ul')({
  listStyle: 'none',
  padding: 0,
  minHeight: 160,
  maxHeight: '40vh',
  overflow: 'auto',
})

export interface ChosenPlace {
  id: string
  label: string
}

/** Folders of this computer, named by main with ids: this page never handles a local path. */
const FolderDialog = (props: { picker: string; onChosen: (place: ChosenPlace | null) => void }) => {
  const { picker, onChosen } = props
  const [entry, setEntry] = useState<string | null>(null)
  const { value, problem, state } = useAsk('places.browse', { picker, entry })
  const choose = useAction(async () => {
    if (value) onChosen(await ask('places.choose', { picker, entry: value.current }))
  })
  const failed = problem ?? value?.problem ?? choose.problem
  return (
    <Dialog open fullWidth maxWidth="sm" onClose={() => onChosen(null)} aria-labelledby="folder-title">
      <DialogTitle id="folder-title">Choose a folder on this computer</DialogTitle>
      <DialogContent>
        {value === null ? null : <PathText path={value.label} />}
        {failed === null || failed === undefined ? null : <ProblemPanel problem={failed} />}
        {state === 'loading' ? <p role="status">Reading folders …</p> : null}
        <List>
          {value === null || value.parent === null ? null : (
            <li>
              <Button variant="text" size="small" onClick={() => setEntry(value.parent)}>
                Up one folder
              </Button>
            </li>
          )}
          {(value?.entries ?? []).map(({ id, name }) => (
            <li key={id}>
              <Button variant="text" size="small" onClick={() => setEntry(id)}>
                <bdi>{withoutControls(name)}</bdi>
              </Button>
            </li>
          ))}
        </List>
      </DialogContent>
      <DialogActions>
        <Button variant="text" onClick={() => onChosen(null)}>
          Cancel
        </Button>
        <Button variant="contained" aria-disabled={value === null} onClick={() => void choose.run()}>
          Use this folder
        </Button>
      </DialogActions>
    </Dialog>
  )
}
export default FolderDialog
