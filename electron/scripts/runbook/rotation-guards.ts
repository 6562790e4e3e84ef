import type { PlannedStep } from '../../../shared/model/plan.ts'
import { keyNamed } from '../tsql/ekm-queries.ts'
import { joined, queryText, text, tsql, whole, type Fragment } from '../tsql/fragment.ts'
import { backupsByDatabase, logProtectors } from '../tsql/key-needs-queries.ts'
import type { rotationParams } from './rotation-params.ts'
import type { StepGuards } from './sql-guards.ts'
import { readParams } from './step-params.ts'

/** What a runbook asks around the reading steps of a rotation. */

const keyMissing = (key: string): Fragment =>
  tsql`NOT EXISTS (SELECT 1 FROM master.sys.asymmetric_keys WHERE name = ${text(key)})`

type GuardsOf = { [Kind in keyof typeof rotationParams]: (step: PlannedStep) => StepGuards }

/** How many of these databases have a key in state 1 or 3; under that asymmetric key, where one is named. */
const keysAmong = (databases: readonly string[], under: string | null): Fragment =>
  tsql`(SELECT COUNT(*) FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id${
    under === null
      ? tsql``
      : tsql`
  JOIN master.sys.asymmetric_keys AS a ON a.thumbprint = k.encryptor_thumbprint AND a.name = ${text(under)}`
  }
  WHERE k.encryption_state IN (1, 3) AND d.name IN (${names(databases)}))`
const names = (databases: readonly string[]): Fragment =>
  joined(
    databases.map((one) => text(one)),
    ', ',
  )

export const rotationGuards: GuardsOf = {
  'change-protectors': ({ params }) => {
    const { asymmetricKey, databases } = readParams('change-protectors', params)
    const all = databases.map(({ database }) => database)
    const count = whole(all.length, 0, 10_000)
    return {
      stopIfBefore: tsql`${keyMissing(asymmetricKey)} OR ${keysAmong(all, null)} < ${count}`,
      stopIfAfter: tsql`${keysAmong(all, asymmetricKey)} < ${count}`,
      show: [
        queryText(tsql`SELECT d.name AS name, k.encryption_state AS encryption_state, k.encryptor_thumbprint AS encryptor_thumbprint
FROM sys.dm_database_encryption_keys AS k
JOIN sys.databases AS d ON d.database_id = k.database_id
WHERE d.name IN (${names(all)});`),
      ],
    }
  },
  'compare-key-place': ({ params }) => {
    const { asymmetricKey } = readParams('compare-key-place', params)
    return { stopIfBefore: keyMissing(asymmetricKey), stopIfAfter: null, show: [keyNamed(asymmetricKey)] }
  },
  'keep-vault-key': ({ params }) => {
    const { asymmetricKey, showsLog } = readParams('keep-vault-key', params)
    return {
      stopIfBefore: null,
      stopIfAfter: keyMissing(asymmetricKey),
      show: [keyNamed(asymmetricKey), ...(showsLog ? [logProtectors()] : []), backupsByDatabase()],
    }
  },
}
