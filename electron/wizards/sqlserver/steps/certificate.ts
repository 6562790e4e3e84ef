import { z } from 'zod'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepHandler } from '../../../engine/contract.ts'
import { thumbprintOf } from '../../../ports/sql-rows.ts'
import { dropCertificate } from '../../../scripts/tsql/certificate.ts'
import { certificateThumbprints } from '../../../scripts/tsql/queries.ts'
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
} from './help.ts'

const catalog = 'master.sys.certificates'
/** Thumbprints of master when the intent was recorded: what is among them is not of this run. */
const before = z.object({ thumbprints: z.array(z.string()) })

/** Resume: named, with subject and before-image, so that a certificate of that name made by others is not taken over. */
export const createCertificateStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('create-certificate', ctx.step.params)
    const recorded = before.safeParse(ctx.before)
    const found = await certificateInMaster(ctx, params.certificate)
    if (found === null) {
      if (recorded.success) return needed(ctx.before)
      const rows = await ctx.sql.query(certificateThumbprints())
      return needed({ thumbprints: rows.flatMap((row) => thumbprintOf(row['thumbprint']) ?? []) })
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
    const recorded = before.safeParse(ctx.before)
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
        evidenceOf(ctx, catalog, 'Its private key', 'under the database master key'),
        evidenceOf(ctx, catalog, 'It takes new backups until', `${params.expiry} (UTC)`),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const params = readParams('create-certificate', ctx.step.params)
    const what = `Certificate ${params.certificate}`
    const found = await certificateInMaster(ctx, params.certificate)
    if (found === null) return [evidenceOf(ctx, catalog, what, 'not there')]
    const recorded = before.safeParse(ctx.before)
    if (!recorded.success || recorded.data.thumbprints.includes(found.thumbprint)) {
      throw new KeyturnError('undo-refused', { what, user: 'someone else (this run did not make it)' })
    }
    const verdict = await ctx.verdicts.certificate(ctx.step.target, found.thumbprint)
    if (verdict.state !== 'unused') {
      const user =
        verdict.state === 'in-use' ? verdict.users.join(', ') : `it is not known who (${verdict.why})`
      throw new KeyturnError('undo-refused', { what, user })
    }
    await send(ctx, dropCertificate(params.certificate))
    if ((await certificateInMaster(ctx, params.certificate)) !== null) {
      throw notVerified(ctx, `certificate ${params.certificate} is still there`)
    }
    return [
      evidenceOf(ctx, catalog, what, 'dropped; no row any more', { thumbprint: found.thumbprint }),
      evidenceOf(ctx, 'retire verdict', 'Nothing was found that needs it', verdict.checked.join(', ')),
    ]
  },
}
