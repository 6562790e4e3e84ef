/** Escrow export with backups of keys that a vault gives in the run. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import type { VaultKey } from '../../../electron/ports/key-vault.ts'
import { readManifest } from '../../../electron/escrow/package/manifest.ts'
import { packageIdOf } from '../../../electron/escrow/package-id.ts'
import { notChecked } from '../../../electron/wizards/escrow-export/not-checked.ts'
import { azureTarget, emptyVault, fakeKey, goodVault, subscriptionId } from '../../support/azure-fake.ts'
import { useExportStage } from './escrow-export-stage.ts'
import { refusal } from './walk.ts'

const stage = useExportStage()
const vaultHost = 'ktr-there.vault.azure.net'
const folderName = (): string => packageFolderName(packageIdOf(stage.run))
const inFolder = (): string[] => readdirSync(stage.folder('p-one'))

describe('a key of a vault', () => {
  const versions = ['1', '2'].map((digit) => digit.repeat(32))
  const keyOf = (version = versions[0] ?? ''): VaultKey =>
    fakeKey({ name: 'KTR-TDE', id: `https://${vaultHost}/keys/KTR-TDE/${version}`, version })
  const withKeys: Answers = {
    azure: azureTarget.id,
    vault: vaultHost,
    vaultKeys: ['KTR-TDE', 'KTR-TDE-2'],
    certificates: [],
    keptPasswords: [],
    secondPlaceKind: 'none',
  }
  beforeEach(() => {
    const { azure } = stage.storage
    azure.vaults.set('ktr-there', goodVault())
    const held = emptyVault()
    held.keys.set('ktr-tde', versions.map(keyOf))
    held.keys.set('ktr-tde-2', [{ ...keyOf(), name: 'KTR-TDE-2' }])
    azure.keys.set(vaultHost, held)
  })
  const review = async (changes: Answers = withKeys) => (await stage.planned(changes)).advice
  const blockers = async (changes: Answers = withKeys): Promise<string[]> =>
    (await review(changes)).blockers.map(({ what, measured }) => `${what}: ${measured}`)

  it('goes into the package as the vault gave it, with versions, vault and where it opens', async () => {
    const plan = await stage.ready(withKeys)
    const [write] = plan.steps
    expect(write?.permission).toContain('Microsoft.KeyVault/vaults/keys/backup/action')
    expect(JSON.stringify(write?.scripts)).toContain('/backup')
    const outcomes = await stage.walk(plan)
    expect(stage.storage.azure.changes).toEqual(['backup of KTR-TDE', 'backup of KTR-TDE-2'])
    const folder = `${stage.folder('p-one')}/${folderName()}`
    expect(inFolder()).toEqual([folderName()])
    const { items } = readManifest(readFileSync(`${folder}/MANIFEST.json`))
    expect(items[0]).toMatchObject({
      kind: 'vault-key-backup',
      name: `Vault key KTR-TDE of ktr-there, 2 versions, newest ${versions[1] ?? ''}`,
      from: { target: 'ktr-subscription, ktr-there', identity: `${vaultHost}, westeurope` },
      azureKids: versions.map((version) => `https://${vaultHost}/keys/KTR-TDE/${version}`),
      purpose: `restores the key into a vault of subscription ${subscriptionId} and geography Europe; gives no clear key and opens nowhere else`,
    })
    expect(outcomes.at(-1)?.proofs.map(({ key, kind, level }) => [key, kind, level])).toEqual([
      ['Vault key KTR-TDE', 'vault-key', 'seen'],
      ['Vault key KTR-TDE-2', 'vault-key', 'seen'],
    ])
    expect(stage.earlier.map(({ value }) => value)).toContain(versions.join(', '))
    expect(notChecked(plan).join()).toContain(
      'Whether a vault restores the backups of its keys was not tried',
    )
  })

  it('is told on the review: where it opens, its versions, and that it is no clear key', async () => {
    const { notes, warnings, blockers: none } = await review()
    expect(none).toEqual([])
    const values = notes.map(({ statement, value }) => `${statement}: ${value}`)
    expect(values).toContain(`Versions of key KTR-TDE, oldest first: ${versions.join(', ')}`)
    expect(values).toContain(
      `Where backups of its keys open: a vault of subscription ${subscriptionId} and geography Europe`,
    )
    expect(warnings.map(({ what }) => what)).toContain('Backups of keys of a vault are no clear keys')
  })

  it('that was rotated since the review is not sealed, and nothing is written', async () => {
    const plan = await stage.ready(withKeys)
    stage.storage.azure.keys
      .get(vaultHost)
      ?.keys.get('ktr-tde')
      ?.push(keyOf('3'.repeat(32)))
    expect(await refusal(stage.walk(plan))).toContain('export-vault-key-other')
    expect(inFolder()).toEqual([])
  })

  it('that is rotated while its backup is taken is not sealed either', async () => {
    const plan = await stage.ready(withKeys)
    stage.storage.azure.after = (change) => {
      if (change !== 'backup of KTR-TDE') return
      stage.storage.azure.keys
        .get(vaultHost)
        ?.keys.get('ktr-tde')
        ?.push(keyOf('3'.repeat(32)))
    }
    expect(await refusal(stage.walk(plan))).toContain('export-vault-key-other')
    expect(inFolder()).toEqual([])
  })

  it('whose vault refuses the backup, or gives none or too much, ends the run with nothing written', async () => {
    const plan = await stage.ready(withKeys)
    const { ports } = stage.storage.azure
    const gives = (bytes: number): void => {
      stage.storage.azure.ports = {
        ...ports,
        vaults: {
          ...ports.vaults,
          at: async (...given) => ({
            ...(await ports.vaults.at(...given)),
            backUpKey: async () => {
              if (bytes < 0) throw new KeyturnError('vault-no-permission', {})
              return randomBytes(bytes)
            },
          }),
        },
      }
    }
    for (const [bytes, code] of [
      [-1, 'vault-no-permission'],
      [0, 'step-not-verified'],
      [1024 * 1024 + 1, 'export-backup-too-large'],
    ] as const) {
      gives(bytes)
      expect(await refusal(stage.walk(plan))).toContain(code)
      expect(inFolder()).toEqual([])
    }
  })

  it('blocks where it is not there, has too many versions, or may not be backed up', async () => {
    expect(await blockers({ ...withKeys, vaultKeys: ['GONE'] })).toEqual([
      'Key GONE is not in ktr-there: Not there, or deleted',
    ])
    expect(await blockers({ ...withKeys, vault: 'ktr-other.vault.azure.net' })).toEqual([
      expect.stringMatching(/^The vault ktr-other.vault.azure.net is not visible/),
    ])
    const { azure } = stage.storage
    azure.vaults.set(
      'ktr-there',
      goodVault({
        rights: 'access-policies',
        accessPolicies: [{ tenantId: 't', objectId: '33333333-3333-4333-8333-333333333333', keys: ['get'] }],
      }),
    )
    expect(await blockers()).toEqual([expect.stringMatching(/may not take backups.*access policy holds get/)])
    azure.vaults.set('ktr-there', goodVault())
    azure.permissions = [
      {
        actions: ['*'],
        notActions: [],
        dataActions: ['Microsoft.KeyVault/vaults/keys/read'],
        notDataActions: [],
      },
    ]
    expect(await blockers()).toEqual([expect.stringMatching(/may not take backups.*keys\/backup\/action/)])
    azure.permissions = [{ actions: ['*'], notActions: [], dataActions: ['*'], notDataActions: [] }]
    azure.keys.get(vaultHost)?.keys.set(
      'ktr-tde',
      Array.from({ length: 200 }, (_, at) => keyOf(String(at).padStart(32, '0'))),
    )
    expect(await blockers()).toEqual([expect.stringMatching(/^Key KTR-TDE has too many versions/)])
  })
})
