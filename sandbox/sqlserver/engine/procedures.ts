import { CONFIGURATION_OPTIONS } from '../catalog/configurations.ts'
import { convertCell } from '../sql/convert.ts'
import type { Cell } from '../sql/types.ts'
import { nvarchar } from '../sql/types.ts'
import { OsError } from '../disk.ts'
import { SqlError, noPermissionForAction } from './errors.ts'
import { lockModeNamed } from './app-locks.ts'
import { executeSql } from './execute-sql.ts'
import type { ProcedureArgument } from './run-batch.ts'
import type { Frame } from './script.ts'
import { listRegistryKeys, readRegistry } from './registry-procedures.ts'
import { detach } from './statements/attach-database.ts'
import { changeDatabaseRole, changeServerRole } from './statements/security.ts'

type Procedure = (frame: Frame, args: Arguments) => Promise<number>

/** Arguments by name, or by position where they come without one. */
export class Arguments {
  readonly list: readonly ProcedureArgument[]
  private readonly names: readonly string[]

  constructor(list: readonly ProcedureArgument[], names: readonly string[]) {
    this.list = list
    this.names = names
    const unknown = list.find((arg) => arg.name !== undefined && !names.includes(arg.name))
    if (unknown !== undefined)
      throw new SqlError(8145, `${unknown.name ?? ''} is not a parameter for procedure.`)
    if (list.length > names.length)
      throw new SqlError(8144, 'Procedure or function has too many arguments specified.')
  }

  argument(name: string): ProcedureArgument | undefined {
    const named = this.list.find((arg) => arg.name === name)
    const positional = this.list[this.names.indexOf(name)]
    return named ?? (positional?.name === undefined ? positional : undefined)
  }

  text(name: string): string | undefined {
    const arg = this.argument(name)
    if (arg === undefined || arg.value === null) return undefined
    return String(convertCell(arg.value, arg.type, nvarchar('max'), 0))
  }

  required(name: string, procedure: string): string {
    const text = this.text(name)
    if (text === undefined)
      throw new SqlError(
        201,
        `Procedure or function '${procedure}' expects parameter '${name}', which was not supplied.`,
      )
    return text
  }

  number(name: string, otherwise: number): number {
    const text = this.text(name)
    return text === undefined ? otherwise : Number(text)
  }
}

async function sendTable(
  frame: Frame,
  columns: readonly { name: string; t: 'int' | 'text' }[],
  rows: readonly Cell[][],
): Promise<void> {
  await frame.sink.columns(
    columns.map(({ name, t }) => ({ name, type: t === 'int' ? { t: 'int' } : { t: 'nvarchar', max: 512 } })),
  )
  for (const row of rows) await frame.sink.row(row)
  frame.answered.completions += 1
  await frame.sink.done(rows.length)
}

const configure: Procedure = async (frame, args) => {
  const { session, sink } = frame
  const { configurations } = session.instance.store
  const valueOf = (name: string, initial: number): { value: number; valueInUse: number } =>
    configurations.get(name) ?? { value: initial, valueInUse: initial }
  const advanced = valueOf('show advanced options', 0).valueInUse === 1
  const visible = CONFIGURATION_OPTIONS.filter((option) => advanced || !option.advanced)
  const wanted = args.text('@configname')
  const matching =
    wanted === undefined
      ? visible
      : visible.filter((option) => option.name.toLowerCase().startsWith(wanted.toLowerCase()))
  if (wanted !== undefined && matching.length === 0)
    throw new SqlError(
      15123,
      `The configuration option '${wanted}' does not exist, or it may be an advanced option.`,
    )
  const value = args.text('@configvalue')
  if (value === undefined) {
    const columns = [
      { name: 'name', t: 'text' },
      { name: 'minimum', t: 'int' },
      { name: 'maximum', t: 'int' },
      { name: 'config_value', t: 'int' },
      { name: 'run_value', t: 'int' },
    ] as const
    await sendTable(
      frame,
      columns,
      matching.map((option) => {
        const current = valueOf(option.name, option.initial)
        return [option.name, option.minimum, option.maximum, current.value, current.valueInUse]
      }),
    )
    return 0
  }
  if (!session.canServer('ALTER SETTINGS')) throw noPermissionForAction()
  const option =
    matching.find((candidate) => candidate.name.toLowerCase() === wanted?.toLowerCase()) ?? matching[0]
  if (option === undefined || (matching.length > 1 && option.name.toLowerCase() !== wanted?.toLowerCase()))
    throw new SqlError(15124, `The configuration option '${wanted ?? ''}' is not unique.`)
  const number = Number(value)
  if (!Number.isInteger(number) || number < option.minimum || number > option.maximum)
    throw new SqlError(15129, `'${value}' is not a valid value for configuration option '${option.name}'.`)
  const old = valueOf(option.name, option.initial)
  session.change(() => configurations.put({ id: option.name, value: number, valueInUse: old.valueInUse }))
  await session.info(
    sink,
    15457,
    `Configuration option '${option.name}' changed from ${old.value} to ${number}. Run the RECONFIGURE statement to install.`,
  )
  return 0
}

