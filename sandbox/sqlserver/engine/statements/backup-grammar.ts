import { SqlError, notSimulated } from '../errors.ts'
import type { Cursor } from '../../sql/cursor.ts'
import type { Expr } from '../../sql/ast.ts'
import type { BackupAlgorithm } from '../../files/index.ts'

/** A literal or a variable, where the grammar takes either. */
export type TextOperand = { text: string } | { variable: Expr }

export function textOperand(c: Cursor): TextOperand {
  const token = c.peek()
  if (token.kind !== 'variable') return { text: c.expectString() }
  c.next()
  return { variable: { t: 'variable', name: token.value.toLowerCase(), line: token.line } }
}

export function databaseOperand(c: Cursor): TextOperand {
  return c.peek().kind === 'variable' ? textOperand(c) : { text: c.expectName() }
}

const MAX_DEVICES = 64
const MAX_MIRRORS = 4

export interface DeviceOperand {
  kind: DeviceKind
  name: TextOperand
}
export type DeviceKind = 'disk' | 'url'

/** DISK = 'path', DISK = 'path', ... or the same with URL. Other kinds of devices are refused by name. */
export function devices(c: Cursor): DeviceOperand[] {
  const line = c.line
  const operands: DeviceOperand[] = []
  do operands.push(device(c))
  while (c.takeSymbol(','))
  if (operands.length > MAX_DEVICES)
    throw new SqlError(
      3205,
      `Too many backup devices specified for backup or restore; only ${MAX_DEVICES} are allowed.`,
      { line },
    )
  if (new Set(operands.map(({ kind }) => kind)).size > 1)
    throw notSimulated('DISK and URL in one media set', line)
  return operands
}

function device(c: Cursor): DeviceOperand {
  const line = c.line
  if (c.isWord('TAPE', 'VIRTUAL_DEVICE', 'DATABASE_SNAPSHOT'))
    throw notSimulated(`backup device of kind ${c.peek().upper}`, line)
  if (c.isName() && !c.isWord('DISK', 'URL')) throw notSimulated('logical backup devices', line)
  const kind = c.expectWord('DISK', 'URL') === 'URL' ? 'url' : 'disk'
  c.expectSymbol('=')
  return { kind, name: textOperand(c) }
}

/** MIRROR TO ..., up to three times. */
export function mirrors(c: Cursor): DeviceOperand[][] {
  const found: DeviceOperand[][] = []
  while (c.takeWords('MIRROR', 'TO')) found.push(devices(c))
  if (found.length >= MAX_MIRRORS)
    throw new SqlError(3214, `Too many backup mirrors are specified. Only ${MAX_MIRRORS} are allowed.`)
  return found
}

/** ENCRYPTION (ALGORITHM = ..., SERVER CERTIFICATE = c) or (..., SERVER ASYMMETRIC KEY = k). */
export interface EncryptionOption {
  algorithm: BackupAlgorithm
  kind: 'certificate' | 'asymmetric key'
  name: string
}

export interface BackupOptions {
  copyOnly: boolean
  differential: boolean
  /** BACKUP LOG WITH NORECOVERY: takes the tail and leaves the database restoring. */
  noRecovery: boolean
  /** undefined: the default. */
  maxTransferSize: number | undefined
  compression: boolean | undefined
  checksum: boolean | undefined
  format: boolean
  init: boolean
  stats: number
  name: TextOperand | undefined
  description: TextOperand | undefined
  encryption: EncryptionOption | undefined
  /** WITH CREDENTIAL: a page blob by account key. */
  credential: string | undefined
  /** Words of every option that was said: a URL takes fewer. */
  said: ReadonlySet<string>
}

const ALGORITHMS = ['AES_128', 'AES_192', 'AES_256', 'TRIPLE_DES_3KEY'] as const

/** Options of RESTORE and BACKUP that are read and have no effect on what is simulated. */
const IGNORED_FLAGS = new Set([
  'NOSKIP',
  'SKIP',
  'NOFORMAT',
  'NOINIT',
  'NOREWIND',
  'REWIND',
  'UNLOAD',
  'NOUNLOAD',
  'STOP_ON_ERROR',
  'NO_COMPRESSION',
  'NO_CHECKSUM',
  'RESTRICTED_USER',
  'KEEP_REPLICATION',
  'LOADHISTORY',
])
const IGNORED_VALUES = new Set([
  'MAXTRANSFERSIZE',
  'BUFFERCOUNT',
  'BLOCKSIZE',
  'MEDIANAME',
  'MEDIADESCRIPTION',
  'MEDIAPASSWORD',
  'EXPIREDATE',
  'RETAINDAYS',
])

export function backupOptions(c: Cursor): BackupOptions {
  const said = new Set<string>()
  const options: BackupOptions = {
    copyOnly: false,
    differential: false,
    noRecovery: false,
    maxTransferSize: undefined,
    compression: undefined,
    checksum: undefined,
    format: false,
    init: false,
    stats: 0,
    name: undefined,
    description: undefined,
    encryption: undefined,
    credential: undefined,
    said,
  }
  if (c.takeWord('WITH') === undefined) return options
  do said.add(backupOption(c, options))
  while (c.takeSymbol(','))
  return options
}

