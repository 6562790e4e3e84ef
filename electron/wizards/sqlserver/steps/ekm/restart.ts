import { z } from 'zod'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import type { ServiceFact } from '../../ekm-facts.ts'
import { isAfter, readCredential, readService } from '../../read-ekm.ts'
import { evidenceOf, hasIntent, needed, notVerified, satisfied } from '../help.ts'
import { views } from './help.ts'

const startBefore = z.object({ started: z.string() })

/** Since when a restart is asked for, in the server's own time; null: every change was before the service started. */
const waitingSince = async (ctx: StepContext, { started }: ServiceFact): Promise<string | null> => {
  const { credentials } = readParams('restart-service', ctx.step.params)
  if (credentials.length === 0) {
    const recorded = startBefore.safeParse(ctx.before)
    return recorded.success && recorded.data.started !== started ? null : started
  }
  const changes: string[] = []
  for (const name of credentials) {
    const row = await readCredential(ctx.sql, name)
    const changed = row?.changed ?? started
    if (!isAfter(started, changed)) changes.push(changed)
  }
  return changes.toSorted()[0] ?? null
}

/**
 * A person restarts the service; this step waits and reads. Resume: named, by the time of the start: both times are the
 * server's own. Nothing undoes a restart, and nothing needs to.
 */
export const restartServiceStep: StepHandler = {
  check: async (ctx) => {
    const service = await readService(ctx.sql)
    const since = await waitingSince(ctx, service)
    const before = hasIntent(ctx) ? ctx.before : { started: service.started }
    return since === null ? satisfied(before) : needed(before)
  },
  apply: async (ctx) => {
    const { service } = readParams('restart-service', ctx.step.params)
    const since = await waitingSince(ctx, await readService(ctx.sql))
    if (since === null) return
    throw new KeyturnError('ekm-restart-waits', { target: ctx.sql.ref.name, since, service })
  },
  verify: async (ctx) => {
    const service = await readService(ctx.sql)
    const since = await waitingSince(ctx, service)
    if (since !== null) throw notVerified(ctx, `the service started ${service.started}`)
    return {
      evidence: [
        evidenceOf(
          ctx,
          views.service,
          'The service started after what was changed before (time of the server)',
          service.started,
          { restarted: service.started },
        ),
      ],
      proofs: [],
    }
  },
}
