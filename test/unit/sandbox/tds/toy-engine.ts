/** A SQL engine of nothing but hooks: each test says what a batch or call pushes. */
import type {
  BatchSink,
  LoginRequest,
  LoginResult,
  RpcParam,
  TdsEngine,
  TdsSession,
} from '../../../../sandbox/sqlserver/tds/contract.ts'

export const PASSWORD = 'Pa$$wörd-canary'

export class ToyEngine implements TdsEngine {
  serverName = 'KTR-TOY'
  programVersion: [number, number, number] = [16, 0, 4096]
  logins: LoginRequest[] = []
  batches: string[] = []
  calls: { procedure: string; params: RpcParam[] }[] = []
  transactions: { kind: string; name: string }[] = []
  resets: boolean[] = []
  closed = 0
  onClosed = (): void => {}
  beforeLogin = async (): Promise<void> => {}
  onLogin: (req: LoginRequest) => LoginResult | null = () => null
  onBatch: (sql: string, sink: BatchSink, signal: AbortSignal) => Promise<void> = (_sql, sink) =>
    sink.done(null)
  onRpc: (procedure: string, params: RpcParam[], sink: BatchSink, signal: AbortSignal) => Promise<void> =
    async () => {}

  async login(req: LoginRequest): Promise<LoginResult> {
    this.logins.push(req)
    await this.beforeLogin()
    const decided = this.onLogin(req)
    if (decided) return decided
    if (req.userName === 'sa' && req.password === PASSWORD) return { ok: true, session: this.#session() }
    const message = `Login failed for user '${req.userName}'.`
    return { ok: false, errors: [{ number: 18456, state: 1, severity: 14, message }] }
  }

  #session(): TdsSession {
    let descriptor: Uint8Array | null = null
    return {
      batch: (sql, sink, signal) => {
        // tedious sends its settings after login; tests are not about those.
        if (sql.startsWith('set ')) return sink.done(null)
        this.batches.push(sql)
        return this.onBatch(sql, sink, signal)
      },
      rpc: (procedure, params, sink, signal) => {
        this.calls.push({ procedure, params })
        return this.onRpc(procedure, params, sink, signal)
      },
      transactionManager: async (kind, name, sink) => {
        this.transactions.push({ kind, name })
        if (kind === 'begin') {
          descriptor = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
          await sink.transaction('begin', descriptor)
        } else if (kind !== 'save' && descriptor === null) {
          const number = kind === 'commit' ? 3902 : 3903
          await sink.error({ number, state: 1, severity: 16, message: 'no transaction' })
        } else if (kind !== 'save' && descriptor !== null) {
          await sink.transaction(kind, descriptor)
          descriptor = null
        }
        await sink.done(null)
      },
      reset: async (keepTransaction) => {
        this.resets.push(keepTransaction)
      },
      closed: () => {
        this.closed++
        this.onClosed()
      },
    }
  }
}
