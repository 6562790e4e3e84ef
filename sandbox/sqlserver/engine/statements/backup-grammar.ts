import { notSimulated } from '../errors.ts'
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

/** DISK = 'path'. Other devices, several devices and mirrors are refused by name. */
export function device(c: Cursor): TextOperand {
  const line = c.line
  if (c.isWord('URL', 'TAPE', 'VIRTUAL_DEVICE', 'DATABASE_SNAPSHOT'))
    throw notSimulated(`backup device of kind ${c.peek().upper}`, line)
  if (c.isName() && !c.isWord('DISK')) throw notSimulated('logical backup devices', line)
  c.expectWord('DISK')
  c.expectSymbol('=')
  const operand = textOperand(c)
  if (c.isSymbol(',')) throw notSimulated('striped backups', line)
  if (c.isWord('MIRROR')) throw notSimulated('MIRROR TO', line)
  return operand
}

export interface BackupOptions {
  copyOnly: boolean
  compression: boolean | undefined
  checksum: boolean | undefined
  format: boolean
  init: boolean
  stats: number
  name: TextOperand | undefined
  description: TextOperand | undefined
  encryption: { algorithm: BackupAlgorithm; certificate: string } | undefined
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
  const options: BackupOptions = {
    copyOnly: false,
    compression: undefined,
    checksum: undefined,
    format: false,
    init: false,
    stats: 0,
    name: undefined,
    description: undefined,
    encryption: undefined,
  }
  if (c.takeWord('WITH') === undefined) return options
  do backupOption(c, options)
  while (c.takeSymbol(','))
  return options
}

function backupOption(c: Cursor, options: BackupOptions): void {
  const line = c.line
  const word = c.expectAnyWord()
  switch (word) {
    case 'COPY_ONLY':
      options.copyOnly = true
      return
    case 'COMPRESSION':
      options.compression = true
      if (c.takeSymbol('(')) throw notSimulated('COMPRESSION (ALGORITHM = ...)', line)
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
    case 'ENCRYPTION':
      options.encryption = encryption(c)
      return
    default:
      ignored(c, word, line)
  }
}

function ignored(c: Cursor, word: string, line: number): void {
  if (IGNORED_FLAGS.has(word)) return
  if (!IGNORED_VALUES.has(word)) throw notSimulated(`option ${word}`, line)
  c.expectSymbol('=')
  c.next()
}

function encryption(c: Cursor): { algorithm: BackupAlgorithm; certificate: string } {
  const line = c.line
  c.expectSymbol('(')
  c.expectWord('ALGORITHM')
  c.expectSymbol('=')
  const algorithm = c.expectWord(...ALGORITHMS) as BackupAlgorithm
  c.expectSymbol(',')
  c.expectWord('SERVER')
  if (c.expectWord('CERTIFICATE', 'ASYMMETRIC') === 'ASYMMETRIC')
    throw notSimulated('backup encryption with an asymmetric key', line)
  c.expectSymbol('=')
  const certificate = c.expectName()
  c.expectSymbol(')')
  return { algorithm, certificate }
}

export interface RestoreOptions {
  fileNumber: number
  moves: { logical: string; path: string }[]
  recovery: boolean
  replace: boolean
  checksum: boolean
  stats: number
}

export function restoreOptions(c: Cursor): RestoreOptions {
  const options: RestoreOptions = {
    fileNumber: 1,
    moves: [],
    recovery: true,
    replace: false,
    checksum: false,
    stats: 0,
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
    else if (word === 'CHECKSUM') options.checksum = true
    else if (word === 'STATS') options.stats = c.takeSymbol('=') ? c.expectInteger() : 10
    else ignored(c, word, line)
  } while (c.takeSymbol(','))
  return options
}
