import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { KeyVault, VaultKey } from '../../../ports/key-vault.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { blocked, foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { keyAt } from '../words.ts'
import { line, markOf, withVault } from './help.ts'

/**
 * The version that a step is about: the planned one, or the one that this run made, found by its mark. Throws
 * `step-not-verified` where it is not there, or no longer the present one: a backup or a proof of another version
 * would be about another key.
 */
export const keyOfRun = async (
  ctx: StepContext,
  vault: KeyVault,
  params: { host: string; key: string; version: string | null },
): Promise<VaultKey> => {
  const version = params.version ?? (await vault.marked(params.key, markOf(ctx)))?.version ?? null
  const present = await vault.key(params.key)
  if (version === null || present === null)
    throw notVerified(ctx, `there is no ${keyAt(params.host, params.key)}`)
  if (present.version !== version) {
    throw notVerified(
      ctx,
      `the present version of ${params.key} is ${present.version}; this run is about ${version}`,
    )
  }
  return present
}

/**
 * Resume: marked, by the tag `keyturn-run`: a version that carries it is never made a second time. A key of that name
 * without the mark is another's, and stays as it is.
 */
export const createVaultKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('create-vault-key', ctx.step.params)
    return withVault(ctx, params.host, async (vault) => {
      const versions = await vault.versions(params.key)
      if (versions.length === 0) {
        const deleted = await vault.deletedKey(params.key)
        return deleted === null
          ? needed({ versions: 0 })
          : blocked('vault-key-deleted', { key: params.key, target: params.host })
      }
      return hasIntent(ctx) && versions.every(({ mark }) => mark === markOf(ctx))
        ? satisfied(ctx.before)
        : foreign('azure-foreign', { what: `Key ${params.key} of ${params.host}` })
    })
  },
  apply: async (ctx) => {
    const { host, key, type, bits, expires } = readParams('create-vault-key', ctx.step.params)
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
    const params = readParams('create-vault-key', ctx.step.params)
    return withVault(ctx, params.host, async (vault) => {
      const key = await keyOfRun(ctx, vault, { ...params, version: null })
      const versions = await vault.versions(params.key)
      if (versions.length !== 1) {
        throw notVerified(ctx, `${params.key} has ${versions.length} versions; this run makes one`)
      }
      const wrong = differences(params, key)
      if (wrong !== null) throw notVerified(ctx, wrong)
      const say = (statement: string, value: string, data?: Record<string, string | number>) =>
        line(ctx, keyAt(params.host, params.key), statement, value, data)
      return {
        evidence: [
          say('Key made; its only version', key.version, {
            vaultKey: params.key,
            vaultHost: params.host,
            keyVersion: key.version,
            bits: params.bits,
          }),
          say('Type and size', `${key.type}, ${key.bits ?? 'not said'} bits`),
          say('Kept in', hardwareText(key)),
          say(
            'A deleted key can be taken back for',
            `${key.recoverableDays ?? 'not said'} days (${key.recoveryLevel ?? 'not said'})`,
          ),
          say('Can be escrowed', 'no: it was made in the vault, and its private part never leaves Azure'),
        ],
        proofs: [],
      }
    })
  },
  undo: async (ctx) => {
    const params = readParams('create-vault-key', ctx.step.params)
    return withVault(ctx, params.host, async (vault) => {
      const versions = await vault.versions(params.key)
      if (versions.some(({ mark }) => mark !== markOf(ctx))) {
        throw new KeyturnError('undo-refused', {
          what: `Key ${params.key}`,
          user: 'a version that another run or person made',
        })
      }
      const deleted = await vault.deleteKey(params.key)
      return [
        line(
          ctx,
          keyAt(params.host, params.key),
          'Key deleted; it can be taken back, and its name is taken, until',
          deleted.purgeAt === null ? 'not said' : `${deleted.purgeAt.slice(0, 10)} (UTC)`,
        ),
      ]
    })
  },
}

/** What of a planned key is not as planned; null: nothing. */
export const differences = (
  params: Pick<ParamsOf<'create-vault-key'>, 'type' | 'bits' | 'expires'>,
  key: VaultKey,
): string | null => {
  if (key.type !== params.type) return `its type is ${key.type}`
  if (key.bits !== params.bits) return `its size is ${key.bits ?? 'not said'} bits`
  if (!key.enabled) return 'it is disabled'
  const wanted = params.expires === null ? null : Date.parse(params.expires)
  const shown = key.expires === null ? null : Date.parse(key.expires)
  return wanted === shown ? null : `its expiry is ${key.expires ?? 'none'}`
}

export const hardwareText = ({ type, hsmPlatform }: VaultKey): string => {
  if (type === 'RSA') return 'software'
  return hsmPlatform === null ? 'hardware' : `hardware (platform ${hsmPlatform})`
}
