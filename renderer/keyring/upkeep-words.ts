import type { KeyringUpkeep } from '../../shared/model/keyring.ts'
import { count, localTime } from '../ui/format.ts'
import type { Mark } from '../ui/StatusMark.tsx'

export interface Said {
  mark: Mark
  text: string
}

/** Which copy of the keyring was reopened last, and what came after it. */
export const backupWords = ({ backup }: KeyringUpkeep): Said => {
  const { due, changes, last } = backup
  if (last === null)
    return due
      ? {
          mark: 'attention',
          text: `Keyring backup due: none was made and reopened; ${count(changes, 'change')} so far`,
        }
      : { mark: 'unknown', text: 'No keyring backup yet; the keyring holds nothing so far' }
  const made = `the last was reopened on ${localTime(last.at)}`
  return due
    ? { mark: 'attention', text: `Keyring backup due: ${made}; ${count(changes, 'change')} since` }
    : { mark: 'ok', text: `Keyring backup: ${made}; no change since` }
}

const old: Record<Exclude<KeyringUpkeep['sheet']['because'], null>, string> = {
  none: 'none was made',
  parameters: 'the last one has the salt and parameters of before',
  place: 'the last one names another place of the file',
  'outer-wrap': 'the last one is from before the system’s store was put on or taken off',
}

export const sheetWords = ({ sheet }: KeyringUpkeep): Said =>
  sheet.because === null
    ? {
        mark: 'ok',
        text: `Recovery sheet: made ${sheet.madeAt === null ? 'at a time not known' : localTime(sheet.madeAt)}; it says what is`,
      }
    : {
        mark: 'attention',
        text: `Recovery sheet due: ${old[sheet.because]}${sheet.madeAt === null ? '' : ` (made ${localTime(sheet.madeAt)})`}`,
      }
