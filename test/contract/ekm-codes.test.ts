import { afterEach, describe, expect, it } from 'vitest'
import type { AzureOrder } from '../../sandbox/azure/orders.ts'
import { NEWEST, OLD, credential, openKey, providerCode } from '../unit/sandbox/engine/ekm-support.ts'
import { VAULT, startEkmStage, type EkmStage } from './ekm-stage.ts'

/**
 * Each group of the connector's codes that trouble in Azure causes, through connectors of both generations. What no trouble
 * of Azure causes is seen elsewhere: names (2049), secrets (2050), registry (2053, 2058) and answers that can't be read
 * (3119, 3200, 3304, 3307, 3400, 3603, 3706) in the tests of the engine. Not simulated: memory (2051, 3002, 3100), response
 * headers (3014 to 3018, 3114 to 3118), and authentication with a certificate (38xx).
 */
let stage: EkmStage
afterEach(() => stage.end())

const KEY = 'ktr-codes'
const HOST = `${VAULT}.vault.azure.net`
const LOGIN = 'login.microsoftonline.com'
const always = { times: null }
const fail = (host: string, status: number): AzureOrder => ({
  do: 'fault',
  fault: { kind: 'fail', host, status, ...always },
})
const drop = (host: string): AzureOrder => ({ do: 'fault', fault: { kind: 'drop', host, ...always } })
const throttle = (host: string): AzureOrder => ({
  do: 'fault',
  fault: { kind: 'throttle', host, retryAfter: null, ...always },
})
const mend: AzureOrder = { do: 'clearFaults' }
const role = { principal: 'ktr-ekm-sql01', role: 'Key Vault Crypto Service Encryption User' }

/** Trouble, the codes of 1.0.4.0 and of today, and what mends it. */
type Trouble = [what: string, AzureOrder, old: number, today: number, AzureOrder]

/** With a token: the session with the vault is there. */
const ofKeys: Trouble[] = [
  // Only for the key: whoever asks without a token is still told where to get one.
  [
    'the token is refused',
    { do: 'fault', fault: { kind: 'fail', host: HOST, path: `/${KEY}/`, status: 401, ...always } },
    3010,
    3108,
    mend,
  ],
  ['throttled', throttle(HOST), 3011, 3109, mend],
  ['a bad request', fail(HOST, 400), 3012, 3110, mend],
  ['the vault fails', fail(HOST, 500), 3013, 3111, mend],
  [
    'the key is deleted',
    { do: 'deleteKey', vault: VAULT, key: KEY },
    3076,
    3112,
    { do: 'deleteKey', vault: VAULT, key: KEY, purge: true },
  ],
  ['the role is gone', { do: 'revokeRole', ...role }, 3077, 3113, mend],
  ['the connection drops', drop(HOST), 3009, 3107, mend],
]

/** Without a token: each begins with a restart of the service. */
const ofSessions: Trouble[] = [
  ['nobody says where a token is to be had', fail(HOST, 401), 3200, 3200, mend],
  ['Entra fails', fail(LOGIN, 503), 3013, 3111, mend],
  ['Entra throttles', throttle(LOGIN), 3011, 3109, mend],
  ['no way to Entra', drop(LOGIN), 3009, 3107, mend],
  ['no way to the vault', drop(HOST), 3009, 3107, mend],
  [
    'the application is disabled',
    { do: 'enablePrincipal', principal: 'ktr-ekm-sql01', enabled: false },
    3303,
    3303,
    { do: 'enablePrincipal', principal: 'ktr-ekm-sql01', enabled: true },
  ],
  ['the secret has expired', { do: 'expireSecret', application: 'ktr-ekm-sql01' }, 3303, 3303, mend],
  ['the vault is lost', { do: 'loseVault', vault: VAULT }, 3900, 3900, mend],
]

describe.each([
  ['1.0.4.0', OLD, 2],
  ['today', NEWEST, 3],
] as const)('through connector %s', (_, version, column) => {
  it('each trouble has its code, and the event log has it too', async () => {
    stage = await startEkmStage(version)
    const { server } = stage
    await stage.keys(VAULT).createRsaKey(KEY, { keySize: 2048 })
    await server.client.ok(
      `${credential('setup', VAULT, stage.secret())}; ALTER LOGIN sa ADD CREDENTIAL setup; ${openKey('k', KEY)}; DROP ASYMMETRIC KEY k`,
    )
    const codes: number[] = []
    for (const [stageOf, troubles] of [
      ['33049', ofKeys],
      ['33028', ofSessions],
    ] as const)
      for (const trouble of troubles) {
        const [what, begin, , , end] = trouble
        if (troubles === ofSessions) await server.restart()
        await stage.order(begin)
        expect(await providerCode(server.client, openKey('k', KEY)), what).toBe(
          `${stageOf}/${trouble[column]}`,
        )
        codes.push(trouble[column])
        await stage.order(end)
      }
    const events = await stage.ask({
      call: 'read-events',
      source: 'connector',
      service: 'MSSQLSERVER',
      since: '2000-01-01T00:00:00Z',
      most: 50,
    })
    expect(events.map(({ id }) => id).toReversed()).toEqual(codes)
    for (const { message } of events) expect(message).toMatch(/(GET|POST) https:\/\//)
    expect(JSON.stringify(events)).not.toContain(stage.secret().slice(32))
  })
})
