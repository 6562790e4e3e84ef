import { randomBytes } from 'node:crypto'
import type { MasterKeyRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import { newGuid } from '../instance.ts'
import { assertPasswordPolicy } from '../keys.ts'
import type { StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { encryptionByPassword, password, requireDatabase } from './common.ts'
import {
  currentKeyUnreadable,
  decryptorMismatch,
  masterKeyRecord,
  needsMasterKey,
  raise,
  rewrapped,
  sayWhatWasLost,
} from './master-key.ts'
import type { Rewrapped } from './master-key.ts'

type Alteration =
  | { t: 'regenerate'; force: boolean; password: string }
  | { t: 'service'; add: boolean }
  | { t: 'password'; add: boolean; password: string }

export const alterMasterKey: StatementHandler = {
  head: ['ALTER', 'MASTER', 'KEY'],
  parse(c) {
    const force = c.takeWord('FORCE') !== undefined
    let alteration: Alteration
    if (force || c.isWord('REGENERATE')) {
      c.expectWord('REGENERATE')
      c.expectWord('WITH')
      alteration = { t: 'regenerate', force, password: encryptionByPassword(c) }
    } else {
      const add = c.expectWord('ADD', 'DROP') === 'ADD'
      c.expectWords('ENCRYPTION', 'BY')
      alteration = c.takeWords('SERVICE', 'MASTER', 'KEY')
        ? { t: 'service', add }
        : { t: 'password', add, password: password(c) }
    }
    return {
      async run(frame) {
        const { session } = frame
        requireDatabase(session, 'CONTROL')
        const record = masterKeyRecord(session) ?? raise(needsMasterKey())
        const next =
          alteration.t === 'regenerate'
            ? regenerated(session, record, alteration)
            : altered(session, record, alteration)
        session.change(() => {
          for (const certificate of next.certificates) session.instance.store.certificates.put(certificate)
          session.instance.store.masterKeys.put(next.record)
        })
        if (force) await sayWhatWasLost(frame, next.oldKeyOpened, next.lost)
        return null
      },
    }
  },
}

interface Altered extends Rewrapped {
  record: MasterKeyRecord
  oldKeyOpened: boolean
}

function regenerated(
  session: Session,
  record: MasterKeyRecord,
  how: Extract<Alteration, { t: 'regenerate' }>,
): Altered {
  const { keys } = session.instance
  assertPasswordPolicy(how.password)
  const old = session.masterKey(session.databaseId)
  if (old === undefined && !how.force) throw currentKeyUnreadable()
  const [key, guid, now] = [randomBytes(32), newGuid(), session.instance.now()]
  const moved = rewrapped(session, old, key)
  if (moved.lost.length > 0 && !how.force) throw currentKeyUnreadable()
  const service = keys.serviceKey()
  const copies = [keys.passwordCopyOf(guid, key, how.password, now)]
  if (record.copies.some((copy) => copy.kind === 'service') && service !== undefined)
    copies.push(keys.serviceCopyOf(guid, key, service, now))
  session.openMasterKeys.delete(session.databaseId)
  const mirroredInMaster = copies.some((copy) => copy.kind === 'service')
  return {
    record: { ...record, guid, modifyDate: now.toISOString(), copies, mirroredInMaster },
    oldKeyOpened: old !== undefined,
    ...moved,
  }
}

function altered(
  session: Session,
  record: MasterKeyRecord,
  how: Exclude<Alteration, { t: 'regenerate' }>,
): Altered {
  const { keys } = session.instance
  const now = session.instance.now()
  const done = (copies: MasterKeyRecord['copies'], mirroredInMaster: boolean): Altered => ({
    record: { ...record, copies, mirroredInMaster, modifyDate: now.toISOString() },
    certificates: [],
    lost: [],
    oldKeyOpened: true,
  })
  const hasService = record.copies.some((copy) => copy.kind === 'service')
  if (how.t === 'service' && !how.add) {
    if (!hasService) throw decryptorMismatch()
    return done(
      record.copies.filter((copy) => copy.kind !== 'service'),
      false,
    )
  }
  const key = session.masterKey(session.databaseId)
  if (key === undefined) throw needsMasterKey()
  if (how.t === 'service') {
    const usable = hasService && keys.openedByServer(session.databaseId) !== undefined
    if (usable && record.mirroredInMaster)
      throw new SqlError(
        15579,
        "Adding an encryption to the symmetric key failed. An encryption by the same service master key 'SERVICE MASTER KEY' may already exist.",
      )
    const service =
      keys.serviceKey() ??
      raise(new SqlError(15507, 'A key required by this operation appears to be corrupted.'))
    return done(
      [
        ...record.copies.filter((copy) => copy.kind !== 'service'),
        keys.serviceCopyOf(record.guid, key, service, now),
      ],
      true,
    )
  }
  const same = keys.passwordCopy(record, how.password)
  if (how.add) {
    if (same !== undefined)
      throw new SqlError(
        15579,
        "Adding an encryption to the symmetric key failed. An encryption by the same password 'PASSWORD' may already exist.",
      )
    assertPasswordPolicy(how.password)
    return done(
      [...record.copies, keys.passwordCopyOf(record.guid, key, how.password, now)],
      record.mirroredInMaster,
    )
  }
  if (same === undefined) throw decryptorMismatch()
  if (record.copies.filter((copy) => copy.kind === 'password').length === 1)
    throw new SqlError(15558, "Cannot drop encryption by password 'PASSWORD'.")
  return done(
    record.copies.filter((copy) => copy !== same.copy),
    record.mirroredInMaster,
  )
}