const getAppLock: Procedure = async ({ session, signal }, args) => {
  const resource = args.required('@resource', 'sp_getapplock')
  const mode = lockModeNamed(args.required('@lockmode', 'sp_getapplock'))
  const owner = (args.text('@lockowner') ?? 'Transaction').toLowerCase()
  if (mode === undefined || (owner !== 'session' && owner !== 'transaction')) return -999
  if (owner === 'transaction')
    throw new SqlError(50000, 'not simulated: sp_getapplock with @LockOwner = Transaction')
  return session.instance.locks.acquire(
    session.spid,
    session.databaseId,
    resource.slice(0, 255),
    mode,
    args.number('@locktimeout', -1),
    signal,
  )
}

const releaseAppLock: Procedure = async ({ session }, args) => {
  const resource = args.required('@resource', 'sp_releaseapplock').slice(0, 255)
  if (!session.instance.locks.release(session.spid, session.databaseId, resource)) {
    throw new SqlError(
      1223,
      `Cannot release the application lock (Database Principal: 'public', Resource: '${resource}') because it is not currently held.`,
    )
  }
  return 0
}

const directoryTree: Procedure = async (frame, args) => {
  const { disk } = frame.session.instance
  const root = args.required('@path', 'xp_dirtree')
  const maxDepth = args.number('@depth', 0)
  const withFiles = args.number('@file', 0) === 1
  const rows: Cell[][] = []
  const walk = (path: string, depth: number): void => {
    for (const entry of disk.list(path) ?? []) {
      if (!entry.isDirectory && !withFiles) continue
      rows.push(withFiles ? [entry.name, depth, entry.isDirectory ? 0 : 1] : [entry.name, depth])
      if (entry.isDirectory && (maxDepth === 0 || depth < maxDepth))
        walk(`${path.replace(/\\$/, '')}\\${entry.name}`, depth + 1)
    }
  }
  walk(root, 1)
  await sendTable(
    frame,
    [
      { name: 'subdirectory', t: 'text' },
      { name: 'depth', t: 'int' },
      ...(withFiles ? [{ name: 'file', t: 'int' } as const] : []),
    ],
    rows,
  )
  return 0
}

const fixedDrives: Procedure = async (frame) => {
  const { disk } = frame.session.instance
  await sendTable(
    frame,
    [
      { name: 'drive', t: 'text' },
      { name: 'MB free', t: 'int' },
    ],
    disk.drives.map((drive) => [drive.letter, Math.floor(disk.freeBytes(drive.letter) / 2 ** 20)]),
  )
  return 0
}

const fileExists: Procedure = async (frame, args) => {
  const { disk } = frame.session.instance
  const path = args.required('@filename', 'xp_fileexist')
  const kind = disk.kindOf(path)
  const parent = disk.kindOf(path.replace(/\\[^\\]*$/, '\\')) === 'folder'
  await sendTable(
    frame,
    [
      { name: 'File Exists', t: 'int' },
      { name: 'File is a Directory', t: 'int' },
      { name: 'Parent Directory Exists', t: 'int' },
    ],
    [[Number(kind === 'file'), Number(kind === 'folder'), Number(parent)]],
  )
  return 0
}

