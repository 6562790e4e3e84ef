import type { KeyObject } from 'node:crypto'
import { FileFormatError, readBackupHeader, readStripedPages } from '../../files/index.ts'
import type { BackupFileFacts, BackupOrigin } from '../../files/index.ts'
import { SqlError, SqlErrors } from '../errors.ts'
import type { Instance } from '../instance.ts'
import type { Frame } from '../script.ts'
import type { Session } from '../session.ts'
import { findServerKey, serverKey } from '../tde/protectors.ts'
import { SERVER_KEY, protectorsIn, serverKeysIn } from '../tde/travel.ts'
import { urlDevice, urlOrigin } from '../url/devices.ts'
import { assertNoCredential } from '../url/rules.ts'
import { deviceError, inTransaction, incorrectlyFormed, openDevice, textOf } from './backup-common.ts'
import type { DeviceOperand, RestoreOptions } from './backup-grammar.ts'
import type { EncryptionKeyRecord } from '../../state/encryption-model.ts'
import { readBootPage } from '../pages.ts'
import { unpack } from '../tde/packed-pages.ts'
import type { PageKey } from '../tde/page-crypto.ts'
import { assertUsableByServer } from './backup-encryptor.ts'
import { PACKED } from './backup-header.ts'

interface OpenedDevice {
  path: string
  origin: BackupOrigin
  facts: BackupFileFacts
}

/** Backup files that were found and whose ends are whole; `facts` are those of the first. */
export interface OpenedBackup {
  path: string
  facts: BackupFileFacts
  devices: readonly OpenedDevice[]
}

export async function openBackup(
  frame: Frame,
  sources: readonly DeviceOperand[],
  { fileNumber, credential }: Pick<RestoreOptions, 'fileNumber' | 'credential'>,
): Promise<OpenedBackup> {
  const { session } = frame
  if (session.transaction !== undefined) throw inTransaction()
  if (!session.canServer('CREATE ANY DATABASE'))
    throw new SqlError(262, "CREATE DATABASE permission denied in database 'master'.", { severity: 14 })
  const devices: OpenedDevice[] = []
  for (const source of sources) devices.push(await openedDevice(frame, source, credential))
  const [first] = devices as [OpenedDevice]
  if (fileNumber !== 1)
    throw new SqlError(
      3287,
      `The file ID ${fileNumber} on device '${first.path}' is incorrectly formed and can not be read.`,
    )
  return { path: first.path, facts: first.facts, devices }
}

async function openedDevice(
  frame: Frame,
  { kind, name }: DeviceOperand,
  credential: string | undefined,
): Promise<OpenedDevice> {
  const path = textOf(name, frame)
  const origin = originOf(frame, kind, path, credential)
  const facts = await readBackupHeader(origin).catch((error: unknown) => {
    if (error instanceof FileFormatError) throw incorrectlyFormed(path)
    throw deviceError(error, path)
  })
  return { path, origin, facts }
}

function originOf(
  frame: Frame,
  kind: DeviceOperand['kind'],
  path: string,
  credential: string | undefined,
): BackupOrigin {
  if (kind === 'url') return urlOrigin(urlDevice(frame.session, path, credential), frame.signal)
  assertNoCredential(credential)
  return openDevice(frame, path, false).real
}

const familyOf = ({ facts }: OpenedDevice): number => Number(facts.header['FamilySequenceNumber'] ?? 1)

export const familiesOf = ({ facts }: OpenedBackup): number => Number(facts.header['FamilyCount'] ?? 1)

/** Page bytes of all stripes together, as they come out of `backupPages`. */
export const bytesOf = ({ devices, facts }: OpenedBackup): number =>
  facts.header[PACKED] === true
    ? Number(facts.header['BackupSize'])
    : devices.reduce((sum, one) => sum + one.facts.sizes.bytes, 0)

/** The devices are exactly the families of one media set, in any order; resolves with them in the set's order. */
export function wholeSet(backup: OpenedBackup): OpenedBackup {
  const { devices, facts } = backup
  const stranger = devices.find((device) => device.facts.header['BindingID'] !== facts.header['BindingID'])
  if (stranger !== undefined)
    throw new SqlError(
      3258,
      `The volume on the device "${stranger.path}" is not part of the media set that is currently being processed. Ensure that the backup devices are loaded with the correct media.`,
    )
  const ordered = devices.toSorted((a, b) => familyOf(a) - familyOf(b))
  ordered.forEach((device, i) => {
    const before = ordered[i - 1]
    if (before !== undefined && familyOf(before) === familyOf(device))
      throw new SqlError(
        3227,
        `The backup media on "${device.path}" is part of media family ${familyOf(device)} which has already been processed on "${before.path}". Ensure that backup devices are correctly specified. For tape devices, ensure that the correct volumes are loaded.`,
      )
  })
  const families = familiesOf(backup)
  if (devices.length < families)
    throw new SqlError(
      3132,
      `The media set has ${families} media families but only ${devices.length} are provided. All members must be provided.`,
    )
  return { ...backup, devices: ordered }
}

