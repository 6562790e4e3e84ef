import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { providerKey } from '../../../../shared/model/host-calls.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { hasIntent, evidenceOf, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { registryIsThere } from '../facts.ts'

const source = `HKLM\\${providerKey}`

/**
 * Exports the registry key where the host is reached, and waits until a person has deleted it: nothing of Keyturn deletes
 * in a registry. Resume: named: the key is there or not.
 */
export const registryByHandStep: StepHandler = {
  check: async (ctx) =>
    (await registryIsThere(ctx.sql, ctx.hosts))
      ? needed({ there: true })
      : satisfied(ctx.before ?? { there: false }),
  apply: async (ctx) => {
    const { computer, file } = readParams('registry-by-hand', ctx.step.params)
    const exported = await exportIt(ctx, file)
    throw new KeyturnError('registry-by-hand', {
      host: computer || ctx.sql.ref.name,
      how: `${
        exported
          ? `It was exported to ${file}. `
          : `Export it first: run the script of this step there (runbook .ps1), or reg export "HKLM\\${providerKey}" "${file}". `
      }Look whether another instance uses it, delete HKEY_LOCAL_MACHINE\\${providerKey} in the registry editor, then retry the step`,
    })
  },
  verify: async (ctx) => {
    if (await registryIsThere(ctx.sql, ctx.hosts)) throw notVerified(ctx, `${source} is still there`)
    return {
      evidence: [evidenceOf(ctx, source, 'The registry key of the connector', 'not there any more')],
      proofs: [],
    }
  },
}

/** False: no PowerShell reaches the host. A file with the run's mark in its name is of an earlier try of this step. */
const exportIt = async (ctx: StepContext, path: string): Promise<boolean> => {
  if (!ctx.hosts.reachOf(ctx.sql).reachable) return false
  try {
    const [file] = await ctx.hosts.run(ctx.sql, [{ call: 'export-registry', key: providerKey, path }], {
      signal: ctx.signal,
    })
    if (file !== null) ctx.say(`Exported to ${file.path}: ${file.bytes} bytes, SHA-256 ${file.sha256}`)
  } catch (error) {
    const isThere = error instanceof KeyturnError && error.problem.vendor?.number === 'already-there'
    if (!isThere || !hasIntent(ctx) || ctx.attempt < 2) throw error
  }
  return true
}
