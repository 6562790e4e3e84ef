import { lazy, Suspense, useState, type ReactNode } from 'react'
import { ask } from '../bridge/index.ts'
import type { ChosenPlace } from './FolderDialog.tsx'

const FolderDialog = lazy(() => import('./FolderDialog.tsx'))

interface Open {
  picker: string
  settle: (place: ChosenPlace | null) => void
}

/**
 * Asks the person for a local folder: main's native dialog, or the folder list where this shell has none. `pick` gives
 * null when the person closed it. `dialog` has to be rendered.
 */
export const usePlacePicker = (): {
  pick: (purpose: string) => Promise<ChosenPlace | null>
  dialog: ReactNode
} => {
  const [open, setOpen] = useState<Open | null>(null)
  const pick = async (purpose: string): Promise<ChosenPlace | null> => {
    const { place, picker } = await ask('places.pick', { purpose })
    if (picker === null) return place
    return new Promise((resolve) =>
      setOpen({
        picker,
        settle: (chosen) => {
          setOpen(null)
          resolve(chosen)
        },
      }),
    )
  }
  const dialog =
    open === null ? null : (
      <Suspense fallback={null}>
        <FolderDialog picker={open.picker} onChosen={open.settle} />
      </Suspense>
    )
  return { pick, dialog }
}
