import type { VolumeFact } from './facts-model.ts'

/**
 * The volume with the longest mount point that the folder lies under; null: the server reports only volumes that hold
 * database files, and none of them is it. Windows does not tell case apart; on Linux mounts rarely differ by it.
 */
export const volumeOf = (folder: string, volumes: readonly VolumeFact[]): VolumeFact | null => {
  const path = folder.toLowerCase()
  const inside = ({ mountPoint }: VolumeFact): boolean => {
    const root = mountPoint.toLowerCase().replace(/[\\/]$/, '')
    return mountPoint !== '' && (path === root || path.startsWith(`${root}\\`) || path.startsWith(`${root}/`))
  }
  return (
    volumes.filter(inside).toSorted((one, other) => other.mountPoint.length - one.mountPoint.length)[0] ??
    null
  )
}
