import Button from '@mui/material/Button'
import { useState } from 'react'
import { ask, useAction, useAsk } from '../bridge/index.ts'
import { BrowseDialog } from './BrowseDialog.tsx'

export interface ChosenPlace {
  id: string
  label: string
}

/** A folder of this computer. */
const FolderDialog = (props: { picker: string; onChosen: (place: ChosenPlace | null) => void }) => {
  const { picker, onChosen } = props
  const [entry, setEntry] = useState<string | null>(null)
  const { value, problem, state } = useAsk('places.browse', { picker, entry })
  const choose = useAction(async () => {
    if (value) onChosen(await ask('places.choose', { picker, entry: value.current }))
  })
  return (
    <BrowseDialog
      title="Choose a folder on this computer"
      listing={value}
      reading={state === 'loading'}
      problem={problem ?? value?.problem ?? choose.problem}
      onFolder={setEntry}
      onCancel={() => onChosen(null)}
      action={
        <Button variant="contained" aria-disabled={value === null} onClick={() => void choose.run()}>
          Use this folder
        </Button>
      }
    />
  )
}
export default FolderDialog
