import type { KeyRow } from '../../shared/ipc/schemas.ts'
import { localTime } from '../ui/format.ts'

/** "Never" is said only where the catalog would know. */
export const exportWords = (row: Pick<KeyRow, 'kind' | 'lastExport'>): string => {
  if (row.kind === 'backup' || row.kind === 'asymmetric key') return 'does not apply'
  if (row.lastExport === 'not-recorded') return 'no date kept'
  if (row.lastExport === 'not-visible') return 'not visible with this login'
  return row.lastExport === null ? 'never, as the catalog says' : localTime(row.lastExport)
}

export const expiryWords = ({ kind, expires }: Pick<KeyRow, 'kind' | 'expires'>): string => {
  if (expires !== null) return localTime(expires)
  if (kind === 'certificate') return 'not read'
  return kind === 'key in a vault' ? 'no date set' : 'does not apply'
}
