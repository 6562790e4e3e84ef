import { join } from 'node:path'
import type { ErrorParams } from '../../../../shared/errors/catalogue.ts'
import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import { asPlaceId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readFileCapped } from '../../../platform/read-file.ts'
import type { VaultKey } from '../../../ports/key-vault.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { line, markOf, withVault } from '../../azure/steps/help.ts'
import {
  checkNewKey,
  deleteNewKey,
  newKeyDifference,
  newKeyEvidence,
  onlyVersion,
} from '../../azure/steps/vault-key.ts'
import { keyAt, sameId } from '../../azure/words.ts'
import { kekOf } from '../../azure/exchange-key.ts'
import { blocked, hasIntent, notVerified } from '../../sqlserver/steps/help.ts'
import { sha256Of } from '../../sqlserver/steps/local-files.ts'
import { sameModulus } from '../key-sizes.ts'
import { mostTransferBytes, transferOf } from '../read-files.ts'

type Params = ParamsOf<'import-transfer-file'>

/** The file of the plan, byte for byte, for this very vault. `file-changed`, `byok-damaged`, `byok-other-vault`. */
const fileOfPlan = async (ctx: StepContext, params: Params): Promise<Buffer> => {
  const { place, file, sha256, host, kek } = params
  const bytes = await readFileCapped(join(ctx.places.folderOf(asPlaceId(place)), file), mostTransferBytes)
  if (sha256Of(bytes) !== sha256) throw new KeyturnError('file-changed', { file })
  const found = transferOf(bytes, file)
  const same = sameId(found.host, host) && found.kekName === kek.name && found.kekVersion === kek.version
  if (!same) throw new KeyturnError('byok-other-vault', { file, vault: host, other: found.kid })
  return bytes
}

/** What is different about the vault's key for imports since the plan was made; null: nothing. */
const changeOfKek = async (ctx: StepContext, { host, kek }: Params): Promise<string | null> =>
  withVault(ctx, host, async (vault) => {
    const now = await vault.key(kek.name, kek.version)
    const fact = now === null ? null : kekOf(now)
    if (fact === null) return 'that version is not there'
    return fact.sha256 === kek.sha256 ? fact.refusal : 'its public key is another one'
  })

const kekParams = ({ file, host, kek }: Params, what: string): ErrorParams => ({
  file,
  vault: host,
  kek: kek.name,
  what,
})

const wrongKey = (params: Params, key: VaultKey): string | null => {
  const { origin } = params
  const general = newKeyDifference({ type: 'RSA-HSM', expires: null }, key)
  if (general !== null) return general
  if (key.bits !== origin.bits) return `its size is ${key.bits ?? 'not said'} bits`
  return sameModulus(key, origin) ? null : `its public key is not that of ${origin.words}`
}

/**
 * Resume: marked, by the tag `keyturn-run`: a version that carries it is never sent a second time, and its public key says
 * whether the right key arrived. The file is encrypted for the vault; Keyturn sends it as it is.
 */
export const importTransferFileStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('import-transfer-file', ctx.step.params)
    const found = await checkNewKey(ctx, params)
    // After the intent an undo asks too, and needs neither; `apply` reads both again.
    if (found.state !== 'needed' || hasIntent(ctx)) return found
    await fileOfPlan(ctx, params)
    const what = await changeOfKek(ctx, params)
    return what === null ? found : blocked('byok-kek', kekParams(params, what))
  },
  apply: async (ctx) => {
    const params = readParams('import-transfer-file', ctx.step.params)
    const file = await fileOfPlan(ctx, params)
    const what = await changeOfKek(ctx, params)
    if (what !== null) throw new KeyturnError('byok-kek', kekParams(params, what))
    await withVault(ctx, params.host, (vault) =>
      vault.importKey({ name: params.key, mark: markOf(ctx), material: { kind: 'transfer', file } }),
    ).catch((error: unknown) => {
      const problem = problemOf(error)
      if (problem.code !== 'vault-refused') throw error
      throw new KeyturnError(
        'byok-refused',
        { file: params.file, vault: params.host, said: String(problem.vendor?.text ?? problem.title) },
        { cause: error, ...(problem.vendor === undefined ? {} : { vendor: problem.vendor }) },
      )
    })
  },
  verify: async (ctx) => {
    const params = readParams('import-transfer-file', ctx.step.params)
    const { host, key: name, origin } = params
    return withVault(ctx, host, async (vault) => {
      const key = await onlyVersion(ctx, vault, params)
      const wrong = wrongKey(params, key)
      if (wrong !== null) throw notVerified(ctx, wrong)
      const label = `${ctx.places.label(asPlaceId(params.place))}: ${params.file}`
      return {
        evidence: [
          ...newKeyEvidence(ctx, params, key, 'Key imported'),
          line(ctx, keyAt(host, name), 'From the transfer file', `${label}, SHA-256 ${params.sha256}`, {
            file: params.file,
            sha256: params.sha256,
            kek: params.kek.name,
            kekVersion: params.kek.version,
          }),
          line(
            ctx,
            keyAt(host, name),
            `Its public key is that of ${origin.words}; SHA-256`,
            origin.spkiSha256,
            {
              spkiSha256: origin.spkiSha256,
            },
          ),
        ],
        proofs: [],
      }
    })
  },
  undo: (ctx) => deleteNewKey(ctx, readParams('import-transfer-file', ctx.step.params)),
}
