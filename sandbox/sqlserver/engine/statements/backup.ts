import { createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { FileFormatError, createBackupFile, readBackupHeader } from '../../files/index.ts'
import type { BackupEncryption } from '../../files/index.ts'
import { OsError } from '../../disk.ts'
import type { ServerFile } from '../../disk.ts'
import { delay } from '../../faults.ts'
import { convertCell } from '../../sql/convert.ts'
import { nvarchar } from '../../sql/types.ts'
import type { BackupSetRecord, CertificateRecord, DatabaseRecord } from '../../state/model.ts'
import { RequestAborted, SqlError, SqlErrors, cannotFind, notSimulated } from '../errors.ts'
import { newGuid } from '../instance.ts'
import { PAGE_SIZE, bootPage, filePages } from '../pages.ts'
import { same } from '../permissions.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { assertOnline } from '../session.ts'
import { fileListRow, headerRow } from './backup-header.ts'
import { backupOptions, databaseOperand, device } from './backup-grammar.ts'
import type { BackupOptions, TextOperand } from './backup-grammar.ts'
import { needsMasterKey } from './master-key.ts'

export function textOf(operand: TextOperand, frame: Frame): string {
  if ('text' in operand) return operand.text
  const { value, type } = frame.session.evaluate(operand.variable, frame)
  return String(convertCell(value, type, nvarchar(4000), 0) ?? '')
}

/** An error of BACKUP or RESTORE is followed by 3013, which names the statement. */
export async function terminating<T>(statement: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const ended = new SqlError(3013, `${statement} is terminating abnormally.`)
    const aborted = error instanceof RequestAborted || (error instanceof Error && error.name === 'AbortError')
    if (aborted) throw new SqlErrors([new SqlError(3204, 'The backup or restore was aborted.'), ended])
    if (error instanceof SqlError && error.number !== 50000) throw new SqlErrors([error, ended])
    if (error instanceof SqlErrors) throw new SqlErrors([...error.errors, ended])
    throw error
  }
}

export function openDevice(frame: Frame, path: string, writing: boolean): ServerFile {
  const { disk, backupFolder } = frame.session.instance
  const failed = (error: OsError): SqlError =>
    new SqlError(3201, `Cannot open backup device '${path}'. Operating system error ${error.text}.`)
  try {
    return writing ? disk.forWriting(path, backupFolder) : disk.forReading(path, backupFolder)
  } catch (error) {
    throw error instanceof OsError ? failed(error) : error
  }
}

const backup = (kind: 'DATABASE' | 'LOG'): StatementHandler => ({
  head: ['BACKUP', kind],
  parse(c) {
    const database = databaseOperand(c)
    if (c.isWord('FILE', 'FILEGROUP', 'READ_WRITE_FILEGROUPS'))
      throw notSimulated(`BACKUP ${kind} ${c.peek().upper}`, c.line)
    c.expectWord('TO')
    const target = device(c)
    const options = backupOptions(c)
    const statement = `BACKUP ${kind}`
    return {
      run: async (frame) => {
        await terminating(statement, () =>
          runBackup(frame, statement, textOf(database, frame), textOf(target, frame), options),
        )
        return null
      },
    }
  },
})

async function runBackup(
  frame: Frame,
  statement: string,
  name: string,
  path: string,
  options: BackupOptions,
): Promise<void> {
  const { session } = frame
  const { instance } = session
  const isLog = statement === 'BACKUP LOG'
  if (session.transaction !== undefined)
    throw new SqlError(3021, 'Cannot perform a backup or restore operation within a transaction.')
  const database = instance.databaseNamed(name)
  if (database === undefined)
    throw new SqlError(
      911,
      `Database '${name}' does not exist. Make sure that the name is entered correctly.`,
    )
  if (!instance.permissions.database(session.login, database, statement))
    throw new SqlError(262, `${statement} permission denied in database '${database.name}'.`, {
      severity: 14,
    })
  if (database.databaseId === 2)
    throw new SqlError(3147, 'Backup and restore operations are not allowed on database tempdb.')
  assertOnline(database)
  if (isLog) assertLogChain(database)
  const encryption =
    options.encryption === undefined ? null : await encryptor(frame, statement, options.encryption)
  if (instance.busy.has(database.id))
    throw new SqlError(
      3023,
      'Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and encryption changes on a database must be serialized. Reissue the statement after the current backup or file manipulation operation is completed.',
    )
  const place = openDevice(frame, path, true)
  await prepareMedia(place, path, options)
  instance.disk.own(place)
  instance.busy.set(database.id, statement)
  try {
    await writeBackup(frame, statement, database, place, options, encryption)
  } finally {
    instance.busy.delete(database.id)
  }
}

function assertLogChain(database: DatabaseRecord): void {
  if (database.recoveryModel === 'SIMPLE')
    throw new SqlError(
      4208,
      'The statement BACKUP LOG is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or change the recovery model using ALTER DATABASE.',
    )
  if (!database.hasFullBackup)
    throw new SqlError(4214, 'BACKUP LOG cannot be performed because there is no current database backup.')
}

