import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { StepHandler } from '../../../../engine/contract.ts'
import { textOf } from '../../../../ports/sql-rows.ts'
import { allRows } from '../../../../ports/sql-sight.ts'
import { userDatabases } from '../../../../scripts/tsql/drill-queries.ts'
import { allDatabases } from '../../../../scripts/tsql/sight.ts'
import { evidenceOf, needed } from '../help.ts'

/** Only reads; after a crash it reads again, and what this run restored by then is a database of its own. */
export const checkDrillServerStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const rows = await allRows(ctx.sql, userDatabases(), allDatabases())
    const names = rows.map((row) => textOf(row['name']))
    if (names.length > 0)
      throw new KeyturnError('drill-server-not-empty', {
        target: ctx.sql.ref.name,
        databases: names.slice(0, 5).join(', '),
      })
    return {
      evidence: [evidenceOf(ctx, 'sys.databases', 'User databases on the drill server', 'none')],
      proofs: [],
    }
  },
}
