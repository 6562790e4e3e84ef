import type { KeyCopyProof } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { hexOf, textOf } from '../../../ports/sql-rows.ts'
import { allRows } from '../../../ports/sql-sight.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { providerKeys } from '../../../scripts/tsql/ekm-queries.ts'
import { keysIn } from '../../../scripts/tsql/sight.ts'
import { readProviders } from '../../sqlserver/read-ekm.ts'
import { evidenceOf, needed, notVerified } from '../../sqlserver/steps/help.ts'

const view = 'master.sys.asymmetric_keys'

/** Only reads; after a crash it reads again. That a key object is there does not show that the vault opens anything with it. */
export const checkDrillVaultKeysStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const { keys } = readParams('check-drill-vault-keys', ctx.step.params)
    const rows = await allRows(ctx.sql, providerKeys(), keysIn('master'))
    const providers = await readProviders(ctx.sql)
    const evidence = keys.map(({ thumbprint, what }) => {
      const row = rows.find((one) => hexOf(one['thumbprint']) === thumbprint)
      if (row === undefined)
        throw notVerified(ctx, `no asymmetric key of thumbprint ${thumbprint} is there, for ${what}`)
      const provider = textOf(row['provider'])
      if (!providers.some(({ name, enabled }) => name === provider && enabled))
        throw notVerified(ctx, `provider ${provider} of key ${textOf(row['name'])} is disabled`)
      return evidenceOf(
        ctx,
        view,
        `Key for ${what}`,
        `${textOf(row['name'])}, ${thumbprint}, of provider ${provider}`,
        {
          drillVaultKey: thumbprint,
          name: textOf(row['name']),
          location: `${ctx.sql.ref.name}: asymmetric key ${textOf(row['name'])} of provider ${provider}`,
        },
      )
    })
    return { evidence, proofs: [] }
  },
}

/** Keys in vaults that a restored database asked for: the restore would have failed without them. */
export const usedVaultKeys = (
  ctx: StepContext,
  thumbprints: readonly string[],
  note: string,
): KeyCopyProof[] =>
  thumbprints.flatMap((thumbprint) => {
    const data = ctx.earlier.findLast(({ data: one }) => one?.['drillVaultKey'] === thumbprint)?.data
    return data === undefined
      ? []
      : [
          {
            key: `Key ${String(data['name'])} in a vault, ${thumbprint}`,
            kind: 'vault-key',
            location: String(data['location']),
            level: 'restored',
            by: 'server',
            at: ctx.clock.now().toISOString(),
            thumbprint,
            note,
          },
        ]
  })
