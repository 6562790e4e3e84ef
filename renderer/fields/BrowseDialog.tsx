import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import { styled } from '@mui/material/styles'
import { useId, type ReactNode } from 'react'
import type { FolderListing, Problem } from '../../shared/ipc/schemas.ts'
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

interface Props {
  title: string
  /** Null: not read yet. */
  listing: FolderListing | null
  reading: boolean
  /** Of reading or of choosing. */
  problem: Problem | null
  /** Stands after the name of each folder, where files are listed as well. */
  folderMark?: string
  onFolder: (entry: string) => void
  onCancel: () => void
  /** Rows after the folders: what can be picked here. */
  children?: ReactNode
  /** Button for what is picked by itself, such as the folder that is shown. */
  action?: ReactNode
}

/** Folders of this computer, named by main with ids: the window never handles a local path. */
export const BrowseDialog = (props: Props) => {
  const { title, listing, reading, problem, folderMark = '', onFolder, onCancel, children, action } = props
  const id = useId()
  const parent = listing?.parent ?? null
  return (
    <Dialog open fullWidth maxWidth="sm" onClose={onCancel} aria-labelledby={id}>
      <DialogTitle id={id}>{title}</DialogTitle>
      <DialogContent>
        {listing === null ? null : <PathText path={listing.label} />}
        {problem === null ? null : <ProblemPanel problem={problem} />}
        {reading ? <p role="status">Reading folders …</p> : null}
        <List>
          {parent === null ? null : (
            <li>
              <Button variant="text" size="small" onClick={() => onFolder(parent)}>
                Up one folder
              </Button>
            </li>
          )}
          {(listing?.entries ?? []).map(({ id: entry, name }) => (
            <li key={entry}>
              <Button variant="text" size="small" onClick={() => onFolder(entry)}>
                <bdi>{withoutControls(name)}</bdi>
                {folderMark}
              </Button>
            </li>
          ))}
          {children}
        </List>
      </DialogContent>
      <DialogActions>
        <Button variant="text" onClick={onCancel}>
          Cancel
        </Button>
        {action}
      </DialogActions>
    </Dialog>
  )
}
