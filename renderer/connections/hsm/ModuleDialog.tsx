import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogTitle from '@mui/material/DialogTitle'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import type { HsmModuleChoice } from '../../../shared/model/hsm.ts'
import { ask, useAction, useAsk } from '../../bridge/index.ts'
import { withoutControls } from '../../ui/format.ts'
import { PathText } from '../../ui/PathText.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'

const List = styled('ul')({
  listStyle: 'none',
  padding: 0,
  minHeight: 160,
  maxHeight: '40vh',
  overflow: 'auto',
})

/** Folders and libraries of this computer, named by main with ids: this page never handles a local path. */
export const ModuleDialog = ({ onChosen }: { onChosen: (module: HsmModuleChoice | null) => void }) => {
  const [at, setAt] = useState<{ picker: string | null; entry: string | null }>({ picker: null, entry: null })
  const { value, problem, state } = useAsk('hsm.browse', at)
  const choose = useAction(async (entry: string) => {
    if (value !== null) onChosen(await ask('hsm.choose', { picker: value.picker, entry }))
  })
  const failed = problem ?? value?.problem ?? choose.problem
  const open = (entry: string) => setAt({ picker: value?.picker ?? null, entry })
  return (
    <Dialog open fullWidth maxWidth="sm" onClose={() => onChosen(null)} aria-labelledby="module-title">
      <DialogTitle id="module-title">Choose the module’s file</DialogTitle>
      <DialogContent>
        {value === null ? null : <PathText path={value.label} />}
        {failed === null || failed === undefined ? null : <ProblemPanel problem={failed} />}
        {state === 'loading' ? <p role="status">Reading folders …</p> : null}
        <List>
          {value === null || value.parent === null ? null : (
            <li>
              <Button variant="text" size="small" onClick={() => open(value.parent ?? '')}>
                Up one folder
              </Button>
            </li>
          )}
          {(value?.entries ?? []).map(({ id, name }) => (
            <li key={id}>
              <Button variant="text" size="small" onClick={() => open(id)}>
                <bdi>{withoutControls(name)}</bdi>/
              </Button>
            </li>
          ))}
          {(value?.files ?? []).map(({ id, name }) => (
            <li key={id}>
              <Button variant="outlined" size="small" onClick={() => void choose.run(id)}>
                Use <bdi>{withoutControls(name)}</bdi>
              </Button>
            </li>
          ))}
        </List>
      </DialogContent>
      <DialogActions>
        <Button variant="text" onClick={() => onChosen(null)}>
          Cancel
        </Button>
      </DialogActions>
    </Dialog>
  )
}
