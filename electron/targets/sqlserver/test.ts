import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { KeyturnError, problemOf, type Problem } from '../../../shared/errors/problem.ts'
import type { ConnectionCheck, ConnectionTest } from '../../../shared/ipc/schemas.ts'
import type { SqlConnection } from '../../../shared/model/target.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import type { CertificateFacts } from './certificate.ts'
import { probeCertificate } from './connect.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { peerOf } from './peer.ts'
import { notVisible, readClock, readVersion, rights } from './server-facts.ts'
import { openSession, type Session } from './session.ts'

export interface TestDeps {
  clock: Clock
  /** A fresh holder at each call; wiped here. Null: the login has no secret. */
  openCredential(connection: SqlConnection): Promise<SecretBytes | null>
  limits?: Limits
}

export interface TestResult extends ConnectionTest {
  certificate: CertificateFacts | null
  /** Server minus this computer, in whole seconds; null when it was not read. */
  clockDifferenceSeconds: number | null
}

/**
 * What stands between here and a working connection, one check after the other; each says what was read. The first
 * failure leaves the later ones `not-reached`; the certificate is shown in any case, trusted or not. Changes nothing on
 * the server. Never throws for what the server does.
 */
export const testOf =
  (deps: TestDeps) =>
  async (connection: SqlConnection): Promise<TestResult> => {
    const test = new ConnectionTrial(connection, deps)
    await test.run()
    return test.result()
  }

type CheckAnswer = readonly [ConnectionCheck['state'], string]

const refusals: ReadonlySet<string> = new Set(['sql-not-simulated', 'sql-refused', 'sql-permission'])

class ConnectionTrial {
  readonly #connection: SqlConnection
  readonly #deps: TestDeps
  readonly #limits: Limits
  readonly #checks: ConnectionCheck[] = []
  #certificate: CertificateFacts | null = null
  #problem: Problem | null = null
  #clockDifference: number | null = null

  constructor(connection: SqlConnection, deps: TestDeps) {
    this.#connection = connection
    this.#deps = deps
    this.#limits = deps.limits ?? defaultLimits
  }

  result(): TestResult {
    return {
      checks: this.#checks,
      certificate: this.#certificate,
      problem: this.#problem,
      clockDifferenceSeconds: this.#clockDifference,
    }
  }

  async run(): Promise<void> {
    let session: Session | null = null
    await this.#check('Name', () => this.#name())
    await this.#check('Port', () => this.#port())
    await this.#check('Encryption', () => this.#encryption())
    await this.#check('Login', async () => {
      const open = () => this.#deps.openCredential(this.#connection)
      session = await openSession(this.#connection, open, 'Keyturn connection test', this.#limits)
      return ['ok', `${session.principal} on ${session.identity.serverName}`]
    })
    try {
      await this.#facts(session)
    } finally {
      await (session as Session | null)?.close()
    }
  }

  async #facts(session: Session | null): Promise<void> {
    const reached = (): Session => {
      if (session === null) throw new KeyturnError('internal')
      return session
    }
    await this.#fact('Version', async () => ['ok', await readVersion(reached())])
    await this.#fact('Clock', async () => {
      this.#clockDifference = await readClock(reached(), this.#deps.clock)
      return this.#clockDifference === null
        ? ['unknown', notVisible]
        : ['ok', inSeconds(this.#clockDifference)]
    })
    for (const right of rights) await this.#fact(right.name, () => right.read(reached()))
  }

  /** A question that this server refuses is an answer too; the connection is there. */
  #fact(name: string, work: () => Promise<CheckAnswer>): Promise<void> {
    return this.#check(name, async () => {
      try {
        return await work()
      } catch (error) {
        const { code, title } = problemOf(error)
        if (refusals.has(code)) return ['unknown', title]
        throw error
      }
    })
  }

  async #check(name: string, work: () => Promise<CheckAnswer>): Promise<void> {
    const at = this.#deps.clock.now().toISOString()
    if (this.#problem !== null) {
      this.#checks.push({ name, state: 'not-reached', detail: 'A check before this one failed', at })
      return
    }
    try {
      const [state, detail] = await work()
      this.#checks.push({ name, state, detail, at })
    } catch (error) {
      this.#problem = problemOf(error)
      this.#checks.push({ name, state: 'failed', detail: this.#problem.title, at })
    }
  }

  async #name(): Promise<readonly ['ok', string]> {
    const { host } = this.#connection
    if (isIP(host) !== 0) return ['ok', `${host} is an address`]
    const found = await lookup(host, { all: true }).catch((error: unknown) => {
      throw this.#unreachable(error)
    })
    return ['ok', `${host} is ${found.map(({ address }) => address).join(', ')}`]
  }

  async #port(): Promise<readonly ['ok' | 'unknown', string]> {
    const { host, port, instanceName } = this.#connection
    if (port === null) {
      return ['unknown', `The port of ${instanceName ?? ''} is asked for by the next check (UDP 1434)`]
    }
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host, port, timeout: this.#limits.connectTimeoutMs })
      const end = (error: unknown): void => {
        socket.destroy()
        if (error === null) resolve()
        else reject(this.#unreachable(error))
      }
      socket.once('connect', () => end(null))
      socket.once('timeout', () => end(new Error('no answer')))
      socket.once('error', end)
    })
    return ['ok', `TCP ${port} is open`]
  }

  /** Trust is decided where it counts, at the login; this only shows what is there. */
  async #encryption(): Promise<readonly ['ok' | 'unknown', string]> {
    const { encryption } = this.#connection
    if (encryption.mode === 'off')
      return ['unknown', 'Off, as accepted in words: everything crosses the network readable']
    this.#certificate = await probeCertificate(this.#connection, this.#limits)
    const { subject, issuer, notAfter, sha256, trusted, reason } = this.#certificate
    const judged = trusted ? 'trusted' : `not trusted by its chain: ${reason}`
    const until = notAfter.slice(0, 10)
    return [
      trusted ? 'ok' : 'unknown',
      `${subject}, issued by ${issuer}, until ${until}, SHA-256 ${sha256}; ${judged}`,
    ]
  }

  #unreachable(error: unknown): KeyturnError {
    const { name: target, address: host } = peerOf(this.#connection)
    const number = error instanceof Error && 'code' in error ? String(error.code) : 'ETIMEDOUT'
    return new KeyturnError('sql-unreachable', { target, host }, { vendor: { system: 'os', number } })
  }
}

const inSeconds = (difference: number): string => {
  if (difference === 0) return 'The same as here, to the second'
  return `${Math.abs(difference)} s ${difference > 0 ? 'ahead of' : 'behind'} this computer`
}