const makeFolder: Procedure = async ({ session }, args) => {
  if (!session.canServer('CONTROL SERVER'))
    throw new SqlError(
      229,
      "The EXECUTE permission was denied on the object 'xp_create_subdir', database 'mssqlsystemresource', schema 'sys'.",
      { severity: 14 },
    )
  const path = args.required('@path', 'xp_create_subdir')
  try {
    session.instance.disk.makeFolder(path)
  } catch (error) {
    if (error instanceof OsError)
      throw new SqlError(22048, `xp_create_subdir() returned error ${error.code}, '${error.message}'`)
    throw error
  }
  return 0
}

const serverRoleMember =
  (add: boolean): Procedure =>
  async ({ session }, args) => {
    changeServerRole(
      session,
      args.required('@rolename', 'sp_addsrvrolemember'),
      args.required('@loginame', 'sp_addsrvrolemember'),
      add,
    )
    return 0
  }

const databaseRoleMember =
  (add: boolean): Procedure =>
  async ({ session }, args) => {
    changeDatabaseRole(
      session,
      args.required('@rolename', 'sp_addrolemember'),
      args.required('@membername', 'sp_addrolemember'),
      add,
    )
    return 0
  }

const detachDatabase: Procedure = async (frame, args) => {
  await detach(frame, args.required('@dbname', 'sp_detach_db'))
  return 0
}

const REGISTRY_KEYS = { parameters: ['@rootkey', '@key'], run: listRegistryKeys }
const REGISTRY_READ = { parameters: ['@rootkey', '@key', '@value_name', '@value'], run: readRegistry }

const PROCEDURES: Readonly<Record<string, { parameters: readonly string[]; run: Procedure }>> = {
  sp_configure: { parameters: ['@configname', '@configvalue'], run: configure },
  sp_getapplock: {
    parameters: ['@resource', '@lockmode', '@lockowner', '@locktimeout', '@dbprincipal'],
    run: getAppLock,
  },
  sp_releaseapplock: { parameters: ['@resource', '@lockowner', '@dbprincipal'], run: releaseAppLock },
  sp_detach_db: {
    parameters: ['@dbname', '@skipchecks', '@keepfulltextindexfile'],
    run: detachDatabase,
  },
  xp_regenumkeys: REGISTRY_KEYS,
  xp_instance_regenumkeys: REGISTRY_KEYS,
  xp_regread: REGISTRY_READ,
  xp_instance_regread: REGISTRY_READ,
  xp_dirtree: { parameters: ['@path', '@depth', '@file'], run: directoryTree },
  xp_fixeddrives: { parameters: [], run: fixedDrives },
  xp_fileexist: { parameters: ['@filename'], run: fileExists },
  xp_create_subdir: { parameters: ['@path'], run: makeFolder },
  sp_addsrvrolemember: { parameters: ['@loginame', '@rolename'], run: serverRoleMember(true) },
  sp_dropsrvrolemember: { parameters: ['@loginame', '@rolename'], run: serverRoleMember(false) },
  sp_addrolemember: { parameters: ['@rolename', '@membername'], run: databaseRoleMember(true) },
  sp_droprolemember: { parameters: ['@rolename', '@membername'], run: databaseRoleMember(false) },
}

/** Runs a system procedure; resolves with its return status. */
export async function callProcedure(
  frame: Frame,
  name: string,
  args: readonly ProcedureArgument[],
): Promise<number> {
  if (name === 'sp_executesql') return executeSql(frame, args)
  const known = Object.hasOwn(PROCEDURES, name) ? PROCEDURES[name] : undefined
  if (known === undefined)
    throw new SqlError(2812, `Could not find stored procedure '${name}'. (not simulated: ${name})`)
  return known.run(frame, new Arguments(args, known.parameters))
}
