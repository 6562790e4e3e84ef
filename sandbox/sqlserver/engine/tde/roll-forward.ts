import { createPublicKey } from 'node:crypto'
import type { EncryptionKeyRecord, WrappedPageKey } from '../../state/encryption-model.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import { notSimulated } from '../errors.ts'
import type { Instance } from '../instance.ts'
import { restoreKey } from '../server-key.ts'
import { wrapPageKey } from './key-blob.ts'
import { pagesOfDatabase } from './scan-step.ts'
import type { TravellingKey } from './travel.ts'

/**
 * The key of a database after a differential or log backup was applied to it. The backup brings the key of its own
 * time; the pages on disk are as they were before. Where the two differ a scan does what the log of a real server would
 * have done: it brings every page to the new state, and the key that opens the old pages is kept until then.
 */
export function keyAfterRoll(
  instance: Instance,
  database: DatabaseRecord,
  travelled: TravellingKey | null,
): TravellingKey | null {
  const before = instance.store.encryptionKeys.get(database.id)
  if (before === undefined) return travelled === null ? null : scanned(database, travelled, null)
  if (travelled === null)
    // The key was dropped meanwhile: the pages go to clear under the one that opens them.
    return before.state === 1
      ? null
      : scanned(database, { record: { ...before, on: false }, logProtectors: [] }, before.previous)
  const settled = travelled.record.state === before.state && (before.state === 1 || before.state === 3)
  if (settled && travelled.record.current.generation === before.current.generation) return travelled
  return scanned(database, travelled, oldKey(instance, before, travelled.record))
}

function scanned(
  database: DatabaseRecord,
  { record, logProtectors }: TravellingKey,
  previous: WrappedPageKey | null,
): TravellingKey {
  return {
    logProtectors,
    record: {
      ...record,
      previous,
      state: record.on ? (previous === null ? 2 : 4) : 5,
      scanState: 1,
      scanPosition: 0,
      scanPages: pagesOfDatabase(database),
    },
  }
}

/** The one key besides the current one that pages may be under, wrapped to the protector that the backup brings. */
function oldKey(
  instance: Instance,
  before: EncryptionKeyRecord,
  now: EncryptionKeyRecord,
): WrappedPageKey | null {
  const wanted = [...(before.state === 1 ? [] : [before.current, before.previous]), now.previous].filter(
    (key): key is WrappedPageKey => key !== null && key.generation !== now.current.generation,
  )
  const [first] = wanted
  if (first === undefined) return null
  if (wanted.some((key) => key.generation !== first.generation))
    throw notSimulated('applying a backup across two changes of a database encryption key')
  if (now.previous?.generation === first.generation) return now.previous
  const open = instance.openKeys.of(before.databaseId).find((key) => key.generation === first.generation)
  if (open === undefined) throw new Error('the key of the database that is restored is not open')
  const protector = createPublicKey(restoreKey(instance, Buffer.from(now.protector.thumbprint, 'hex')))
  return { ...first, wrapped: wrapPageKey(open.key, first.algorithm, protector, now.protector.type) }
}
