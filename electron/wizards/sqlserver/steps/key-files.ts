import type { Evidence, KeyCopyProof } from '../../../../shared/model/evidence.ts'
import type { CheckResult, StepContext, StepHandler } from '../../../engine/contract.ts'
import type { FileProbe } from '../../../scripts/tsql/queries.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import {
  blocked,
  certificateOfRun,
  evidenceOf,
  foreign,
  hasIntent,
  isThere,
  needed,
  notVerified,
  pairFiles,
  satisfied,
  scriptOf,
  send,
} from './help.ts'

/**
 * Key files carry the run's mark in their names and the server never overwrites one (SQL 15240). So: none there, write;
 * all there after our intent, ours; some there, a write was broken off, and only a person can delete files there.
 */
const checkFiles = async (
  ctx: StepContext,
  probe: FileProbe,
  paths: readonly string[],
): Promise<CheckResult> => {
  const there: string[] = []
  for (const path of paths) if ((await isThere(ctx, probe, path)) === true) there.push(path)
  const first = there[0]
  if (first === undefined) return needed({ filesThere: false })
  if (!hasIntent(ctx)) return foreign('sql-file-exists', { path: first })
  return there.length === paths.length ? satisfied(ctx.before) : blocked('sql-file-exists', { path: first })
}

const fileEvidence = async (ctx: StepContext, probe: FileProbe, path: string): Promise<Evidence> => {
  const there = await isThere(ctx, probe, path)
  if (there === false) throw notVerified(ctx, `the server sees no file ${path}`)
  return evidenceOf(ctx, probe, `File ${path}`, there === true ? 'there' : 'not visible with this login', {
    path,
  })
}

const recorded = (
  ctx: StepContext,
  copy: Pick<KeyCopyProof, 'key' | 'kind' | 'location' | 'thumbprint' | 'note'>,
): KeyCopyProof => ({ ...copy, level: 'recorded', by: 'catalog', at: ctx.clock.now().toISOString() })

export const backUpMasterKeyStep: StepHandler = {
  check: async (ctx) => {
    const { file, probe } = readParams('back-up-master-key', ctx.step.params)
    return checkFiles(ctx, probe, [file])
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { file, probe, provedBy, database } = readParams('back-up-master-key', ctx.step.params)
    return {
      evidence: [await fileEvidence(ctx, probe, file)],
      proofs: [
        recorded(ctx, {
          key: `Database master key of ${database} on ${ctx.sql.ref.name}`,
          kind: 'database-master-key',
          location: `${ctx.sql.ref.name}: ${file}`,
          thumbprint: null,
          note:
            provedBy === null
              ? 'Written by the server; not opened'
              : 'Written by the server; opened in a later step',
        }),
      ],
    }
  },
}

export const backUpServiceMasterKeyStep: StepHandler = {
  check: async (ctx) => {
    const { file, probe } = readParams('back-up-service-master-key', ctx.step.params)
    return checkFiles(ctx, probe, [file])
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { file, probe } = readParams('back-up-service-master-key', ctx.step.params)
    return {
      evidence: [await fileEvidence(ctx, probe, file)],
      proofs: [
        recorded(ctx, {
          key: `Service master key of ${ctx.sql.ref.name}`,
          kind: 'service-master-key',
          location: `${ctx.sql.ref.name}: ${file}`,
          thumbprint: null,
          note: 'Written by the server. It can be opened only by restoring it over an instance’s own, so nobody did',
        }),
      ],
    }
  },
}

export const backUpCertificateStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('back-up-certificate', ctx.step.params)
    return checkFiles(ctx, params.probe, pairFiles(params))
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const params = readParams('back-up-certificate', ctx.step.params)
    const found = await certificateOfRun(ctx, params)
    if (found.lastExport === null) {
      throw notVerified(ctx, `the catalog has no export of the private key of ${params.certificate}`)
    }
    const files = pairFiles(params)
    const seen: Evidence[] = []
    for (const file of files) seen.push(await fileEvidence(ctx, params.probe, file))
    return {
      evidence: [
        evidenceOf(
          ctx,
          'master.sys.certificates',
          `Last export of the private key of ${params.certificate}`,
          found.lastExport,
          {
            thumbprint: found.thumbprint,
          },
        ),
        ...seen,
      ],
      proofs: [
        recorded(ctx, {
          key: `Certificate ${params.certificate}`,
          kind: 'certificate',
          location: `${ctx.sql.ref.name}: ${files.join(', ')}`,
          thumbprint: found.thumbprint,
          note: 'The catalog has the export; not opened by this step',
        }),
      ],
    }
  },
}
