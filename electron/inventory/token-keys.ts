import type { KeyRow } from '../../shared/ipc/schemas.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { TokenReading } from '../ports/token-readings.ts'
import { algorithmOf, mainWords } from './token-words.ts'

/** A row for each key of a token, as *Keys* shows it; both halves of a pair are one. Pure. */
export const rowsOfReading = (
  { keys, seesAll, at, serial }: TokenReading,
  { id: target, name, environment }: TargetRef,
): KeyRow[] =>
  keys.map((key) => ({
    id: `${target}/${key.mark}`,
    name: key.label === '' ? `key ${key.mark}` : key.label,
    kind: 'key on a token',
    target: name,
    environment,
    state: null,
    thumbprint: null,
    algorithm: algorithmOf(key),
    expires: null,
    lastExport: 'not-recorded',
    changed: null,
    protects: [],
    needs: [],
    more: [...mainWords(key, seesAll)],
    readAt: at,
    source: `${name}, token ${serial}, ${seesAll ? 'logged in with the kept PIN' : 'without its PIN'}`,
  }))
