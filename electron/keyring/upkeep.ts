import type { KeyringUpkeep } from '../ports/keyring.ts'
import type { KeyringContent } from './file.ts'
import { hasOuterWrap } from './outer-wrap.ts'
import type { Upkeep } from './upkeep-file.ts'

/** What is due, from what the keyring holds and what was done about it. Pure. */
export const upkeepOf = (
  { header, key, changes, sets }: KeyringContent,
  done: Upkeep,
  path: string,
  replaced: readonly string[],
): KeyringUpkeep => {
  const last = done.backup?.keyring === header.keyring ? done.backup : null
  const outerWrap = hasOuterWrap(key)
  return {
    keyring: header.keyring,
    secrets: sets.size,
    outerWrap,
    backup: {
      due: last === null ? changes > 1 : last.changes !== changes,
      changes: changes - (last?.changes ?? 1),
      last: last === null ? null : { at: last.at, name: last.name, folder: last.folder },
    },
    sheet: {
      madeAt: done.sheet?.at ?? null,
      because: outdatedBy(done.sheet, { salt: header.kdf.salt, path, outerWrap }),
    },
    replaced,
  }
}

/** A sheet names the file's place and the parameters: another one of either makes it an old sheet. */
const outdatedBy = (
  sheet: Upkeep['sheet'],
  now: { salt: string; path: string; outerWrap: boolean },
): KeyringUpkeep['sheet']['because'] => {
  if (sheet === null) return 'none'
  if (sheet.salt !== now.salt) return 'parameters'
  if (sheet.path !== now.path) return 'place'
  return sheet.outerWrap === now.outerWrap ? null : 'outer-wrap'
}
