import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext } from '../../../engine/contract.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import type { KeyVault } from '../../../ports/key-vault.ts'
import type { ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { azureRefOf } from '../../escrow/steps/place.ts'
import { notVerified } from '../../sqlserver/steps/help.ts'
import { largestKeyFile } from '../read-key-files.ts'
import { versionsOf } from '../vault-items.ts'

export type VaultKeyItem = Extract<ParamsOf<'write-escrow-package'>['items'][number], { kind: 'vault-key' }>

/**
 * The vault's backup of one key, taken now: sealed by the vault already, and another blob each time. The versions are
 * those of the plan before and after it, so that the package says what it holds. `export-vault-key-other`,
 * `export-backup-too-large`, those of the vault.
 */
export const takeVaultBackup = async (ctx: StepContext, item: VaultKeyItem): Promise<SecretBytes> => {
  const { signal } = ctx
  const vault = await ctx.azure.vaults.at(azureRefOf(item.azure), item.host, { signal })
  try {
    await assertVersions(vault, item, signal)
    const blob = await vault.backUpKey(item.key, { signal })
    if (blob.length === 0) throw notVerified(ctx, `${item.host} gave an empty backup of ${item.key}`)
    if (blob.length > largestKeyFile)
      throw new KeyturnError('export-backup-too-large', { key: item.key, bytes: blob.length })
    const backup = SecretBytes.take(Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength))
    try {
      await assertVersions(vault, item, signal)
      return backup
    } catch (error) {
      backup.wipe()
      throw error
    }
  } finally {
    await vault.close()
  }
}

const assertVersions = async (
  vault: KeyVault,
  { key, host, versions }: VaultKeyItem,
  signal: AbortSignal,
): Promise<void> => {
  const there = versionsOf(await vault.versions(key, { signal }))
  if ([...there].sort().join() === [...versions].sort().join()) return
  throw new KeyturnError('export-vault-key-other', {
    key,
    host,
    there: there.length,
    planned: versions.length,
  })
}
