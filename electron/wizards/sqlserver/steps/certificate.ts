import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import {
  certificateInMaster,
  evidenceOf,
  foreign,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
  thumbprintsInMaster,
} from './help.ts'
import { catalog, dropMade, madeBefore, newIdentity } from './made-certificate.ts'

/** Resume: named, with subject and before-image, so that a certificate of that name made by others is not taken over. */
export const createCertificateStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('create-certificate', ctx.step.params)
    const recorded = madeBefore.safeParse(ctx.before)
    const found = await certificateInMaster(ctx, params.certificate)
    if (found === null) {
      if (recorded.success) return needed(ctx.before)
      return needed({ thumbprints: await thumbprintsInMaster(ctx) })
    }
    const ours =
      recorded.success &&
      !recorded.data.thumbprints.includes(found.thumbprint) &&
      found.subject === params.subject
    return ours
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Certificate ${params.certificate}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const params = readParams('create-certificate', ctx.step.params)
    const found = await certificateInMaster(ctx, params.certificate)
    if (found === null) throw notVerified(ctx, `master shows no certificate ${params.certificate}`)
    const recorded = madeBefore.safeParse(ctx.before)
    if (recorded.success && recorded.data.thumbprints.includes(found.thumbprint)) {
      throw notVerified(ctx, `certificate ${params.certificate} was there before this run`)
    }
    if (found.subject !== params.subject) throw notVerified(ctx, `its subject reads “${found.subject}”`)
    if (found.expiry?.slice(0, 10) !== params.expiry) {
      throw notVerified(ctx, `its expiry reads ${found.expiry ?? 'nothing'}, asked was ${params.expiry}`)
    }
    if (found.privateKey !== 'MK') throw notVerified(ctx, 'its private key is not under the master key')
    return {
      evidence: [
        evidenceOf(ctx, catalog, `Thumbprint of ${params.certificate}`, found.thumbprint, {
          thumbprint: found.thumbprint,
          certificate: params.certificate,
        }),
        ...(recorded.success ? [newIdentity(ctx, recorded.data.thumbprints.length)] : []),
        evidenceOf(ctx, catalog, 'Its private key', 'under the database master key'),
        evidenceOf(ctx, catalog, 'It takes new backups until', `${params.expiry} (UTC)`),
      ],
      proofs: [],
    }
  },
  undo: (ctx) => dropMade(ctx, readParams('create-certificate', ctx.step.params).certificate),
}
