import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { verdictOn, type KeyUse } from '../../../ports/verdicts.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import type { ProviderKeyFact } from '../../sqlserver/ekm-facts.ts'
import { readEkm } from '../../sqlserver/read-ekm.ts'
import { views } from '../../sqlserver/steps/ekm/help.ts'
import { evidenceOf, needed } from '../../sqlserver/steps/help.ts'

interface Dropped {
  key: string
  thumbprint: string
  place: string | null
}

/** Reads only, so that it runs again after a crash. Resume: named. */
export const nameVaultKeysStep: StepHandler = {
  check: async () => needed({ reads: true }),
  apply: async () => undefined,
  verify: async (ctx) => {
    const { keys } = readParams('name-vault-keys', ctx.step.params)
    const { keys: left } = await readEkm(ctx.sql, ctx)
    const evidence: Evidence[] = []
    for (const dropped of keys) {
      evidence.push(...(await linesOf(ctx, dropped, left.read ? left.value : null)))
    }
    return {
      evidence: [
        ...evidence,
        evidenceOf(
          ctx,
          'Keyturn',
          'Backups elsewhere may still need it: on other servers, in archives, and those whose history was deleted here',
          'not read; no key in a vault was disabled or deleted',
        ),
      ],
      proofs: [],
    }
  },
}

const linesOf = async (
  ctx: StepContext,
  { key, thumbprint, place }: Dropped,
  left: readonly ProviderKeyFact[] | null,
): Promise<Evidence[]> => {
  const what = place ?? `the key in the vault to which ${key} led (its place was not read)`
  const use = await ctx.verdicts.asymmetricKey(ctx.step.target, thumbprint)
  const users = usersLeft(use, thumbprint, place, left)
  if (users === null)
    return [evidenceOf(ctx, views.keys, `What this server still shows of ${what}`, 'not read')]
  if (users.length > 0)
    return [evidenceOf(ctx, views.keys, `Still used by this server: ${what}`, users.join('; '))]
  const line = evidenceOf(
    ctx,
    views.keys,
    `Used by nothing that this server shows: ${what}`,
    `${asked
      .filter(([view]) => view === views.keys || use.checked.some((one) => one.endsWith(`, ${view}`)))
      .map(([, noun]) => `no ${noun}`)
      .join(', ')}: thumbprint ${thumbprint}`,
    {
      thumbprint,
      headline: 'Cleaned up:',
      subject: key,
      fact: 'no longer on the server, and nothing that it shows needs the key in the vault',
    },
  )
  const source = [line.source, ...use.checked].join('; ')
  return [
    { ...line, source },
    ...(use.mayNeed.length === 0
      ? []
      : [
          {
            ...evidenceOf(ctx, '', `May need it (not in any view): ${what}`, use.mayNeed.join('; ')),
            source,
          },
        ]),
  ]
}

/** What is said of each source; one that was not asked, as the log before SQL Server 2019, is not named. */
const asked = [
  [views.keys, 'key object'],
  ['sys.dm_database_encryption_keys', 'key of a database'],
  ['sys.dm_db_log_info', 'log'],
  ['msdb.dbo.backupset', 'backup on record that is encrypted with it'],
] as const

const usersLeft = (
  use: KeyUse,
  thumbprint: string,
  place: string | null,
  left: readonly ProviderKeyFact[] | null,
): string[] | null => {
  const verdict = verdictOn(use)
  if (left === null || verdict.state === 'unknown') return null
  const others = left.filter(
    (one) => one.thumbprint === thumbprint || (place !== null && one.place.read && one.place.value === place),
  )
  return [
    ...others.map(({ name }) => `key object ${name}`),
    ...(verdict.state === 'in-use' ? verdict.users : []),
  ]
}
