import { packageFolderName } from '../../../../shared/model/escrow.ts'
import type { Evidence, KeyCopyProof } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { sealedPath } from '../../../escrow/package/paths.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { assertOfRun, packageEvidence } from './evidence.ts'
import {
  isPlace,
  listAsWritten,
  listedIn,
  ownPackageOf,
  packageOf,
  placeIn,
  type OwnPackage,
  type PlaceParams,
} from './place.ts'

type Params = ParamsOf<'register-escrow-package'>

/** Reads each place anew; only then the list of packages says *escrowed*. Resume: named, by the package id. */
export const registerPackageStep = (means: EscrowMeans): StepHandler => ({
  check: async (ctx) => {
    const params = readParams('register-escrow-package', ctx.step.params)
    for (const place of params.places) {
      if (!isEscrowed(ctx, means, place, await readBack(ctx, means, params, place))) return needed({})
    }
    return satisfied({})
  },
  apply: async (ctx) => {
    const params = readParams('register-escrow-package', ctx.step.params)
    for (const place of params.places) {
      const own = await readBack(ctx, means, params, place)
      await listAsWritten(ctx, means, place, own)
      const { kind, label } = placeIn(ctx, means, place)
      await means.register.storedAt(packageOf(params), {
        kind,
        label,
        state: 'escrowed',
        readBackAt: ctx.clock.now().toISOString(),
      })
    }
  },
  verify: async (ctx) => {
    const params = readParams('register-escrow-package', ctx.step.params)
    const evidence: Evidence[] = []
    const proofs: KeyCopyProof[] = []
    for (const place of params.places) {
      const own = await readBack(ctx, means, params, place)
      if (!isEscrowed(ctx, means, place, own))
        throw notVerified(
          ctx,
          `the list of packages does not name ${placeIn(ctx, means, place).label} as read back`,
        )
      evidence.push(...named(packageEvidence(ctx, placeIn(ctx, means, place), own), own))
      proofs.push(...copiesIn(ctx, placeIn(ctx, means, place).label, own))
    }
    return { evidence, proofs }
  },
})

/** What the result page begins with. */
const named = ([first, ...more]: readonly Evidence[], { check }: OwnPackage): Evidence[] =>
  first === undefined
    ? []
    : [
        {
          ...first,
          data: {
            ...first.data,
            headline: 'Escrow package',
            subject: check.manifest.id,
            fact: `${check.files} files, each as the signed manifest of this run lists it`,
          },
        },
        ...more,
      ]

const readBack = async (
  ctx: StepContext,
  means: EscrowMeans,
  params: Params,
  place: PlaceParams,
): Promise<OwnPackage> => {
  const own = await ownPackageOf(ctx, means, place, packageOf(params))
  assertOfRun(ctx, own)
  return own
}

const isEscrowed = (ctx: StepContext, means: EscrowMeans, place: PlaceParams, own: OwnPackage): boolean =>
  listedIn(means, own)?.storedAt.some(
    (one) => isPlace(one, placeIn(ctx, means, place)) && one.state === 'escrowed',
  ) ?? false

/**
 * *Matched*: the package was read back and its public half fits. One that was wrapped anew is *Seen*: its run had no
 * certificate to compare with. That it opens, a drill shows.
 */
const copiesIn = (ctx: StepContext, label: string, { check }: OwnPackage): KeyCopyProof[] =>
  check.manifest.items.flatMap((item): KeyCopyProof[] => {
    if (item.kind !== 'certificate') return []
    const thumbprint = ctx.earlier.find(
      ({ value, data }) =>
        data?.['item'] === item.number && value === item.spkiSha256 && typeof data['thumbprint'] === 'string',
    )?.data?.['thumbprint']
    const { replaces } = check.manifest
    return [
      {
        key: item.name,
        kind: 'certificate',
        location: `${label}: ${packageFolderName(check.manifest.id)}, ${sealedPath(item.number)}`,
        level: replaces === undefined ? 'matched' : 'seen',
        by: 'keyturn',
        at: ctx.clock.now().toISOString(),
        thumbprint: typeof thumbprint === 'string' ? thumbprint : null,
        note:
          replaces === undefined
            ? 'Sealed in an escrow package that was read back from there; its public key is the one of the certificate. Not opened from there'
            : `Sealed in an escrow package that was read back from there; its encrypted content is the one of ${replaces.package}. Nothing was compared with the certificate, and it was not opened from there`,
      },
    ]
  })
