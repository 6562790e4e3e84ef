import { join } from 'node:path'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asPlaceId } from '../../../../shared/model/ids.ts'
import type { CheckResult, StepContext, StepHandler } from '../../../engine/contract.ts'
import { readFileCapped } from '../../../platform/read-file.ts'
import type { VaultKey } from '../../../ports/key-vault.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { line, withVault } from '../../azure/steps/help.ts'
import { keyAt, sameId } from '../../azure/words.ts'
import { blocked, foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { sha256Of } from '../../sqlserver/steps/local-files.ts'
import { mostBackupBytes } from '../read-files.ts'

type Params = ParamsOf<'restore-vault-key'>

const fileOfPlan = async (ctx: StepContext, { place, file, sha256 }: Params): Promise<Buffer> => {
  const bytes = await readFileCapped(join(ctx.places.folderOf(asPlaceId(place)), file), mostBackupBytes)
  if (sha256Of(bytes) !== sha256) throw new KeyturnError('file-changed', { file })
  return bytes
}

const foundUnder = 'Key under the name that was free before'
const notCompared =
  'not compared: no vault that it was taken from is known, and somebody else may have made it meanwhile'

/**
 * Resume: named. The name is free before the run records that it begins, and a vault restores over nothing: a key that
 * is there afterwards came from this run's request, or from somebody else's in between. Its versions are compared with
 * those that the plan knows; where it knows none, the evidence says no more than that the key is there.
 */
export const restoreVaultKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('restore-vault-key', ctx.step.params)
    const found = await withVault(ctx, params.host, async (vault): Promise<CheckResult> => {
      const versions = await vault.versions(params.key)
      if (versions.length > 0) {
        return hasIntent(ctx) ? satisfied(ctx.before) : foreign('vault-key-exists', { target: params.host })
      }
      const deleted = await vault.deletedKey(params.key)
      return deleted === null
        ? needed({ versions: 0 })
        : blocked('vault-key-deleted', { key: params.key, target: params.host })
    })
    // After the intent an undo asks too, and needs no file; `apply` reads it again.
    if (found.state === 'needed' && !hasIntent(ctx)) await fileOfPlan(ctx, params)
    return found
  },
  apply: async (ctx) => {
    const params = readParams('restore-vault-key', ctx.step.params)
    const blob = await fileOfPlan(ctx, params)
    const restored = await withVault(ctx, params.host, (vault) => vault.restoreKey(blob))
    if (!sameId(restored.name, params.key)) {
      throw notVerified(ctx, `the backup is of key ${restored.name}, which is in ${params.host} now`)
    }
  },
  verify: async (ctx) => {
    const params = readParams('restore-vault-key', ctx.step.params)
    const { host, key: name, from } = params
    const { key, versions } = await read(ctx, host, name)
    if (key === null) throw notVerified(ctx, `there is no ${keyAt(host, name)}`)
    const say = (statement: string, value: string, data?: Record<string, string | number>) =>
      line(ctx, keyAt(host, name), statement, value, data)
    return {
      evidence: [
        say(`${from === null ? foundUnder : 'Key restored'}; its newest version`, key.version, {
          vaultKey: name,
          vaultHost: host,
          keyVersion: key.version,
          file: params.file,
          sha256: params.sha256,
        }),
        say(from === null ? 'Its versions' : 'Versions that came back', String(versions.length), {
          versions: versions.length,
        }),
        say(
          'Compared with the vault that it was taken from',
          from === null ? notCompared : await compared(ctx, params, key, versions),
        ),
      ],
      proofs: [],
    }
  },
}

const read = (ctx: StepContext, host: string, name: string) =>
  withVault(ctx, host, async (vault) => ({
    key: await vault.key(name),
    versions: (await vault.versions(name)).flatMap(({ version }) => version ?? []),
  }))

/** A backup is as old as it is: versions that were made since are named. One that the other vault never had is wrong. */
const compared = async (
  ctx: StepContext,
  { key: name, from }: Params,
  key: VaultKey,
  versions: readonly string[],
): Promise<string> => {
  const host = from?.host ?? ''
  const strange = versions.filter((version) => from?.versions.includes(version) !== true)
  if (strange.length > 0) throw notVerified(ctx, `${host} has no version ${strange.join(', ')} of ${name}`)
  const twin = await withVault(ctx, host, (vault) => vault.key(name, key.version))
  const same = (one: VaultKey['publicKey'], other: VaultKey['publicKey']): boolean =>
    one !== null && other !== null && Buffer.from(one.modulus).equals(other.modulus)
  if (twin === null || !same(key.publicKey, twin.publicKey)) {
    throw notVerified(ctx, `the public key of version ${key.version} is not that in ${host}`)
  }
  const later = from?.versions.filter((version) => !versions.includes(version)) ?? []
  return later.length === 0
    ? `the same ${versions.length} versions as in ${host}, the newest with the same public key`
    : `made before version ${later.join(', ')} of ${host}, which the backup does not have; the rest is the same`
}
