import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asTargetId } from '../../../../shared/model/ids.ts'
import { displayScript } from '../../../../shared/model/script.ts'
import type { SqlServerIdentity, TargetRef } from '../../../../shared/model/target.ts'
import type { SqlRow, SqlServer, SqlServers, SqlSession } from '../../../../electron/ports/sql-server.ts'

export interface FakeEffect {
  name: string
  madeBy: string
}

interface Connection {
  spid: number
  program: string
  command: string | null
  open: boolean
}

/** One server that outlives every engine: its effects, its sessions, and who holds its lock. */
export class FakeServer {
  readonly ref: TargetRef
  identity: SqlServerIdentity
  effects: FakeEffect[] = []
  /** How often each effect was made, over the life of the server. */
  made = new Map<string, number>()
  /** Removes an effect as a stranger would. */
  holder: Connection | null = null
  connections: Connection[] = []
  statesVisible = true
  /** Something that changes the plan. */
  fact = 'one'
  /** Texts that arrived, other than the engine's own questions. */
  received: string[] = []
  #nextSpid = 51

  constructor(name: string) {
    this.ref = {
      id: asTargetId(`t-${name.toLowerCase().padEnd(12, 'a').slice(0, 12)}`),
      kind: 'sqlserver',
      name,
      environment: 'test',
    }
    this.identity = { serverName: name, machineName: name, instanceName: '', certificateSha256: null }
  }

  has(name: string): FakeEffect | undefined {
    return this.effects.find((effect) => effect.name === name)
  }

  make(name: string, madeBy: string): void {
    this.effects.push({ name, madeBy })
    this.made.set(name, (this.made.get(name) ?? 0) + 1)
  }

  remove(name: string): void {
    this.effects = this.effects.filter((effect) => effect.name !== name)
  }

  /** What the end of a client process does to its connections. */
  dropConnections(except: (connection: Connection) => boolean = () => false): void {
    for (const connection of this.connections) if (!except(connection)) this.#end(connection)
  }

  /** A session that an earlier process left at work. */
  leaveAtWork(program: string, command: string): Connection {
    const connection = { spid: this.#nextSpid++, program, command, open: true }
    this.connections.push(connection)
    return connection
  }

  end(connection: Connection): void {
    this.#end(connection)
  }

  connect(): SqlServer {
    const query = async (sql: string): Promise<SqlRow[]> => this.#answer(sql)
    return {
      ref: this.ref,
      identity: this.identity,
      principal: 'kt_operator',
      query,
      session: async ({ programName }) => this.#session(programName),
      close: async () => undefined,
    }
  }

  #session(program: string): SqlSession {
    const connection: Connection = { spid: this.#nextSpid++, program, command: null, open: true }
    this.connections.push(connection)
    return {
      spid: connection.spid,
      get alive() {
        return connection.open
      },
      execute: async (script) => {
        if (!connection.open) throw new KeyturnError('sql-lost', { target: this.ref.name })
        const text = displayScript(script)
        if (text.includes('sp_getapplock')) this.holder ??= connection
        else if (!text.includes('APPLOCK_MODE')) this.received.push(text)
        const mode = this.holder === connection ? 'Exclusive' : 'NoLock'
        return { resultSets: [[{ mode }]], messages: [] }
      },
      close: async () => this.#end(connection),
    }
  }

  #end(connection: Connection): void {
    connection.open = false
    this.connections = this.connections.filter((one) => one !== connection)
    if (this.holder === connection) this.holder = null
  }

  /** As the server does: its lock view refuses, its session view shows less without saying so. */
  #answer(sql: string): SqlRow[] {
    if (sql.includes('HAS_PERMS_BY_NAME')) return [{ sees_all: this.statesVisible ? 1 : 0 }]
    const locksOnly = sql.includes('dm_tran_locks')
    if (locksOnly && !this.statesVisible) {
      throw new KeyturnError('sql-permission', {
        target: this.ref.name,
        what: 'locks',
        permission: 'VIEW SERVER STATE',
      })
    }
    if (!this.statesVisible) return []
    const shown = locksOnly ? this.connections.filter((one) => one === this.holder) : this.connections
    return shown.map(({ spid, program, command }) => ({
      session_id: spid,
      program_name: program,
      host_name: 'DESK-02',
      login_name: 'kt_operator',
      command,
    }))
  }
}

export const serversOf = (...servers: FakeServer[]): SqlServers => ({
  async open(target) {
    const server = servers.find((one) => one.ref.id === target.id)
    if (server === undefined)
      throw new KeyturnError('sql-unreachable', { target: target.name, host: 'nowhere' })
    return server.connect()
  },
})
