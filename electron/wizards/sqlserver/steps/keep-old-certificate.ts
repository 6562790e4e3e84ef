import type { Evidence } from '../../../../shared/model/evidence.ts'
import { stillNeededText } from '../../../../shared/model/retention.ts'
import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { agentStepText, orRefusal, readAgentSteps, readBackupsUnder } from '../read-certificate-users.ts'
import { certificateInMaster, certificateOfRun, evidenceOf, needed, notVerified } from './help.ts'
import { catalog } from './made-certificate.ts'

/**
 * Reads that the old certificate is still there with its private key, and who still needs it. It changes nothing, so it
 * runs again after a crash; nothing in Keyturn drops the certificate after it.
 */
export const keepOldCertificateStep: StepHandler = {
  check: async () => needed({}),
  apply: async () => undefined,
  verify: async (ctx) => {
    const { certificate, thumbprint, replacedBy } = readParams('keep-old-certificate', ctx.step.params)
    const old = await certificateOfRun(ctx, { certificate, thumbprint })
    if (old.privateKey === 'NA') throw notVerified(ctx, `${certificate} has no private key any more`)
    const made = await certificateInMaster(ctx, replacedBy)
    if (made === null) throw notVerified(ctx, `master shows no certificate ${replacedBy}`)
    if (made.thumbprint === old.thumbprint) throw notVerified(ctx, 'old and new have one thumbprint')
    const line = (view: string, statement: string, value: string, data?: Evidence['data']): Evidence =>
      evidenceOf(ctx, view, statement, value, data)
    const users = await orRefusal(readBackupsUnder(ctx.sql, thumbprint))
    const jobs = await orRefusal(readAgentSteps(ctx.sql, certificate))
    return {
      evidence: [
        line(catalog, `${certificate}, the old one, is there with its private key`, old.thumbprint, {
          thumbprint: old.thumbprint,
        }),
        line(catalog, `${replacedBy}, the new one, has another thumbprint`, made.thumbprint, {
          thumbprint: made.thumbprint,
          headline: 'Certificate',
          subject: replacedBy,
          fact: `another thumbprint than ${certificate}, which is there with its private key`,
        }),
        line(
          'msdb.dbo.backupset',
          `${certificate} is still needed by`,
          typeof users === 'string' ? users : stillNeededText(users),
        ),
        ...(typeof jobs === 'string'
          ? [line('msdb.dbo.sysjobsteps', `Jobs that name ${certificate}`, jobs)]
          : jobs.length === 0
            ? [
                line(
                  'msdb.dbo.sysjobsteps',
                  `Jobs that name ${certificate}`,
                  '0 steps of SQL Server Agent jobs',
                ),
              ]
            : jobs.map((step) =>
                line(
                  'msdb.dbo.sysjobsteps',
                  `Names ${certificate}: put ${replacedBy} in its place`,
                  agentStepText(step),
                ),
              )),
      ],
      proofs: [],
    }
  },
}
