import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asPlaceId, type PackageId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { PackageFiles } from '../../../escrow/package/paths.ts'
import { writePackage } from '../../../escrow/package/write.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { readCertificate } from '../../../formats/x509.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { publicCertificate } from '../../../scripts/tsql/certificate.ts'
import { blocked, evidenceOf, needed, notVerified } from '../../sqlserver/steps/help.ts'
import { collect, kindOf } from './collect.ts'
import { packageEvidence } from '../../escrow/steps/evidence.ts'
import { newRecipient } from '../../escrow/recipients.ts'
import { ownPackageOf, packageOf, placeIn } from '../../escrow/steps/place.ts'
import { activeGroup, foundThere, putThere } from '../../escrow/steps/put.ts'

type Params = ParamsOf<'write-escrow-package'>

/**
 * Resume: marked, by the package id, which follows from the run. A package comes under its name as a whole or not at
 * all; what was broken off is taken away by the next attempt and sealed anew, under other random keys. What is there
 * and is not this run’s is never touched.
 */
export const writePackageStep = (means: EscrowMeans): StepHandler => ({
  check: async (ctx) => {
    const params = readParams('write-escrow-package', ctx.step.params)
    const found = await foundThere(ctx, means, params)
    if (found !== null) return found
    return activeGroup(means, params) === null
      ? blocked('export-group-other', { group: params.group.id })
      : needed({ packageThere: false })
  },
  apply: async (ctx) => {
    const params = readParams('write-escrow-package', ctx.step.params)
    await putThere(ctx, means, params, (id) => seal(ctx, means, params, id))
  },
  verify: async (ctx) => {
    const params = readParams('write-escrow-package', ctx.step.params)
    const own = await ownPackageOf(ctx, means, params.place, packageOf(params))
    assertPlannedItems(params, own.check.manifest.items)
    const evidence = packageEvidence(ctx, placeIn(ctx, means, params.place), own)
    for (const [index, item] of params.items.entries()) {
      if (item.kind === 'certificate-file' && item.spkiSha256 !== null) {
        evidence.push({
          statement: `Public key of item ${index + 1} is the one of ${item.certificateFile}; SHA-256`,
          value: item.spkiSha256,
          source: `Keyturn, ${ctx.places.label(asPlaceId(item.place))}, as the plan read it`,
          at: ctx.clock.now().toISOString(),
          data: { item: index + 1, thumbprint: item.thumbprint },
        })
      }
      if (item.kind !== 'certificate') continue
      const bytes = (await ctx.sql.query(publicCertificate(item.certificate)))[0]?.['certificate']
      if (!(bytes instanceof Uint8Array))
        throw notVerified(ctx, `master shows no certificate ${item.certificate}`)
      if (readCertificate(bytes, item.certificate).publicKeySpkiSha256.toLowerCase() !== item.spkiSha256)
        throw new KeyturnError('export-item-other', { number: index + 1 })
      evidence.push(
        evidenceOf(
          ctx,
          'CERTENCODED',
          `Public key of item ${index + 1} is the one of certificate ${item.certificate}; SHA-256`,
          item.spkiSha256,
          { item: index + 1, thumbprint: item.thumbprint },
        ),
      )
    }
    return { evidence, proofs: [] }
  },
})

const seal = async (
  ctx: StepContext,
  means: EscrowMeans,
  params: Params,
  id: PackageId,
): Promise<PackageFiles> => {
  const group = activeGroup(means, params)
  if (group === null) throw new KeyturnError('export-group-other', { group: params.group.id })
  using collected = await collect(ctx, params.items)
  return writePackage(
    {
      id,
      made: { at: ctx.clock.now().toISOString(), run: ctx.runId, program: means.program },
      group,
      recipients: params.recipients.map(newRecipient),
      items: collected.items,
      recombine: means.recombine(),
    },
    await means.signer(),
  ).files
}

const assertPlannedItems = (
  { items }: Params,
  there: readonly { number: number; kind: string; spkiSha256: string | null }[],
): void => {
  const wrong = items.findIndex((item, index) => {
    const { kind, spkiSha256 } = there[index] ?? {}
    if (kind !== kindOf(item)) return true
    // What a .pfx holds showed only when it was opened.
    const unknown = item.kind === 'certificate-file' && item.spkiSha256 === null
    return unknown ? spkiSha256 === null : spkiSha256 !== ('spkiSha256' in item ? item.spkiSha256 : null)
  })
  if (wrong >= 0 || there.length !== items.length)
    throw new KeyturnError('export-item-other', { number: wrong < 0 ? there.length : wrong + 1 })
}
