import { z } from 'zod'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { Thumbprint } from '../../../../shared/model/ids.ts'
import type { StepContext } from '../../../engine/contract.ts'
import { dropCertificate } from '../../../scripts/tsql/certificate.ts'
import { certificateInMaster, evidenceOf, notVerified, send } from './help.ts'

export const catalog = 'master.sys.certificates'

/** Thumbprints of master when the intent was recorded: what is among them is not of this run. */
export const madeBefore = z.object({ thumbprints: z.array(z.string()) })

/** Why renewing is never the same key: what the older ones encrypted stays theirs. */
export const newIdentity = (ctx: StepContext, others: number): Evidence =>
  evidenceOf(
    ctx,
    catalog,
    'It is a new identity: what was encrypted with another certificate still needs that one and its private key',
    others === 0
      ? 'master had no certificate before'
      : others === 1
        ? 'the 1 certificate that master had before has another thumbprint'
        : `none of the ${others} certificates that master had before has this thumbprint`,
  )

/** Throws `undo-refused` unless a certificate came into master after this run had recorded its intent. */
export const assertMade = ({ before }: StepContext, certificate: string, thumbprint: Thumbprint): void => {
  const recorded = madeBefore.safeParse(before)
  if (recorded.success && !recorded.data.thumbprints.includes(thumbprint)) return
  throw new KeyturnError('undo-refused', {
    what: `Certificate ${certificate}`,
    user: 'someone else (this run did not make it)',
  })
}

/** Takes back a certificate that this run brought into master. Refused while the retire verdict names a user. */
export const dropMade = async (ctx: StepContext, certificate: string): Promise<Evidence[]> => {
  const what = `Certificate ${certificate}`
  const found = await certificateInMaster(ctx, certificate)
  if (found === null) return [evidenceOf(ctx, catalog, what, 'not there')]
  assertMade(ctx, certificate, found.thumbprint)
  const verdict = await ctx.verdicts.certificate(ctx.step.target, found.thumbprint)
  if (verdict.state !== 'unused') {
    const user =
      verdict.state === 'in-use' ? verdict.users.join(', ') : `it is not known who (${verdict.why})`
    throw new KeyturnError('undo-refused', { what, user })
  }
  await send(ctx, dropCertificate(certificate))
  if ((await certificateInMaster(ctx, certificate)) !== null) {
    throw notVerified(ctx, `certificate ${certificate} is still there`)
  }
  return [
    evidenceOf(ctx, catalog, what, 'dropped; no row any more', { thumbprint: found.thumbprint }),
    evidenceOf(ctx, 'retire verdict', 'Nothing was found that needs it', verdict.checked.join(', ')),
  ]
}