/** Answers the option's word. */
function backupOption(c: Cursor, options: BackupOptions): string {
  const line = c.line
  const word = c.expectAnyWord()
  readBackupOption(c, options, word, line)
  return word
}

function readBackupOption(c: Cursor, options: BackupOptions, word: string, line: number): void {
  switch (word) {
    case 'COPY_ONLY':
      options.copyOnly = true
      return
    case 'DIFFERENTIAL':
      options.differential = true
      return
    case 'NORECOVERY':
      options.noRecovery = true
      return
    case 'MAXTRANSFERSIZE':
      options.maxTransferSize = transferSize(c)
      return
    case 'COMPRESSION':
      options.compression = true
      compressionAlgorithm(c)
      return
    case 'NO_COMPRESSION':
      options.compression = false
      return
    case 'CHECKSUM':
      options.checksum = true
      return
    case 'NO_CHECKSUM':
      options.checksum = false
      return
    case 'FORMAT':
      options.format = true
      return
    case 'INIT':
      options.init = true
      return
    case 'STATS':
      options.stats = c.takeSymbol('=') ? c.expectInteger() : 10
      return
    case 'NAME':
      c.expectSymbol('=')
      options.name = textOperand(c)
      return
    case 'DESCRIPTION':
      c.expectSymbol('=')
      options.description = textOperand(c)
      return
    case 'CREDENTIAL':
      options.credential = credentialName(c)
      return
    case 'ENCRYPTION':
      options.encryption = encryption(c)
      return
    default:
      ignored(c, word, line)
  }
}

/** A literal: no variable is taken here. */
function credentialName(c: Cursor): string {
  c.expectSymbol('=')
  return c.expectString()
}

/** COMPRESSION (ALGORITHM = MS_XPRESS): the one algorithm that needs no hardware. */
function compressionAlgorithm(c: Cursor): void {
  const line = c.line
  if (!c.takeSymbol('(')) return
  c.expectWord('ALGORITHM')
  c.expectSymbol('=')
  const algorithm = c.expectAnyWord()
  if (algorithm !== 'MS_XPRESS') throw notSimulated(`COMPRESSION (ALGORITHM = ${algorithm})`, line)
  c.expectSymbol(')')
}

const TRANSFER_UNIT = 65_536
const LARGEST_TRANSFER = 4_194_304

function transferSize(c: Cursor): number {
  const line = c.line
  c.expectSymbol('=')
  const size = c.expectInteger()
  if (size < TRANSFER_UNIT || size > LARGEST_TRANSFER || size % TRANSFER_UNIT !== 0)
    throw new SqlError(3217, 'Invalid value specified for MAXTRANSFERSIZE parameter.', { line })
  return size
}

function ignored(c: Cursor, word: string, line: number): void {
  if (IGNORED_FLAGS.has(word)) return
  if (!IGNORED_VALUES.has(word)) throw notSimulated(`option ${word}`, line)
  c.expectSymbol('=')
  c.next()
}

function encryption(c: Cursor): EncryptionOption {
  c.expectSymbol('(')
  c.expectWord('ALGORITHM')
  c.expectSymbol('=')
  const algorithm = c.expectWord(...ALGORITHMS) as BackupAlgorithm
  c.expectSymbol(',')
  c.expectWord('SERVER')
  const asymmetric = c.expectWord('CERTIFICATE', 'ASYMMETRIC') === 'ASYMMETRIC'
  if (asymmetric) c.expectWord('KEY')
  c.expectSymbol('=')
  const name = c.expectName()
  c.expectSymbol(')')
  return { algorithm, kind: asymmetric ? 'asymmetric key' : 'certificate', name }
}

export interface RestoreOptions {
  fileNumber: number
  moves: { logical: string; path: string }[]
  recovery: boolean
  replace: boolean
  stopAt: TextOperand | undefined
  checksum: boolean
  stats: number
  credential: string | undefined
}

export function restoreOptions(c: Cursor): RestoreOptions {
  const options: RestoreOptions = {
    fileNumber: 1,
    moves: [],
    recovery: true,
    replace: false,
    stopAt: undefined,
    checksum: false,
    stats: 0,
    credential: undefined,
  }
  if (c.takeWord('WITH') === undefined) return options
  do {
    const line = c.line
    const word = c.expectAnyWord()
    if (word === 'FILE') {
      c.expectSymbol('=')
      options.fileNumber = c.expectInteger()
    } else if (word === 'MOVE') {
      const logical = c.expectString()
      c.expectWord('TO')
      options.moves.push({ logical, path: c.expectString() })
    } else if (word === 'RECOVERY' || word === 'NORECOVERY') options.recovery = word === 'RECOVERY'
    else if (word === 'REPLACE') options.replace = true
    else if (word === 'STOPAT') {
      c.expectSymbol('=')
      options.stopAt = textOperand(c)
    } else if (word === 'CHECKSUM') options.checksum = true
    else if (word === 'STATS') options.stats = c.takeSymbol('=') ? c.expectInteger() : 10
    else if (word === 'CREDENTIAL') options.credential = credentialName(c)
    else ignored(c, word, line)
  } while (c.takeSymbol(','))
  return options
}
