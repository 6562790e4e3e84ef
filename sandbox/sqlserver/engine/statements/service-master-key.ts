import { randomBytes } from 'node:crypto'
import { writeMasterKeyFile } from '../../files/index.ts'
import type { MasterKeyRecord } from '../../state/model.ts'
import { SqlError, notSimulated } from '../errors.ts'
import { newGuid } from '../instance.ts'
import { assertPasswordPolicy } from '../keys.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { decryptionByPassword, encryptionByPassword, file, requireServer, writeKeyFile } from './common.ts'
import { resealedSecrets } from './credential-secrets.ts'
import { currentKeyUnreadable, readKeyExport, sayWhatWasLost } from './master-key.ts'

const HEAD = ['SERVICE', 'MASTER', 'KEY'] as const

const backup: StatementHandler = {
  head: ['BACKUP', ...HEAD],
  parse(c) {
    c.expectWord('TO')
    const path = file(c)
    const text = encryptionByPassword(c)
    return {
      async run({ session }) {
        requireServer(session, 'CONTROL SERVER')
        const key = session.instance.keys.serviceKey()
        if (key === undefined)
          throw new SqlError(33095, 'Service Master Key could not be decrypted using one of its encryptions.')
        assertPasswordPolicy(text)
        writeKeyFile(
          session,
          path,
          writeMasterKeyFile({ kind: 'smk', key, meta: {} }, Buffer.from(text, 'utf16le')),
        )
        return null
      },
    }
  },
}

const restore: StatementHandler = {
  head: ['RESTORE', ...HEAD],
  parse(c) {
    c.expectWord('FROM')
    const path = file(c)
    const text = decryptionByPassword(c)
    const force = c.takeWord('FORCE') !== undefined
    return {
      async run(frame) {
        const { session, sink } = frame
        requireServer(session, 'CONTROL SERVER')
        const { key } = readKeyExport(session, path, text, 'smk')
        if (session.instance.keys.serviceKey()?.equals(key) === true) {
          await session.info(
            sink,
            15588,
            'The old and new master keys are identical. No data re-encryption is required.',
            10,
          )
          return null
        }
        await replaceServiceKey(frame, key, force)
        return null
      },
    }
  },
}

const alter: StatementHandler = {
  head: ['ALTER', ...HEAD],
  parse(c) {
    const line = c.line
    const force = c.takeWord('FORCE') !== undefined
    if (c.takeWord('REGENERATE') === undefined)
      throw notSimulated('ALTER SERVICE MASTER KEY with accounts or machine key', line)
    return {
      async run(frame) {
        requireServer(frame.session, 'CONTROL SERVER')
        await replaceServiceKey(frame, randomBytes(32), force)
        return null
      },
    }
  },
}

/**
 * Every master key copy that the old key opens moves to the new one, and one that the new key opens already stays.
 * What neither opens is an error; with FORCE that copy is dropped, and only a password opens the master key after that.
 */
async function replaceServiceKey(frame: Frame, key: Buffer, force: boolean): Promise<void> {
  const { session } = frame
  const { store, keys } = session.instance
  const now = session.instance.now()
  if (keys.serviceKey() === undefined && !force) throw currentKeyUnreadable()
  const changed: MasterKeyRecord[] = []
  const lost: string[] = []
  for (const record of store.masterKeys.all()) {
    if (!record.copies.some((copy) => copy.kind === 'service')) continue
    const opened = keys.openedByServer(record.databaseId)
    const others = record.copies.filter((copy) => copy.kind !== 'service')
    if (opened !== undefined)
      changed.push({ ...record, copies: [...others, keys.serviceCopyOf(record.guid, opened, key, now)] })
    else if (!record.mirroredInMaster || keys.serviceCopyOpens(record, key)) continue
    else if (force) {
      changed.push({ ...record, copies: others, mirroredInMaster: false })
      lost.push(`master key '${store.databases.get(record.id)?.name ?? record.id}'`)
    } else
      throw new SqlError(
        15320,
        `An error occurred while decrypting master key '${store.databases.get(record.id)?.name ?? record.id}' that was encrypted by the old master key. The FORCE option can be used to ignore this error and continue the operation, but data that cannot be decrypted by the old master key will become unavailable.`,
      )
  }
  const secrets = resealedSecrets(session.instance, key, force)
  lost.push(...secrets.lost)
  const old = store.serviceMasterKey.get('smk')
  const oldKeyOpened = keys.serviceKey() !== undefined
  session.change(() => {
    for (const record of changed) store.masterKeys.put(record)
    for (const credential of secrets.changed) store.credentials.put(credential)
    store.serviceMasterKey.put({
      id: 'smk',
      guid: newGuid(),
      createDate: old?.createDate ?? now.toISOString(),
      modifyDate: now.toISOString(),
      wrapped: keys.wrapServiceKey(key),
    })
  })
  await sayWhatWasLost(frame, oldKeyOpened, lost)
}

export const SERVICE_MASTER_KEY_STATEMENTS: readonly StatementHandler[] = [backup, restore, alter]
