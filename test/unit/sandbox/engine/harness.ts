import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInstance } from '../../../../sandbox/sqlserver/engine/create-instance.ts'
import type { DatabaseSeed, SandboxInstance } from '../../../../sandbox/sqlserver/engine/create-instance.ts'
import type { InstanceOptions } from '../../../../sandbox/sqlserver/engine/instance.ts'
import type {
  BatchSink,
  Column,
  RpcParam,
  ServerError,
  SqlValue,
  TdsSession,
} from '../../../../sandbox/sqlserver/tds/contract.ts'

export const PASSWORD = 'Rehearsal-1-pass'

export interface Answer {
  sets: { columns: Column[]; rows: SqlValue[][] }[]
  errors: ServerError[]
  infos: ServerError[]
  dones: (number | null)[]
  returned: Map<string, SqlValue>
  status: number | undefined
  database: string | undefined
  transactions: string[]
}

export class RecordingSink implements BatchSink {
  readonly answer: Answer = {
    sets: [],
    errors: [],
    infos: [],
    dones: [],
    returned: new Map(),
    status: undefined,
    database: undefined,
    transactions: [],
  }
  onInfo: ((message: ServerError) => void) | undefined

  async columns(columns: Column[]): Promise<void> {
    this.answer.sets.push({ columns, rows: [] })
  }
  async row(values: SqlValue[]): Promise<void> {
    this.answer.sets.at(-1)?.rows.push(values)
  }
  async done(count: number | null): Promise<void> {
    this.answer.dones.push(count)
  }
  async info(message: ServerError): Promise<void> {
    this.answer.infos.push(message)
    this.onInfo?.(message)
  }
  async error(error: ServerError): Promise<void> {
    this.answer.errors.push(error)
  }
  async database(name: string): Promise<void> {
    this.answer.database = name
  }
  async transaction(change: 'begin' | 'commit' | 'rollback'): Promise<void> {
    this.answer.transactions.push(change)
  }
  async returnValue(name: string, _type: Column['type'], value: SqlValue): Promise<void> {
    this.answer.returned.set(name, value)
  }
  async returnStatus(n: number): Promise<void> {
    this.answer.status = n
  }
}

/** A session that is driven without sockets. */
export class Client {
  readonly session: TdsSession
  constructor(session: TdsSession) {
    this.session = session
  }

  async run(
    sql: string,
    signal: AbortSignal = new AbortController().signal,
    onInfo?: (message: ServerError) => void,
  ): Promise<Answer> {
    const sink = new RecordingSink()
    sink.onInfo = onInfo
    await this.session.batch(sql, sink, signal)
    return sink.answer
  }

  async rpc(procedure: string, params: RpcParam[]): Promise<Answer> {
    const sink = new RecordingSink()
    await this.session.rpc(procedure, params, sink, new AbortController().signal)
    return sink.answer
  }

  /** Rows of the only result set as objects; throws the first error. */
  async rows(sql: string): Promise<Record<string, SqlValue>[]> {
    const answer = await this.run(sql)
    if (answer.errors[0] !== undefined)
      throw new Error(`${answer.errors[0].number}: ${answer.errors[0].message}`)
    const set = answer.sets.at(-1)
    return (set?.rows ?? []).map((row) =>
      Object.fromEntries(row.map((value, i) => [set?.columns[i]?.name ?? '', value])),
    )
  }

  async scalar(sql: string): Promise<SqlValue> {
    return Object.values((await this.rows(sql))[0] ?? {})[0] ?? null
  }

  /** Runs and expects no error. */
  async ok(sql: string): Promise<Answer> {
    const answer = await this.run(sql)
    if (answer.errors[0] !== undefined)
      throw new Error(`${answer.errors[0].number}: ${answer.errors[0].message}`)
    return answer
  }

  /** Numbers of the errors that a batch answers. */
  async errors(sql: string): Promise<number[]> {
    return (await this.run(sql)).errors.map((error) => error.number)
  }

  close(): void {
    this.session.closed()
  }
}

export interface TestServer {
  instance: SandboxInstance
  folder: string
  connect(user?: string, password?: string, database?: string): Promise<Client>
  dispose(): void
}

let nextSpid = 51

const DATABASES: readonly DatabaseSeed[] = [
  { name: 'Sales', bytes: 300_000 },
  { name: 'Payroll', bytes: 80_000, recoveryModel: 'SIMPLE' },
]

export async function testServer(
  options: Partial<InstanceOptions> = {},
  databases = DATABASES,
): Promise<TestServer> {
  const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'ktr-engine-'))
  const instance = await createInstance(
    { dataDir: folder, name: 'ktr-test-01', version: 16, edition: 'Developer', ...options },
    {
      logins: [
        { name: 'sa', password: PASSWORD, roles: ['sysadmin'] },
        { name: 'reader', password: PASSWORD },
      ],
      databases,
      folders: ['D:\\Backup', 'C:\\Keys'],
      historyDays: 2,
    },
  )
  return {
    instance,
    folder,
    async connect(user = 'sa', password = PASSWORD, database = '') {
      nextSpid += 1
      const result = await instance.login(
        {
          userName: user,
          password,
          hostName: 'desk',
          appName: 'test',
          database,
          tdsVersion: '7.4',
          encrypted: true,
          packetSize: 4096,
        },
        { spid: nextSpid },
      )
      if (!result.ok) throw new Error(String(result.errors.at(-1)?.number))
      return new Client(result.session)
    },
    dispose() {
      instance.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