async function encryptor(
  frame: Frame,
  statement: string,
  wanted: NonNullable<BackupOptions['encryption']>,
): Promise<BackupEncryption> {
  const { session, sink } = frame
  const { instance } = session
  const { store, permissions, keys, options } = instance
  if (options.edition === 'Express' || options.edition === 'Web')
    throw new SqlError(
      1844,
      `${statement} WITH ENCRYPTION is not supported on ${options.edition} Edition (64-bit).`,
    )
  const master = store.databases.get('1') as DatabaseRecord
  const certificate = store.certificates.find(
    (candidate) => candidate.databaseId === 1 && same(candidate.name, wanted.certificate),
  )
  if (
    certificate === undefined ||
    !permissions.certificate(session.login, master, certificate, 'VIEW DEFINITION')
  )
    throw cannotFind('find', 'certificate', wanted.certificate)
  assertUsableByServer(certificate, keys.openedByServer(1) !== undefined)
  if (new Date(certificate.expiryDate) < instance.now())
    throw new SqlError(3096, 'The Certificate specified for backup encryption has expired.')
  if (certificate.lastKeyBackup === null) {
    await session.info(
      sink,
      33091,
      'Warning: The certificate used for encrypting the database encryption key has not been backed up. You should immediately back up the certificate and the private key associated with the certificate. If the certificate ever becomes unavailable or if you must restore or attach the database on another server, you must have backups of both the certificate and the private key or you will not be able to open the database.',
      10,
    )
  }
  const publicKey = createPublicKey(
    new X509Certificate(Buffer.from(certificate.der, 'base64')).publicKey.export({
      format: 'pem',
      type: 'spki',
    }),
  )
  return {
    algorithm: wanted.algorithm,
    thumbprint: Buffer.from(certificate.thumbprint, 'hex'),
    publicKey,
    encryptorType: instance.majorVersion >= 17 ? 'CERTIFICATE_OAEP_256' : 'CERTIFICATE',
  }
}

/** The engine works without a session here: a master key that only a person opened is no help. */
export function assertUsableByServer(certificate: CertificateRecord, masterKeyOpens: boolean): void {
  if (certificate.protection !== 'MK') {
    throw new SqlError(
      33101,
      `Cannot use certificate '${certificate.name}', because its private key is not present or it is not protected by the database master key. SQL Server requires the ability to automatically access the private key of the certificate used for this operation.`,
    )
  }
  if (!masterKeyOpens) throw needsMasterKey()
}

/** What is on the device decides whether it may be written: a new file, or one that FORMAT or INIT gives up. */
async function prepareMedia(place: ServerFile, path: string, options: BackupOptions): Promise<void> {
  if (!existsSync(place.real)) return
  if (options.format) {
    rmSync(place.real)
    return
  }
  const facts = await readBackupHeader(place.real).catch((error: unknown) => {
    if (error instanceof FileFormatError)
      throw new SqlError(
        3241,
        `The media family on device '${path}' is incorrectly formed. SQL Server cannot process this media family.`,
      )
    throw error
  })
  if (facts.encryption !== null || options.encryption !== undefined) {
    throw new SqlError(
      3095,
      "The backup cannot be performed because 'ENCRYPTION' was requested after the media was formatted with an incompatible structure. To append to this media set, either omit 'ENCRYPTION' or create a new media set by using WITH FORMAT in your BACKUP statement. If you use WITH FORMAT on an existing media set, all its backup sets will be overwritten.",
    )
  }
  if (!options.init) throw notSimulated('appending a backup set to a media set')
  rmSync(place.real)
}

