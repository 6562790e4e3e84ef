/**
 * The administrator's script of the documentation (step 5, the rotation, the clean-up), its mistakes mended, typed by
 * FreeTDS `tsql`, which knows nothing of Keyturn; a simulated server whose connector asks the simulated vault. What it
 * leaves is what documentation says that it leaves. Wizards that do the same are compared with it by `ekmEndState`.
 * Named reason for skipping: `tsql` (package freetds-bin) is not installed.
 */
import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../sandbox/sqlserver/host/config.ts'
import { reachAzure } from '../../sandbox/sqlserver/host/ekm.ts'
import { ServerHost } from '../../sandbox/sqlserver/host/server.ts'
import { VAULTS } from '../../sandbox/azure/estate-ids.ts'
import { startStage, type Stage } from '../contract/azure-sandbox.ts'
import { SqlClient } from '../contract/sandbox-process.ts'
import {
  documentedCleanUp,
  documentedRotation,
  documentedSetUp,
  ekmEndState,
  keyPlaces,
} from '../support/ekm-end-state.ts'
import { cleanUp, look, rotate, setUp, type EkmScript } from '../support/ekm-script.ts'
import { feedTsql, tsqlInstalled } from '../support/tsql.ts'

const KEY = 'ContosoRSAKey0'
const VAULT_URL = `https://${VAULTS.good}.vault.azure.net`

let folder: string
let stage: Stage
let host: ServerHost
let client: SqlClient
let script: EkmScript

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-seed-'))
  stage = await startStage()
  const { instances } = parseConfig({
    dataDir: folder,
    instances: [{ name: 'ktr-ekm-01', connector: '15.0.2000.440' }],
  })
  const [config] = instances
  if (config === undefined) throw new Error('no server')
  host = new ServerHost(config, folder, [], { reach: reachAzure(stage.azure) })
  await host.start()
  client = await SqlClient.open(host.facts())
  await stage.keys(VAULTS.good).createRsaKey(KEY, { keySize: 2048 })
  const ekm = stage.facts.applications.find(({ name }) => name === 'ktr-ekm-sql01')
  script = {
    login: 'sa',
    vault: VAULTS.good,
    secret: `${ekm?.clientId.replaceAll('-', '')}${ekm?.secret}`,
    key: KEY,
  }
})
afterAll(async () => {
  client?.close()
  await host?.stop()
  await stage?.end()
  rmSync(folder, { recursive: true, force: true })
})

const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await client.run(sql)).rows

/** Types a script and expects no message of an error; gives what was printed. */
async function type(text: string): Promise<string> {
  const printed = await feedTsql(host.facts(), folder, text)
  const errors = printed
    .split('\n')
    .filter((line) => Number(/\bMsg \d+ \(severity (\d+)/.exec(line)?.[1] ?? 0) > 10)
  expect(errors).toEqual([])
  return printed
}

async function encrypted(): Promise<void> {
  for (;;) {
    const [row] = await rows(
      "SELECT encryption_state AS s FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID('TestTDE')",
    )
    if (row?.['s'] === 3) return
  }
}

const thumbprints = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await rows('SELECT name, thumbprint FROM sys.asymmetric_keys')).map(({ name, thumbprint }) => [
      String(name),
      Buffer.from(thumbprint as Uint8Array)
        .toString('hex')
        .toUpperCase(),
    ]),
  )

const version = async (): Promise<string> =>
  (await stage.keys(VAULTS.good).getKey(KEY)).properties.version ?? ''

describe.skipIf(!tsqlInstalled())('the script in tsql (skipped without the package freetds-bin)', () => {
  it('ends in the documented state, before and after the rotation, and leaves nothing', async () => {
    const untouched = await ekmEndState(rows)
    expect(untouched).toEqual(['EKM option: {"in_use":0}'])

    await type(setUp(script))
    await encrypted()
    const first = (await thumbprints())['EKMSampleASYKey'] ?? ''
    const firstVersion = await version()
    const setUpState = await ekmEndState(rows)
    expect(setUpState).toEqual(documentedSetUp(VAULTS.good))
    // As documentation prints it: the thumbprint of the key is that of the database.
    const printed = await type(look)
    expect(printed).toContain('EKMSampleASYKey\tRSA_2048\t')
    expect(printed).toContain('ASYMMETRIC KEY\tENCRYPTED\t')
    expect(printed.toUpperCase().split(first)).toHaveLength(3)

    await stage.keys(VAULTS.good).createRsaKey(KEY, { keySize: 2048 })
    await type(rotate(script))
    await encrypted()
    const second = (await thumbprints())['EKMSampleASYKey2'] ?? ''
    expect(second).not.toBe(first)
    const rotated = await ekmEndState(rows)
    expect(rotated).toEqual(documentedRotation(VAULTS.good))
    expect(await keyPlaces(rows, VAULT_URL)).toEqual({
      EKMSampleASYKey: `${VAULT_URL}/keys/${KEY}/${firstVersion}`,
      EKMSampleASYKey2: `${VAULT_URL}/keys/${KEY}/${await version()}`,
    })
    client.close()
    await host.restart()
    client = await SqlClient.open(host.facts())
    expect(await ekmEndState(rows)).toEqual(rotated)

    await type(cleanUp)
    expect(await ekmEndState(rows)).toEqual(documentedCleanUp())
    expect(await rows("SELECT name FROM sys.databases WHERE name = 'TestTDE'")).toEqual([])
    // The registry is not cleaned by it, as documented.
    const [reply] = await host.hostCalls([
      { call: 'read-registry', key: 'SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider' },
    ])
    expect(JSON.stringify(reply)).toContain(first)
    expect(JSON.stringify(reply)).toContain(second)
  })

  it('types the mistakes of the printed form too, and each is refused', async () => {
    for (const statement of [
      'ALTER LOGIN [sa];\nADD CREDENTIAL sysadmin_ekm_cred;',
      'CREATE ASYMMETRIC KEY k FROM PROVIDER [AzureKeyVault_EKM] WITH PROVIDER_KEY_NAME = new_key, CREATION_DISPOSITION = OPEN_EXISTING;',
    ])
      expect(await feedTsql(host.facts(), folder, `${statement}\nGO`)).toMatch(/\bMsg 102 \(severity 15/)
  })
})
