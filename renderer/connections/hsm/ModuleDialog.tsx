import Button from '@mui/material/Button'
import { useState } from 'react'
import type { HsmModuleChoice } from '../../../shared/model/hsm.ts'
import { ask, useAction, useAsk } from '../../bridge/index.ts'
import { BrowseDialog } from '../../fields/BrowseDialog.tsx'
import { withoutControls } from '../../ui/format.ts'

/** The library of a PKCS#11 module, in a folder of this computer. */
export const ModuleDialog = ({ onChosen }: { onChosen: (module: HsmModuleChoice | null) => void }) => {
  const [at, setAt] = useState<{ picker: string | null; entry: string | null }>({ picker: null, entry: null })
  const { value, problem, state } = useAsk('hsm.browse', at)
  const choose = useAction(async (entry: string) => {
    if (value !== null) onChosen(await ask('hsm.choose', { picker: value.picker, entry }))
  })
  return (
    <BrowseDialog
      title="Choose the module’s file"
      listing={value}
      reading={state === 'loading'}
      problem={problem ?? value?.problem ?? choose.problem}
      folderMark="/"
      onFolder={(entry) => setAt({ picker: value?.picker ?? null, entry })}
      onCancel={() => onChosen(null)}
    >
      {(value?.files ?? []).map(({ id, name }) => (
        <li key={id}>
          <Button variant="outlined" size="small" onClick={() => void choose.run(id)}>
            Use <bdi>{withoutControls(name)}</bdi>
          </Button>
        </li>
      ))}
    </BrowseDialog>
  )
}
