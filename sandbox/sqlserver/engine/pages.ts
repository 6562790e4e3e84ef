import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { z } from 'zod'
import type {
  CertificateRecord,
  DatabaseFile,
  DatabaseRecord,
  LogChain,
  MasterKeyRecord,
  PermissionRecord,
  UserRecord,
} from '../state/model.ts'
import type { Store } from '../state/store.ts'
import { travellingKey } from './tde/travel.ts'
import type { TravellingKey } from './tde/travel.ts'

export const PAGE_SIZE = 8192
const MARK = Buffer.from('KTPG', 'latin1')
/** Mark, number, SHA-1 and the generation of the key that the rest is under; what follows is all that is ever encrypted. */
export const PAGE_HEADER = 96
const GENERATION_AT = 28
const SHA1_END = 28
const READ_AT_ONCE = 8 * PAGE_SIZE

/** A page of rows: mark, number, SHA-1 of what follows the header, text. Our own layout; what matters is that damage shows. */
export function makePage(number: number, text: string): Buffer {
  const page = Buffer.alloc(PAGE_SIZE, 0x20).fill(0, 0, PAGE_HEADER)
  MARK.copy(page, 0)
  page.writeUInt32LE(number, 4)
  page.write(
    text
      .repeat(Math.ceil((PAGE_SIZE - PAGE_HEADER) / Math.max(1, text.length)))
      .slice(0, PAGE_SIZE - PAGE_HEADER),
    PAGE_HEADER,
    'latin1',
  )
  createHash('sha1').update(page.subarray(PAGE_HEADER)).digest().copy(page, 8)
  return page
}

/** Bytes that a page has room for: header and body together are one page. */
export const PAGE_BODY = PAGE_SIZE - PAGE_HEADER

/** A page with this body, padded with spaces. */
export function pageWith(number: number, body: Buffer): Buffer {
  if (body.length > PAGE_BODY) throw new RangeError(`${body.length} bytes do not fit into a page`)
  const page = makePage(number, ' ')
  body.copy(page, PAGE_HEADER)
  createHash('sha1').update(page.subarray(PAGE_HEADER)).digest().copy(page, 8)
  return page
}

export const bodyOf = (page: Buffer): Buffer => page.subarray(PAGE_HEADER)

/** 0 for a page in clear, else the generation of the database encryption key that it is under. */
export const pageGeneration = (page: Buffer): number => page.readUInt32LE(GENERATION_AT)

export function setPageGeneration(page: Buffer, generation: number): void {
  page.writeUInt32LE(generation, GENERATION_AT)
}

/** For a page in clear; the SHA-1 is that of the clear text also while the page is encrypted. */
export function pageIsWhole(page: Buffer, number: number): boolean {
  if (page.length !== PAGE_SIZE || !page.subarray(0, 4).equals(MARK) || page.readUInt32LE(4) !== number)
    return false
  return createHash('sha1').update(page.subarray(PAGE_HEADER)).digest().equals(page.subarray(8, SHA1_END))
}

const ROWS = [
  (n: number, name: string) =>
    `${name} row ${n}; customer Aurelia Lindqvist; account ${4_000_000 + n * 7}; amount ${(n * 1373) % 99_991}.00 EUR. `,
  (n: number, name: string) =>
    `${name} row ${n}; employee Tomasz Wrobel; salary ${3_000 + ((n * 17) % 4_000)}.00; IBAN XX${n * 31} 0000. `,
]

export const samplePage = (number: number, database: string): Buffer =>
  makePage(number, (ROWS[number % ROWS.length] as (typeof ROWS)[0])(number, database))

const Lsn = z.string().regex(/^\d+$/)

/** Everything that travels with a database besides its pages. Logins, master and msdb do not. */
const Boot = z.object({
  recoveryModel: z.enum(['FULL', 'BULK_LOGGED', 'SIMPLE']),
  compatibilityLevel: z.number(),
  familyGuid: z.string(),
  createDate: z.string(),
  readOnly: z.boolean(),
  rows: z.number().int().nonnegative(),
  log: z.strictObject({
    nextLsn: Lsn,
    backupFrom: Lsn.nullable(),
    begins: z.boolean(),
    lastFullLsn: Lsn,
    base: z.strictObject({ lsn: Lsn, guid: z.string(), date: z.string() }).nullable(),
    changedPages: z.array(z.number().int().nonnegative()),
    allChanged: z.boolean(),
    fork: z.string(),
    firstFork: z.string(),
    forkPoint: Lsn.nullable(),
  }),
  files: z.array(
    z.object({
      fileId: z.number(),
      logicalName: z.string(),
      physicalName: z.string(),
      kind: z.enum(['ROWS', 'LOG']),
      bytes: z.number(),
      filegroup: z.string().optional(),
    }),
  ),
  readOnlyFilegroups: z.array(z.string()).optional(),
  masterKey: z.unknown(),
  encryptionKey: z.unknown(),
  certificates: z.array(z.unknown()),
  users: z.array(z.unknown()),
  permissions: z.array(z.unknown()),
})

export interface BootContents {
  recoveryModel: DatabaseRecord['recoveryModel']
  compatibilityLevel: number
  familyGuid: string
  createDate: string
  readOnly: boolean
  rows: number
  log: LogChain
  files: DatabaseFile[]
  readOnlyFilegroups?: readonly string[] | undefined
  masterKey: MasterKeyRecord | null
  /** Absent in backups that were made before there was encryption here. */
  encryptionKey?: TravellingKey | null
  certificates: CertificateRecord[]
  users: UserRecord[]
  permissions: PermissionRecord[]
}

export function bootPage(store: Store, database: DatabaseRecord): Buffer {
  const own = <T extends { databaseId: number | null }>(records: T[]): T[] =>
    records.filter((record) => record.databaseId === database.databaseId)
  const contents: BootContents = {
    recoveryModel: database.recoveryModel,
    compatibilityLevel: database.compatibilityLevel,
    familyGuid: database.familyGuid,
    createDate: database.createDate,
    readOnly: database.readOnly,
    rows: database.rows,
    log: database.log,
    files: database.files,
    ...(database.readOnlyFilegroups === undefined ? {} : { readOnlyFilegroups: database.readOnlyFilegroups }),
    masterKey: store.masterKeys.get(String(database.databaseId)) ?? null,
    encryptionKey: travellingKey(store, database),
    certificates: own(store.certificates.all()),
    users: own(store.users.all()),
    permissions: own(store.permissions.all()),
  }
  return Buffer.from(JSON.stringify(contents), 'utf8')
}

/** The page was authenticated, or checked against the file's digest; its shape is checked all the same. */
export function readBootPage(page: Buffer): BootContents {
  return Boot.parse(JSON.parse(page.toString('utf8'))) as BootContents
}

/** The first `bytes` of a database file in order, several pages at once; fewer where the file is shorter. */
export async function* filePages(real: string, bytes: number): AsyncGenerator<Buffer, void, undefined> {
  const handle = await open(real, 'r')
  try {
    for (let at = 0; at < bytes;) {
      const length = Math.min(READ_AT_ONCE, bytes - at)
      const buffer = Buffer.alloc(length)
      const { bytesRead } = await handle.read(buffer, 0, length, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}
