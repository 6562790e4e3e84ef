import type { KeyRow } from '../../shared/ipc/schemas.ts'
import { localTime } from '../ui/format.ts'

/** "Never" is said only where the catalog would know. */
export const exportWords = (row: Pick<KeyRow, 'kind' | 'lastExport'>): string => {
  if (row.kind === 'backup') return 'does not apply'
  if (row.lastExport === 'not-recorded') return 'no date kept'
  if (row.lastExport === 'not-visible') return 'not visible with this login'
  return row.lastExport === null ? 'never, as the catalog says' : localTime(row.lastExport)
}

export const expiryWords = (row: Pick<KeyRow, 'kind' | 'expires'>): string =>
  row.kind === 'certificate' ? (row.expires === null ? 'not read' : localTime(row.expires)) : 'does not apply'