async function writeBackup(
  frame: Frame,
  statement: string,
  database: DatabaseRecord,
  place: ServerFile,
  options: BackupOptions,
  encryption: BackupEncryption | null,
): Promise<void> {
  const { session, sink } = frame
  const { instance } = session
  const isLog = statement === 'BACKUP LOG'
  const started = instance.now()
  const clockStart = performance.now()
  const configured = (name: string): boolean => instance.store.configurations.get(name)?.valueInUse === 1
  const compression = options.compression ?? configured('backup compression default')
  const checksum = options.checksum ?? (compression || configured('backup checksum default'))
  const files = database.files.filter((file) => !isLog || file.kind === 'LOG')
  const firstLsn = database.lastLsn + 3_600_001
  const set: BackupSetRecord = {
    id: '',
    backupSetId: 0,
    uuid: newGuid(),
    mediaSetId: 0,
    mediaUuid: newGuid(),
    databaseName: database.name,
    type: isLog ? 'L' : 'D',
    position: 1,
    name: options.name === undefined ? null : textOf(options.name, frame).slice(0, 128),
    description: options.description === undefined ? null : textOf(options.description, frame).slice(0, 255),
    userName: session.login.name,
    startDate: started.toISOString(),
    finishDate: started.toISOString(),
    firstLsn: String(firstLsn),
    lastLsn: String(firstLsn + 300_000),
    checkpointLsn: String(firstLsn),
    databaseBackupLsn: database.hasFullBackup ? String(database.lastLsn) : '0',
    backupSize: 0,
    compressedSize: 0,
    copyOnly: options.copyOnly,
    checksums: checksum,
    compressed: compression,
    recoveryModel: database.recoveryModel,
    keyAlgorithm: encryption?.algorithm.toLowerCase() ?? null,
    encryptorThumbprint: encryption?.thumbprint.toString('hex').toUpperCase() ?? null,
    encryptorType: encryption?.encryptorType ?? null,
    physicalName: place.shown,
    familyGuid: database.familyGuid,
    databaseCreationDate: database.createDate,
    lastValidRestoreTime: null,
  }
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const progress = new Progress(frame, options.stats)
  const sizes = await createBackupFile(
    place.real,
    { header: headerRow(instance, database, set), fileList: database.files.map(fileListRow) },
    pagesOf(
      frame,
      database,
      files.map((file) => file.physicalName),
    ),
    encryption,
    {
      checksum,
      compression,
      totalBytes,
      signal: frame.signal,
      limitBytes: instance.disk.freeBytes(place.drive.letter),
      onBytes: (done, total) => progress.reached(done, total),
      finish: ({ bytes, compressedBytes }) => ({
        BackupFinishDate: instance.now().toISOString().slice(0, 23),
        BackupSize: String(bytes),
        CompressedBackupSize: compressedBytes,
      }),
    },
  ).catch((error: unknown) => {
    throw deviceError(error, place.shown)
  })
  const finished = instance.now()
  session.change(() => {
    const number = instance.store.nextNumber('backup-set', 1)
    instance.store.backupSets.put({
      ...set,
      id: String(number),
      backupSetId: number,
      mediaSetId: number,
      finishDate: finished.toISOString(),
      backupSize: sizes.bytes,
      compressedSize: sizes.compressedBytes,
      lastValidRestoreTime: finished.toISOString(),
    })
    const current = instance.store.databases.get(database.id) as DatabaseRecord
    instance.store.databases.put({
      ...current,
      lastLsn: firstLsn,
      hasFullBackup: current.hasFullBackup || (!options.copyOnly && !isLog),
    })
  })
  await progress.reached(totalBytes, totalBytes)
  let pages = 0
  for (const file of files) {
    const count = Math.ceil(file.bytes / PAGE_SIZE)
    pages += count
    await session.info(
      sink,
      4035,
      `Processed ${count} pages for database '${database.name}', file '${file.logicalName}' on file 1.`,
    )
  }
  await session.info(
    sink,
    3014,
    `${statement} successfully processed ${pages} pages in ${speed(performance.now() - clockStart, totalBytes)}.`,
  )
}

export function speed(milliseconds: number, bytes: number): string {
  const seconds = Math.max(0.001, milliseconds / 1000)
  return `${seconds.toFixed(3)} seconds (${(bytes / 2 ** 20 / seconds).toFixed(3)} MB/sec)`
}

export function deviceError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC')
    return new SqlError(3202, `Write on "${path}" failed: 112(There is not enough space on the disk.)`)
  if (code === 'EACCES' || code === 'EPERM')
    return new SqlError(
      3201,
      `Cannot open backup device '${path}'. Operating system error 5(Access is denied.).`,
    )
  return error
}

async function* pagesOf(
  frame: Frame,
  database: DatabaseRecord,
  paths: readonly string[],
): AsyncGenerator<Buffer, void, undefined> {
  const { instance } = frame.session
  yield bootPage(instance.store, database)
  for (const path of paths) {
    const place = instance.disk.resolve(path, instance.dataFolder)
    for await (const pages of filePages(place.real)) {
      await throttle(frame, pages.length)
      yield pages
    }
  }
}

export async function throttle(frame: Frame, bytes: number): Promise<void> {
  const rate = frame.session.instance.faults.bytesPerSecond
  if (rate !== undefined) await delay((bytes / rate) * 1000, frame.signal)
  if (frame.signal.aborted) throw new RequestAborted()
}

/** Sends 3211 for each step of STATS that was passed, and keeps sys.dm_exec_requests up to date. */
export class Progress {
  private readonly frame: Frame
  private readonly step: number
  private next: number
  private readonly request: { percentComplete: number } | undefined

  constructor(frame: Frame, step: number) {
    this.frame = frame
    // Without STATS there is no message at all.
    this.step = step <= 0 ? Infinity : Math.min(100, step)
    this.next = this.step
    this.request = frame.session.request
  }

  async reached(done: number, total: number): Promise<void> {
    const percent = total === 0 ? 100 : Math.min(100, Math.floor((done * 100) / total))
    if (this.request !== undefined) this.request.percentComplete = percent
    while (this.next <= percent) {
      await this.frame.session.info(this.frame.sink, 3211, `${this.next} percent processed.`)
      this.next += this.step
    }
  }
}

export const BACKUP_STATEMENTS: readonly StatementHandler[] = [backup('DATABASE'), backup('LOG')]
