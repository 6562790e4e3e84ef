/** A key of one's own in a vault: from a .pfx that OpenSSL made, by the real client, into simulated Azure. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { runbookAz } from '../../../electron/scripts/runbook/az.ts'
import { WITHOUT_DELAYS } from '../../../sandbox/azure/settings.ts'
import { startAzure, type AzureSandbox } from '../../../sandbox/azure/start.ts'
import { azureRefOfTests, azureStage, clientSecret, type AzureStage } from '../../contract/azure-program.ts'
import { Killed, newVaultAnswers, vaultStage, type StageOptions, type VaultStage } from './vault-stage.ts'
import { refusal } from './walk.ts'

const password = 'Owls-count-7-keys!'
let folder: string
let simulator: AzureSandbox
let side: AzureStage
let runs = 0
const stages: VaultStage[] = []

const openssl = (...parameters: string[]): Buffer =>
  execFileSync('openssl', parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })

const makePfx = (name: string, bits: number): void => {
  const [key, certificate] = [`${name}.key`, `${name}.crt`]
  openssl(
    'req',
    '-x509',
    '-newkey',
    `rsa:${bits}`,
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-days',
    '9',
    '-keyout',
    key,
    '-out',
    certificate,
  )
  openssl(
    'pkcs12',
    '-export',
    '-inkey',
    key,
    '-in',
    certificate,
    '-passout',
    `pass:${password}`,
    '-out',
    `${name}.pfx`,
  )
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kt-vault-import-'))
  makePfx('mine', 2048)
  makePfx('small', 1024)
  simulator = await startAzure({ folder: join(folder, 'azure'), settings: WITHOUT_DELAYS })
  const operator = simulator.facts().applications.find(({ name }) => name === 'ktr-operator')
  side = azureStage({
    facts: simulator.facts(),
    signIn: clientSecret(operator?.clientId ?? ''),
    secret: operator?.secret ?? '',
    host: 'ktr-vault-weu.vault.azure.net',
  })
})
afterEach(() => {
  for (const stage of stages.splice(0)) stage.end()
})
afterAll(async () => {
  side.azure.closeAll()
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
})

const openStage = (changes: StageOptions = {}): VaultStage => {
  runs += 1
  const { controls, directories, vaults, storage } = side.azure
  const stage = vaultStage({
    ports: { controls, directories, vaults, storage },
    run: asRunId(`m${String(runs).padStart(7, 'a')}wxyz`),
    pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
    plannedAt: new Date(),
    filePassword: password,
    ...changes,
  })
  for (const name of ['mine', 'small'])
    writeFileSync(join(stage.folder, `${name}.pfx`), readFileSync(join(folder, `${name}.pfx`)))
  stages.push(stage)
  return stage
}

const answers = (keyName: string, changes: Answers = {}): Answers =>
  newVaultAnswers({
    azure: azureRefOfTests.id,
    service: 'vault',
    vault: 'ktr-vault-weu',
    rights: 'as-is',
    network: 'as-is',
    log: 'none',
    keyMode: 'import',
    keyName,
    importFolder: 'p-mine',
    importFile: 'mine.pfx',
    importPassword: 'h-filepassword',
    ...changes,
  })

describe('a key from a file', () => {
  it('is in the vault with the public half that OpenSSL shows, was backed up, and wraps for the application', async () => {
    const stage = openStage()
    const plan = await stage.ready(answers('IMPORTED-1'))
    const [step] = plan.steps.filter(({ kind }) => kind === 'import-vault-key')
    expect(displayScript(step?.scripts[0] ?? { language: 'rest', parts: [] })).toContain(
      '"d": "«private_key_d»"',
    )
    const outcomes = await stage.run(plan)
    const vault = await side.azure.vaults.at(azureRefOfTests, 'ktr-vault-weu.vault.azure.net')
    const key = await vault.key('IMPORTED-1')
    await vault.close()
    const modulus = openssl('rsa', '-in', 'mine.key', '-noout', '-modulus').toString().trim().split('=')[1]
    expect(
      Buffer.from(key?.publicKey?.modulus ?? [])
        .toString('hex')
        .toUpperCase(),
    ).toBe(modulus)
    expect(key).toMatchObject({ type: 'RSA-HSM', bits: 2048 })
    expect(outcomes.flatMap(({ proofs }) => proofs).map(({ level, location }) => [level, location])).toEqual([
      ['opened', '/home/j/keys: mine.pfx'],
      ['seen', expect.stringContaining('IMPORTED-1')],
      ['opened', expect.stringContaining('ktr-vault-weu')],
    ])
  })

  it('killed after the vault took it: not sent a second time', async () => {
    const stage = openStage()
    const plan = await stage.ready(answers('IMPORTED-2'))
    const step = plan.steps.find(({ kind }) => kind === 'import-vault-key')
    if (step === undefined) throw new Error('no import')
    const handler = stage.handler(step)
    const { apply } = handler
    Object.assign(handler, {
      apply: async (...given: Parameters<typeof apply>) => {
        await apply(...given)
        throw new Killed()
      },
    })
    try {
      await expect(stage.run(plan)).rejects.toThrow(Killed)
    } finally {
      Object.assign(handler, { apply })
    }
    await stage.run(plan)
    const { entries = [] } = await simulator.order({ do: 'audit', vault: 'ktr-vault-weu', key: 'IMPORTED-2' })
    expect(entries.filter(({ operation }) => operation === 'KeyImport')).toHaveLength(1)
    rmSync(join(stage.folder, 'mine.pfx'))
    expect((await stage.check(step, { versions: 0 })).state).toBe('satisfied')
  })

  it.each([
    ['of 1,024 bits', { importFile: 'small.pfx' }, {}, 'file-key-size'],
    ['under another password', {}, { filePassword: 'Another-one-7!' }, 'file-wrong-password'],
  ] as const)('%s: refused before anything is sent', async (_, changed, options, code) => {
    const stage = openStage(options)
    const name = `REFUSED-${runs}`
    const plan = await stage.ready(answers(name, changed))
    expect(await refusal(stage.run(plan))).toMatch(new RegExp(`^${code}:`))
    const { entries = [] } = await simulator.order({ do: 'audit', vault: 'ktr-vault-weu', key: name })
    expect(entries.filter(({ operation }) => operation === 'KeyImport')).toEqual([])
  })

  it('that was written again since the review is refused', async () => {
    const stage = openStage()
    const plan = await stage.ready(answers('CHANGED-1'))
    writeFileSync(join(stage.folder, 'mine.pfx'), readFileSync(join(folder, 'small.pfx')))
    expect(await refusal(stage.run(plan))).toMatch(/^file-changed:/)
  })

  it('that is not in the folder, or is no .pfx, blocks the review and is named', async () => {
    const stage = openStage()
    writeFileSync(join(stage.folder, 'text.pfx'), 'no key')
    for (const importFile of ['gone.pfx', 'text.pfx']) {
      const { advice } = await stage.review(answers('NONE-1', { importFile }))
      expect(advice.blockers.map(({ what }) => what)).toEqual([
        `${importFile} is no .pfx with a certificate and its key`,
      ])
    }
  })

  it('a runbook opens the file with OpenSSL and imports it; no password and no key is in it', async () => {
    const plan = await openStage().ready(answers('IMPORTED-3'))
    const text = runbookAz(plan, 'digest')
    expect(text).toContain("openssl pkcs12 -in 'mine.pfx' -nocerts -nodes")
    expect(text).toContain("az keyvault key import --vault-name 'ktr-vault-weu' --name 'IMPORTED-3'")
    expect(text).not.toContain(password)
  })
})
