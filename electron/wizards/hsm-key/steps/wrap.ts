import { join } from 'node:path'
import type { ErrorParams } from '../../../../shared/errors/catalogue.ts'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asPlaceId, asTargetId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readByok, writeByok } from '../../../formats/byok.ts'
import { removeLeftovers, writeFileAtomic, writeNewFile } from '../../../platform/atomic-file.ts'
import { readFileCapped, readFileIfThere } from '../../../platform/read-file.ts'
import type { HsmProbe } from '../../../ports/hsm.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { begun, blocked, foreign, hasIntent, needed, notVerified } from '../../sqlserver/steps/help.ts'
import { sha256Of } from '../../sqlserver/steps/local-files.ts'
import { kekOf } from '../../azure/exchange-key.ts'
import { generatorOf } from '../generator.ts'
import { keyOfRun, tokenLine } from '../../hsm/keys-of-id.ts'
import { assertSameKey, keyWrap, withTemporary, wrapTemporary } from '../../hsm/session-keys.ts'
import { assertWrapsAsPlanned } from '../../hsm/wraps-as-planned.ts'

/** A file is at most 64 KB. */
const mostBytes = 64 * 1024

type Params = ParamsOf<'wrap-hsm-key'>

const pathOf = (ctx: StepContext, { place, file }: Params): string =>
  join(ctx.places.folderOf(asPlaceId(place)), file)

/**
 * A file of the person with the key, wrapped inside the token for one vault. Resume: marked, by the file's name. Each attempt
 * has a temporary key of its own, so a file of a broken-off attempt is replaced; `checked` holds what this process
 * opened again before the temporary key was gone.
 */
export const wrapHsmKeyStep = (): StepHandler => {
  const checked = new Map<string, string>()
  const nameOf = (ctx: StepContext): string => `${ctx.runId} ${ctx.step.id}`
  return {
    check: async (ctx) => {
      const params = readParams('wrap-hsm-key', ctx.step.params)
      const there = await readFileIfThere(pathOf(ctx, params), mostBytes)
      if (there !== null)
        return hasIntent(ctx) ? begun(ctx.before) : foreign('local-file-exists', { file: params.file })
      // After an intent it is apply that asks: an undo checks too, and must reach the key whatever became of the vault's.
      const problem = hasIntent(ctx) ? null : await problemOfKek(ctx, params)
      return problem === null ? needed({ fileThere: false }) : blocked(...problem)
    },
    apply: async (ctx) => {
      const params = readParams('wrap-hsm-key', ctx.step.params)
      const problem = await problemOfKek(ctx, params)
      if (problem !== null) throw new KeyturnError(...problem)
      const token = await ctx.hsm()
      const key = await keyOfRun(ctx, token, params.keyId)
      const isPlanned = (seen: HsmProbe): boolean => generatorOf(seen, params.testOnly) === params.generator
      await assertWrapsAsPlanned(ctx, token, { ...params, oaep: 'sha1', isPlanned })
      const how = keyWrap(params.mechanism)
      await withTemporary(token, async (temporary) => {
        const kek = Buffer.from(params.kek.spki, 'base64')
        const encryptedKey = await wrapTemporary(token, temporary, kek, 'sha1')
        const wrappedKey = await token.wrap({ key: key.handle, with: temporary, how })
        const { kid } = params.kek
        const written = writeByok({ kid, encryptedKey, wrappedKey, generator: params.generator })
        const read = await writeAndRead(ctx, params, written)
        const parts = readByok(read, params.kek.bits, params.file)
        if (parts.kid !== kid) throw notVerified(ctx, `${params.file} names another key of a vault`)
        await assertSameKey(ctx, token, key, { wrapped: parts.wrappedKey, temporary, how })
        checked.set(nameOf(ctx), sha256Of(read))
      })
    },
    verify: async (ctx) => {
      const params = readParams('wrap-hsm-key', ctx.step.params)
      const bytes = await readFileIfThere(pathOf(ctx, params), mostBytes)
      if (bytes === null) throw notVerified(ctx, `${params.file} is not there`)
      const sha256 = sha256Of(bytes)
      if (sha256 !== checked.get(nameOf(ctx)))
        throw notVerified(ctx, `${params.file} does not hold what was opened again on the token`)
      const { kid } = readByok(bytes, params.kek.bits, params.file)
      const location = `${ctx.places.label(asPlaceId(params.place))}: ${params.file}`
      return {
        evidence: [
          {
            statement: 'Transfer file read again from your folder; SHA-256',
            value: sha256,
            source: `Keyturn, ${location}`,
            at: ctx.clock.now().toISOString(),
            data: {
              file: params.file,
              sha256,
              hsmKey: params.label,
              hsmKeyId: params.keyId,
              vaultHost: params.host,
              kid,
              testOnly: params.testOnly,
            },
          },
          tokenLine(
            ctx,
            'What was read again came out of the token’s unwrapping as the same key',
            params.type === 'aes-256' ? 'same check value' : 'same signature over the same bytes',
          ),
          tokenLine(ctx, 'Opens in', `${kid}, and nowhere else${params.testOnly ? '; for tests only' : ''}`),
        ],
        proofs: [],
      }
    },
  }
}

const problemOfKek = async (
  ctx: StepContext,
  params: Params,
): Promise<['hsm-kek-changed', ErrorParams] | null> => {
  const what = await changeOfKek(ctx, params)
  return what === null ? null : ['hsm-kek-changed', { key: params.kek.name, host: params.host, what }]
}

/** What is different about the vault's key since the plan was made; null: nothing. */
const changeOfKek = async (ctx: StepContext, { vault: id, kek }: Params): Promise<string | null> => {
  const ref = { id: asTargetId(id), kind: 'keyvault', name: id, environment: 'production' } as const
  const vault = await ctx.azure.vaults.open(ref, { signal: ctx.signal })
  const now = await vault.key(kek.name)
  const fact = now === null ? null : kekOf(now)
  if (fact === null) return 'it is not there'
  if (fact.version !== kek.version) return `its newest version is ${fact.version}`
  if (fact.sha256 !== kek.sha256) return 'its public key is another one'
  return fact.refusal
}

const writeAndRead = async (ctx: StepContext, params: Params, bytes: Uint8Array): Promise<Buffer> => {
  const path = pathOf(ctx, params)
  await removeLeftovers(path)
  if ((await readFileIfThere(path, mostBytes)) === null) await writeNewFile(path, bytes)
  else await writeFileAtomic(path, bytes)
  return readFileCapped(path, mostBytes)
}
