import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { HsmItemFacts, PackageItem } from '../../../../shared/model/escrow.ts'
import type { PackageId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import type { PackageFiles } from '../../../escrow/package/paths.ts'
import type { Opener } from '../../../escrow/package/sealed.ts'
import { openersFor, writePackage } from '../../../escrow/package/write.ts'
import { openCertificate } from '../../../formats/x509.ts'
import type { HsmKey, HsmProbe } from '../../../ports/hsm.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { newRecipient } from '../../escrow/recipients.ts'
import { packageEvidence } from '../../escrow/steps/evidence.ts'
import { ownPackageOf, packageOf, placeNamed } from '../../escrow/steps/place.ts'
import { activeGroup, foundThere, putThere, takeBack } from '../../escrow/steps/put.ts'
import { blocked, hasIntent, needed, notVerified } from '../../sqlserver/steps/help.ts'
import { keyOfRun, tokenLine } from '../../hsm/keys-of-id.ts'
import { assertSameKey, keyWrap, withTemporary, wrapTemporary } from '../../hsm/session-keys.ts'
import { assertWrapsAsPlanned } from '../../hsm/wraps-as-planned.ts'

type Params = ParamsOf<'escrow-hsm-key'>

/**
 * A package with the key as the token wrapped it: the program composes it and never sees the key. Resume: marked, by the
 * package id, which follows from the run; a package comes under its name as a whole or not at all.
 */
export const escrowHsmKeyStep = (means: EscrowMeans): StepHandler => ({
  check: async (ctx) => {
    const params = readParams('escrow-hsm-key', ctx.step.params)
    const there = await foundThere(ctx, means, params)
    if (there !== null) return there
    // After an intent it is apply that asks for the group: an undo checks too, and must reach the key without it.
    return !hasIntent(ctx) && activeGroup(means, params) === null
      ? blocked('export-group-other', { group: params.group.id })
      : needed({ packageThere: false })
  },
  apply: async (ctx) => {
    const params = readParams('escrow-hsm-key', ctx.step.params)
    await putThere(ctx, means, params, (id) => compose(ctx, means, params, id))
  },
  verify: async (ctx) => {
    const params = readParams('escrow-hsm-key', ctx.step.params)
    const own = await ownPackageOf(ctx, means, params.place, packageOf(params))
    const key = await keyOfRun(ctx, await ctx.hsm(), params.keyId)
    const [item, ...more] = own.check.manifest.items
    if (item === undefined || more.length > 0 || item.hsm?.keyId !== params.keyId)
      throw notVerified(ctx, 'the package does not hold this run’s key alone')
    if (item.spkiSha256 !== key.spkiSha256 || item.kcv !== kcvOf(key))
      throw new KeyturnError('export-item-other', { number: 1 })
    return {
      evidence: [
        ...packageEvidence(ctx, placeNamed(ctx, params.place), own),
        tokenLine(
          ctx,
          key.spkiSha256 === null
            ? 'Check value of the key, as in the package'
            : 'Public key, as in the package; SHA-256',
          key.spkiSha256 ?? key.checkValue ?? '',
        ),
        tokenLine(
          ctx,
          'Before it was written, the token unwrapped it again to the same key',
          key.class === 'secret' ? 'same check value' : 'same signature over the same bytes',
        ),
      ],
      proofs: [],
    }
  },
  undo: (ctx) => takeBack(ctx, means, readParams('escrow-hsm-key', ctx.step.params)),
})

const kcvOf = ({ spkiSha256, checkValue }: HsmKey): string | null => (spkiSha256 === null ? checkValue : null)

const compose = async (
  ctx: StepContext,
  means: EscrowMeans,
  params: Params,
  id: PackageId,
): Promise<PackageFiles> => {
  const group = activeGroup(means, params)
  if (group === null) throw new KeyturnError('export-group-other', { group: params.group.id })
  const recipients = params.recipients.map(newRecipient)
  const token = await ctx.hsm()
  const key = await keyOfRun(ctx, token, params.keyId)
  const isPlanned = ({ firmware }: HsmProbe): boolean => firmware === params.token.firmware
  await assertWrapsAsPlanned(ctx, token, { ...params, isPlanned })
  const how = keyWrap(params.mechanism)
  const content = await withTemporary(token, async (temporary) => {
    const encryptedKeys: Uint8Array[] = []
    for (const opener of openersFor({ group, recipients }))
      encryptedKeys.push(await wrapTemporary(token, temporary, spkiOf(opener), params.oaep))
    const wrappedKey = await token.wrap({ key: key.handle, with: temporary, how })
    await assertSameKey(ctx, token, key, { wrapped: wrappedKey, temporary, how })
    return { kind: 'wrapped', encryptedKeys, wrappedKey } as const
  })
  return writePackage(
    {
      id,
      made: { at: ctx.clock.now().toISOString(), run: ctx.runId, program: means.program },
      group,
      recipients,
      items: [{ facts: itemOf(ctx, params, key), content, spki: key.spki }],
      recombine: means.recombine(),
    },
    await means.signer(),
  ).files
}

const spkiOf = ({ key, path }: Opener): Uint8Array =>
  'spki' in key
    ? key.spki
    : openCertificate(key.certificate, path).publicKey.export({ format: 'der', type: 'spki' })

const noPeriod = { from: null, to: null }

const itemOf = (ctx: StepContext, params: Params, key: HsmKey): Omit<PackageItem, 'number'> => ({
  kind: 'hsm-key',
  name: params.label,
  from: { target: ctx.step.target.name, identity: `${params.token.model}, serial ${params.token.serial}` },
  purpose: params.purpose,
  algorithm: key.type,
  bits: key.bits,
  spkiSha256: key.spkiSha256,
  kcv: kcvOf(key),
  passwordItem: null,
  generation: null,
  hsm: hsmFacts(params, key),
  azureKids: [],
  sqlNames: [],
  originatorPeriod: noPeriod,
  recipientPeriod: noPeriod,
  state: 'pre-activation',
})

const hsmFacts = ({ token, label, keyId, testOnly, oaep }: Params, { attributes }: HsmKey): HsmItemFacts => {
  const said = {
    SENSITIVE: attributes.sensitive,
    ALWAYS_SENSITIVE: attributes.alwaysSensitive,
    EXTRACTABLE: attributes.extractable,
    NEVER_EXTRACTABLE: attributes.neverExtractable,
    LOCAL: attributes.local,
    SIGN: attributes.sign,
    DECRYPT: attributes.decrypt,
    UNWRAP: attributes.unwrap,
  }
  return {
    ...token,
    keyId,
    label,
    attributes: Object.fromEntries(
      Object.entries(said).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    ),
    wrapVerdict: testOnly ? 'zero-padded' : 'conformant',
    oaep,
  }
}
