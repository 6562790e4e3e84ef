import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { displayScript, languageOfText } from '../../../shared/model/script.ts'
import { ekmWorld, type EkmWorld } from './ekm-servers.ts'
import { vaultKeyStage, type VaultKeyStage } from './vault-key-stage.ts'

let place: EkmWorld
beforeAll(async () => {
  place = await ekmWorld()
}, 60_000)
afterAll(() => place.end())

const kinds = (steps: readonly { kind: string }[]): string[] => steps.map(({ kind }) => kind)
const scratch = [
  ...['create-scratch', 'create-database-key', 'set-encryption-on', 'watch-scan', 'compare-vault-key'],
  ...['set-encryption-off', 'watch-scan', 'drop-database-key', 'drop-scratch'],
]

describe('TDE with a key of a vault, from a server that knows nothing of one', () => {
  let stage: VaultKeyStage
  beforeAll(async () => {
    stage = await vaultKeyStage(place, 'KTR-TVK-1')
  })
  afterAll(() => stage.end())

  it('plans host, server, scratch database and databases in this order', async () => {
    const { plan, advice } = await stage.plan()
    expect(advice.blockers).toEqual([])
    expect(kinds(plan.steps)).toEqual([
      ...['run-on-host', 'run-on-host', 'restart-service', 'enable-ekm', 'create-provider'],
      ...['create-ekm-credential', 'map-credential', 'create-asymmetric-key', 'create-key-login'],
      ...['unmap-credential', 'map-credential', ...scratch],
      ...['create-database-key', 'set-encryption-on', 'watch-scan', 'compare-vault-key'],
    ])
    const texts = plan.steps.flatMap(({ scripts }) => scripts.map(displayScript))
    expect(texts.filter((text) => languageOfText(text) === 'powershell')).toHaveLength(3)
  })

  it('runs to state 3 with three places that name one key', async () => {
    const { plan } = await stage.plan()
    const walked = await stage.run(plan.steps)
    const compared = walked.at(-1)?.outcome.evidence.map(({ value }) => value)
    expect(compared?.[0]).toMatch(/^[0-9A-F]{40}$/)
    expect(compared?.[1]).toBe(compared?.[0])
    expect(compared?.[2]).toContain('https://ktr-vault-weu.vault.azure.net/keys/ktr-tde-sql01')
    const rows = await stage.server.rows(
      "SELECT name, is_encrypted FROM sys.databases WHERE name LIKE 'KT[_]scratch%' OR name = 'Sales'",
    )
    expect(rows).toMatchObject([{ name: 'Sales' }])
    expect(
      await stage.server.rows('SELECT l.name FROM sys.server_principal_credentials s JOIN sys.server_principals l ON l.principal_id = s.principal_id'),
    ).toEqual([{ name: 'KT_key_login' }])
  })
})
