import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { blocked, foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { keyAt } from '../words.ts'
import { line, markOf, withVault } from './help.ts'
import { differences, hardwareText, keyOfRun } from './vault-key.ts'

/**
 * A new version of a key that is there, made by a create with a tag: a rotate carries no mark. Resume: marked: a version
 * with the mark of this run is never made a second time. Where another version became the newest since the review, the
 * step leaves the key as it is. Undo: none. A version can't be deleted, and disabling one is no way back.
 */
export const createVaultKeyVersionStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('create-vault-key-version', ctx.step.params)
    return withVault(ctx, params.host, async (vault) => {
      const own = await vault.marked(params.key, markOf(ctx))
      const present = await vault.key(params.key)
      if (own !== null) {
        // The keyed mark is this run's alone; only a run that recorded its intent can have left it there.
        return hasIntent(ctx)
          ? satisfied(ctx.before)
          : foreign('azure-foreign', { what: `A version of ${params.key} with the mark of this run` })
      }
      if (present === null) return blocked('vault-key-unknown', { key: params.key, target: params.host })
      return present.version === params.present
        ? needed({ present: present.version })
        : foreign('azure-foreign', {
            what: `Version ${present.version} of ${params.key}, newer than ${params.present}`,
          })
    })
  },
  apply: async (ctx) => {
    const { host, key, type, bits, expires } = readParams('create-vault-key-version', ctx.step.params)
    await withVault(ctx, host, (vault) =>
      vault.createKey({
        name: key,
        type,
        bits: bits === 2048 ? 2048 : 3072,
        mark: markOf(ctx),
        ...(expires === null ? {} : { expires }),
      }),
    )
  },
  verify: async (ctx) => {
    const params = readParams('create-vault-key-version', ctx.step.params)
    return withVault(ctx, params.host, async (vault) => {
      const key = await keyOfRun(ctx, vault, { ...params, version: null })
      const wrong = differences(params, key)
      if (wrong !== null) throw notVerified(ctx, wrong)
      const own = (await vault.versions(params.key)).filter(({ mark }) => mark === markOf(ctx))
      if (own.length !== 1) {
        throw notVerified(ctx, `${own.length} versions of ${params.key} carry the mark of this run`)
      }
      const old = await vault.key(params.key, params.present)
      if (old === null)
        throw notVerified(ctx, `version ${params.present} of ${params.key} is not there any more`)
      const say = (statement: string, value: string, data?: Record<string, string | number>) =>
        line(ctx, keyAt(params.host, params.key), statement, value, data)
      return {
        evidence: [
          say('Version made; the newest of the key', key.version, {
            vaultKey: params.key,
            vaultHost: params.host,
            keyVersion: key.version,
            bits: params.bits,
          }),
          say('Type and size', `${key.type}, ${key.bits ?? 'not said'} bits`),
          say('Kept in', hardwareText(key)),
          say(
            'The version from before',
            `${old.version}, ${old.enabled ? 'enabled' : 'disabled'}: this run left it as it was`,
          ),
          say('Can be escrowed', 'no: it was made in the vault, and its private part never leaves Azure'),
        ],
        proofs: [],
      }
    })
  },
}
