import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { CheckResult, StepContext, StepHandler } from '../../../engine/contract.ts'
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
    return checkNewKey(ctx, readParams('create-vault-key', ctx.step.params))
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
      const key = await onlyVersion(ctx, vault, params)
      const wrong = differences(params, key)
      if (wrong !== null) throw notVerified(ctx, wrong)
      return {
        evidence: [
          ...newKeyEvidence(ctx, params, key, 'Key made'),
          line(
            ctx,
            keyAt(params.host, params.key),
            'Can be escrowed',
            'no: it was made in the vault, and its private part never leaves Azure',
          ),
        ],
        proofs: [],
      }
    })
  },
  undo: (ctx) => deleteNewKey(ctx, readParams('create-vault-key', ctx.step.params)),
}

interface NewKey {
  host: string
  key: string
}

/**
 * Whether the name is free, or holds what this run made: versions with its mark and no other. A deleted key with its mark
 * still takes the name, but an undo has nothing left to delete.
 */
export const checkNewKey = (ctx: StepContext, { host, key }: NewKey): Promise<CheckResult> =>
  withVault(ctx, host, async (vault) => {
    const versions = await vault.versions(key)
    if (versions.length === 0) {
      const deleted = await vault.deletedKey(key)
      if (deleted === null) return needed({ versions: 0 })
      const taken = blocked('vault-key-deleted', { key, target: host })
      return hasIntent(ctx) && deleted.mark === markOf(ctx) ? { ...taken, undone: true } : taken
    }
    return hasIntent(ctx) && versions.every(({ mark }) => mark === markOf(ctx))
      ? satisfied(ctx.before)
      : foreign('azure-foreign', { what: `Key ${key} of ${host}` })
  })

export const onlyVersion = async (ctx: StepContext, vault: KeyVault, params: NewKey): Promise<VaultKey> => {
  const key = await keyOfRun(ctx, vault, { ...params, version: null })
  const { length } = await vault.versions(params.key)
  if (length !== 1) throw notVerified(ctx, `${params.key} has ${length} versions; this run makes one`)
  return key
}

export const newKeyEvidence = (ctx: StepContext, params: NewKey, key: VaultKey, how: string): Evidence[] => {
  const say = (statement: string, value: string, data?: Record<string, string | number>): Evidence =>
    line(ctx, keyAt(params.host, params.key), statement, value, data)
  return [
    say(`${how}; its only version`, key.version, {
      vaultKey: params.key,
      vaultHost: params.host,
      keyVersion: key.version,
      ...(key.bits === null ? {} : { bits: key.bits }),
    }),
    say('Type and size', `${key.type}, ${key.bits ?? 'not said'} bits`),
    say('Kept in', hardwareText(key)),
    say(
      'A deleted key can be taken back for',
      `${key.recoverableDays ?? 'not said'} days (${key.recoveryLevel ?? 'not said'})`,
    ),
  ]
}

export const deleteNewKey = (ctx: StepContext, { host, key }: NewKey): Promise<Evidence[]> =>
  withVault(ctx, host, async (vault) => {
    const versions = await vault.versions(key)
    if (versions.some(({ mark }) => mark !== markOf(ctx))) {
      throw new KeyturnError('undo-refused', {
        what: `Key ${key}`,
        user: 'a version that another run or person made',
      })
    }
    const gone = versions.length === 0 ? await vault.deletedKey(key) : null
    const deleted = gone?.mark === markOf(ctx) ? gone : await vault.deleteKey(key)
    return [
      line(
        ctx,
        keyAt(host, key),
        'Key deleted; it can be taken back, and its name is taken, until',
        deleted.purgeAt === null ? 'not said' : `${deleted.purgeAt.slice(0, 10)} (UTC)`,
      ),
    ]
  })

/** What every new key must be, whatever way it came. */
export const newKeyDifference = (
  params: { type: string; expires: string | null },
  key: VaultKey,
): string | null => {
  if (key.type !== params.type) return `its type is ${key.type}`
  if (!key.enabled) return 'it is disabled'
  const wanted = params.expires === null ? null : Date.parse(params.expires)
  const shown = key.expires === null ? null : Date.parse(key.expires)
  return wanted === shown ? null : `its expiry is ${key.expires ?? 'none'}`
}

export const differences = (
  params: Pick<ParamsOf<'create-vault-key'>, 'type' | 'bits' | 'expires'>,
  key: VaultKey,
): string | null => {
  if (key.bits !== params.bits) return `its size is ${key.bits ?? 'not said'} bits`
  return newKeyDifference(params, key)
}

export const hardwareText = ({ type, hsmPlatform }: VaultKey): string => {
  if (type === 'RSA') return 'software'
  return hsmPlatform === null ? 'hardware' : `hardware (platform ${hsmPlatform})`
}
