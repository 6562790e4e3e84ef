/** A process of its own, with all debug output on: logs in, sends secrets, fails in several ways, and prints its errors. */
import { inspect } from 'node:util'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { openSession } from '../../electron/targets/sqlserver/session.ts'
import { makeServerCertificate } from '../../sandbox/sqlserver/tds/certificate.ts'
import { startTdsServer } from '../../sandbox/sqlserver/tds/server.ts'
import { ContractEngine, toyPassword } from '../contract/sqlserver-port-toy.ts'
import { clearConnection, shortWaits } from './hostile-sqlserver-peer.ts'

const certificate = makeServerCertificate(['127.0.0.1'])
const server = await startTdsServer(new ContractEngine(), { ...certificate, encryption: 'required' })
const connection = {
  ...clearConnection(server.port),
  encryption: { mode: 'mandatory', trust: { kind: 'ca', pem: certificate.ca } },
} as const

const told = async (work: Promise<unknown>): Promise<void> => {
  const outcome = await work.catch((error: unknown) => error)
  console.log(inspect(outcome, { depth: 20, showHidden: true }), JSON.stringify(outcome))
}
const sessionFor = (password: string) =>
  openSession(connection, async () => SecretBytes.fromText(password), 'Keyturn canary', shortWaits)

await told(sessionFor('login-canary-of-a-refused-login'))
const session = await sessionFor(toyPassword)
const secrets = new Map([['word', SecretBytes.fromText('hole-canary-of-a-statement')]])
const hole = { hole: 'word', purpose: null } as const
await told(session.execute({ language: 'tsql', parts: ["WRONG N'", hole, "';"] }, { secrets }))
await told(
  session.execute({ language: 'tsql', parts: ["WAITFOR DELAY N'", hole, "';"] }, { secrets, timeoutMs: 20 }),
)
const lost = told(session.execute({ language: 'tsql', parts: ["WAITFOR DELAY N'", hole, "';"] }, { secrets }))
for (const open of server.connections()) open.destroy()
await lost
await told(Promise.resolve(session))
await session.close()
await server.close()
console.log('canary run ended')
