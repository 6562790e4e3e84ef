import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Connection, Request } from 'tedious'
import type { InstanceFacts } from '../../sandbox/sqlserver/host/server.ts'

const MAIN = join(import.meta.dirname, '../../sandbox/sqlserver/main.ts')

interface Ready {
  pid: number
  control: string
  instances: InstanceFacts[]
  alreadyRunning?: boolean
}

/** The simulators' process, as its parent starts it. */
export class SandboxProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'ktr-process-'))
  private child: ChildProcess | undefined
  ready: Ready | undefined

  constructor(config: Record<string, unknown> = {}) {
    writeFileSync(
      join(this.folder, 'config.json'),
      JSON.stringify({ dataDir: join(this.folder, 'data'), ...config }),
    )
  }

  async start(): Promise<Ready> {
    const child = spawn(process.execPath, [MAIN, join(this.folder, 'config.json')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    })
    this.child = child
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve)
      child.once('exit', (code) => reject(new Error(`the simulators ended with ${String(code)}`)))
    })
    this.ready = JSON.parse(line) as Ready
    return this.ready
  }

  server(name: string): InstanceFacts {
    const found = this.ready?.instances.find((instance) => instance.name === name)
    if (found === undefined) throw new Error(`no server ${name}`)
    return found
  }

  /** What a dead parent leaves: closed pipes. */
  letGo(): void {
    this.child?.stdin?.destroy()
    this.child?.stdout?.destroy()
  }

  control(command: Record<string, unknown>): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.ready?.control ?? '')
      socket.once('error', reject)
      const lines = createInterface({ input: socket })
      lines.on('error', reject)
      lines.once('line', (line) => {
        socket.destroy()
        resolve(JSON.parse(line) as Record<string, unknown>)
      })
      socket.write(`${JSON.stringify(command)}\n`)
    })
  }

  ended(): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => child.once('exit', () => resolve()))
  }

  async kill(): Promise<void> {
    const { child } = this
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = this.ended()
      child.kill('SIGKILL')
      await gone
    }
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface Outcome {
  rows: Record<string, unknown>[]
  /** Numbers of the INFO messages that arrived. */
  infos: number[]
}

export class SqlFailure extends Error {
  readonly numbers: number[]
  constructor(numbers: number[], message: string) {
    super(message)
    this.numbers = numbers
  }
}

/** A connection of the real client library, fully encrypted and with the certificate checked. */
export class SqlClient {
  private readonly connection: Connection
  private readonly infos: number[] = []
  private readonly errors: number[] = []

  private constructor(connection: Connection) {
    this.connection = connection
    connection.on('infoMessage', (message) => this.infos.push(message.number))
    connection.on('errorMessage', (message) => this.errors.push(message.number))
    connection.on('error', () => undefined)
  }

  static async open(server: InstanceFacts): Promise<SqlClient> {
    const [login] = server.logins
    const connection = new Connection({
      server: server.host,
      authentication: {
        type: 'default',
        options: { userName: login?.name ?? '', password: login?.password ?? '' },
      },
      options: {
        port: server.port,
        encrypt: true,
        serverName: 'localhost',
        requestTimeout: 0,
        cryptoCredentialsDetails: { ca: server.caPem },
      },
    })
    const client = new SqlClient(connection)
    await new Promise<void>((resolve, reject) =>
      connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error))),
    )
    client.infos.length = 0
    return client
  }

  run(sql: string): Promise<Outcome> {
    this.infos.length = 0
    this.errors.length = 0
    return new Promise((resolve, reject) => {
      const rows: Record<string, unknown>[] = []
      const request = new Request(sql, (error) => {
        if (error !== undefined && error !== null) reject(new SqlFailure([...this.errors], error.message))
        else resolve({ rows, infos: [...this.infos] })
      })
      request.on('row', (columns: { metadata: { colName: string }; value: unknown }[]) =>
        rows.push(Object.fromEntries(columns.map((column) => [column.metadata.colName, column.value]))),
      )
      this.connection.execSqlBatch(request)
    })
  }

  async failure(sql: string): Promise<number[]> {
    try {
      await this.run(sql)
    } catch (error) {
      if (error instanceof SqlFailure) return error.numbers
      throw error
    }
    return []
  }

  close(): void {
    this.connection.close()
  }
}