/** Versions only go up: a database never opens on an older server than the one that wrote it. */
export function assertVersion({ instance }: Frame['session'], { facts }: OpenedBackup): void {
  if (Number(facts.header['SoftwareVersionMajor']) <= instance.majorVersion) return
  const shown = (parts: readonly unknown[]): string =>
    parts.map((part) => String(part).padStart(2, '0')).join('.')
  const theirs = ['SoftwareVersionMajor', 'SoftwareVersionMinor', 'SoftwareVersionBuild'].map(
    (part) => facts.header[part],
  )
  throw new SqlError(
    3169,
    `The database was backed up on a server running version ${shown(theirs)}. That version is incompatible with this server, which is running version ${shown(instance.programVersion)}. Either restore the database on a server that supports the backup, or use a backup that is compatible with this server.`,
  )
}

export function assertChecksums(wanted: boolean, { devices }: OpenedBackup): void {
  if (wanted && devices.some(({ facts }) => !facts.checksum))
    throw new SqlError(
      3187,
      'RESTORE WITH CHECKSUM cannot be specified because the backup set does not contain checksum information.',
    )
}

/** The private key for a thumbprint, opened without any session; 33111 when this instance does not know it. */
export function restoreKey(instance: Instance, thumbprint: Buffer): KeyObject {
  const hex = thumbprint.toString('hex').toUpperCase()
  const certificate = instance.store.certificates.find(
    (candidate) => candidate.databaseId === 1 && candidate.thumbprint === hex,
  )
  if (certificate === undefined)
    throw new SqlError(33111, `Cannot find server certificate with thumbprint '0x${hex}'.`, { state: 3 })
  const masterKey = instance.keys.openedByServer(1)
  assertUsableByServer(certificate, masterKey !== undefined)
  const key = masterKey === undefined ? undefined : instance.keys.privateKey(certificate, { masterKey })
  if (key === undefined) throw new SqlError(15466, 'An error occurred during decryption.')
  return key
}

/**
 * Fails early, before anything is written, when the key of an encrypted backup, or of the database in it, is not here.
 * 33117 where the edition has no encrypted databases. A key in a vault is looked at there.
 */
export async function assertKeyIsHere(session: Session, backup: OpenedBackup): Promise<void> {
  const { encryption, fileList } = backup.facts
  if (encryption !== null)
    await assertProtectorIsHere(
      session,
      encryption.thumbprint.toString('hex').toUpperCase(),
      encryption.encryptorType === SERVER_KEY,
    )
  const inVaults = serverKeysIn(fileList)
  for (const thumbprint of protectorsIn(fileList))
    await assertProtectorIsHere(session, thumbprint, inVaults.includes(thumbprint))
}

/** `inVault`: it is known to be the thumbprint of an asymmetric key; old logs tell only the thumbprint. */
export async function assertProtectorIsHere(
  session: Session,
  thumbprint: string,
  inVault: boolean,
): Promise<void> {
  const { instance } = session
  const key = inVault ? serverKey(instance.store, thumbprint) : findServerKey(instance.store, thumbprint)
  if (key === undefined) restoreKey(instance, Buffer.from(thumbprint, 'hex'))
  else await instance.ekm.see(key, session)
}

/** Pages of a backup as they were on disk; damage becomes the error that the statement gives for it. */
export async function* backupPages(
  frame: Frame,
  backup: OpenedBackup,
  damaged: () => SqlError,
): AsyncGenerator<Buffer, void, undefined> {
  const { session } = frame
  const { instance } = session
  const inVault = backup.facts.encryption?.encryptorType === SERVER_KEY
  try {
    const pages = readStripedPages(
      backup.devices.map((device) => device.origin),
      (thumbprint) => {
        if (!inVault) return restoreKey(instance, thumbprint)
        const key = serverKey(instance.store, thumbprint.toString('hex').toUpperCase())
        return (wrapped) => instance.ekm.unwrap(key, wrapped, session)
      },
    )
    yield* backup.facts.header[PACKED] === true ? unpacked(session, pages) : pages
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error
    throw error.reason === 'format' ? incorrectlyFormed(backup.path) : new SqlErrors([damaged()])
  }
}

/** The boot page first, which names the key; behind it what `packed-pages.ts` made. */
async function* unpacked(
  session: Session,
  pages: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  let keys: readonly PageKey[] | undefined
  for await (const page of pages) {
    if (keys === undefined) {
      keys = await keysOf(session, page)
      yield page
      continue
    }
    const whole = unpack(page, keys, MAX_UNPACKED)
    if (whole === undefined)
      throw new FileFormatError('damaged', 'Pages of the backup do not open, or do not expand.')
    yield whole
  }
}

/** Pages are packed as many as are read at once, with a head. */
const MAX_UNPACKED = 2 * 1024 * 1024

async function keysOf(session: Session, boot: Buffer): Promise<readonly PageKey[]> {
  const record = ((): EncryptionKeyRecord | undefined => {
    try {
      return readBootPage(boot).encryptionKey?.record
    } catch {
      // It is checked against the digest of the file only at its end; until then it may be anything.
      return undefined
    }
  })()
  if (record === undefined)
    throw new FileFormatError('damaged', 'The backup does not hold the key of its pages.')
  return session.instance.openKeys.unwrap(record, session)
}
