import { OsError } from '../../disk.ts'
import type { DatabaseFile } from '../../state/model.ts'
import { databaseRecord, defaultFiles, writeDatabaseFiles } from '../database-files.ts'
import { SqlError, SqlErrors, notSimulated } from '../errors.ts'
import { PAGE_SIZE } from '../pages.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { attach } from './attach-database.ts'
import { fileSpecifications } from './file-specification.ts'
import type { FileSpecification } from './file-specification.ts'

const DEFAULT_BYTES = 1024 * 1024
const LARGEST = 16 * 2 ** 30

export const createDatabase: StatementHandler = {
  head: ['CREATE', 'DATABASE'],
  parse(c) {
    const name = c.expectName()
    let data: FileSpecification[] = []
    let log: FileSpecification[] = []
    if (c.takeWord('ON') !== undefined) {
      c.takeWord('PRIMARY')
      data = fileSpecifications(c)
    }
    if (c.takeWords('LOG', 'ON')) log = fileSpecifications(c)
    if (c.takeWord('COLLATE') !== undefined) c.expectName()
    const line = c.line
    if (c.takeWord('FOR') !== undefined) {
      const rebuild = c.expectWord('ATTACH', 'ATTACH_REBUILD_LOG') === 'ATTACH_REBUILD_LOG'
      return { run: async (frame) => (await attach(frame, name, [...data, ...log], rebuild), null) }
    }
    if (c.isWord('CONTAINMENT', 'WITH', 'AS') || c.isSymbol(','))
      throw notSimulated(`CREATE DATABASE ... ${c.peek().text}`, line)
    if (data.length > 1 || log.length > 1)
      throw notSimulated('a database with more than one data file and one log file', line)
    return { run: async (frame) => (create(frame, name, data[0], log[0]), null) }
  },
}

export function assertMayCreate({ session }: Frame, name: string): void {
  const { instance } = session
  if (session.transaction !== undefined)
    throw new SqlError(226, 'CREATE DATABASE statement not allowed within multi-statement transaction.')
  if (!session.canServer('CREATE ANY DATABASE'))
    throw new SqlError(262, "CREATE DATABASE permission denied in database 'master'.", { severity: 14 })
  if (instance.databaseNamed(name) !== undefined)
    throw new SqlError(1801, `Database '${name}' already exists. Choose a different database name.`)
}

function create(
  frame: Frame,
  name: string,
  data: FileSpecification | undefined,
  log: FileSpecification | undefined,
): void {
  const { session } = frame
  const { instance } = session
  assertMayCreate(frame, name)
  const [dataFile, logFile] = defaultFiles(instance, name, data?.bytes ?? DEFAULT_BYTES) as [
    DatabaseFile,
    DatabaseFile,
  ]
  const files = [placed(frame, dataFile, data), placed(frame, logFile, log)]
  try {
    writeDatabaseFiles(instance, name, files)
  } catch (error) {
    throw creationError(error, files)
  }
  session.change(() =>
    instance.store.databases.put(
      databaseRecord(instance, instance.store.nextNumber('database', 5), name, files, session.login.name),
    ),
  )
}

function placed({ session }: Frame, file: DatabaseFile, wanted: FileSpecification | undefined): DatabaseFile {
  if (wanted === undefined) return file
  const { instance } = session
  const bytes = wanted.bytes === undefined ? file.bytes : Math.ceil(wanted.bytes / PAGE_SIZE) * PAGE_SIZE
  if (bytes > LARGEST) throw notSimulated('a database file of more than 16 GB')
  try {
    const place = instance.disk.forWriting(wanted.path, instance.dataFolder)
    return {
      ...file,
      bytes: Math.max(PAGE_SIZE, bytes),
      physicalName: place.shown,
      logicalName: wanted.logicalName ?? file.logicalName,
    }
  } catch (error) {
    if (!(error instanceof OsError)) throw error
    throw new SqlErrors([
      new SqlError(
        5133,
        `Directory lookup for the file "${wanted.path}" failed with the operating system error ${error.text}.`,
      ),
      someFilesFailed(),
    ])
  }
}

function creationError(error: unknown, files: readonly DatabaseFile[]): unknown {
  const path = files[0]?.physicalName ?? ''
  if (error instanceof OsError)
    return new SqlErrors([
      new SqlError(
        5123,
        `CREATE FILE encountered operating system error ${error.text} while attempting to open or create the physical file '${path}'.`,
      ),
      someFilesFailed(),
    ])
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
    return new SqlErrors([
      new SqlError(
        5170,
        `Cannot create file '${path}' because it already exists. Change the file path or the file name, and retry the operation.`,
      ),
      someFilesFailed(),
    ])
  return error
}

const someFilesFailed = (): SqlError =>
  new SqlError(
    1802,
    'CREATE DATABASE failed. Some file names listed could not be created. Check related errors.',
  )
