/** Servers that say too little, or something else: silence is no answer, and what is there by another's hand stays. */
import { describe, expect, it } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import type { StepContext } from '../../../electron/engine/contract.ts'
import type { SqlMessage, SqlRow, SqlServer } from '../../../electron/ports/sql-server.ts'
import { checkDrillDatabase } from '../../../electron/scripts/tsql/drill.ts'
import { drillSteps } from '../../../electron/wizards/restore-drill/steps/index.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Json } from '../../../shared/model/plan.ts'
import { target } from './fake-server.ts'
import { runId } from './samples.ts'
import { noUsers } from '../../support/no-users.ts'

const database = 'KT_drill_k7f3ab2c_d1'
const certificate = 'KT_drill_k7f3ab2c_c1'
const thumbprint = 'A'.repeat(40)

interface Says {
  rows: (sql: string) => SqlRow[]
  messages?: Partial<SqlMessage>[]
  earlier?: Evidence[]
  before?: Json
}

const evidence = (data: NonNullable<Evidence['data']>): Evidence => ({
  statement: 'read',
  value: '',
  source: 'test',
  at: '2026-11-22T10:00:00.000Z',
  data,
})

const contextOf = (
  kind: string,
  params: Json,
  { rows, messages = [], earlier = [], before = null }: Says,
) => {
  const sent: string[] = []
  const sql: Pick<SqlServer, 'ref' | 'query'> = { ref: target, query: async (text) => rows(text) }
  const step = {
    id: 's01',
    kind,
    target,
    params,
    scripts: [checkDrillDatabase(database)],
    undo: { can: false, because: '' },
  }
  const context = {
    runId,
    step: step as unknown as PlannedStep,
    before,
    sql,
    earlier,
    session: async () => ({
      execute: async (script: PlannedStep['scripts'][number]) => {
        sent.push(script.parts.join(''))
        return { resultSets: [], messages }
      },
    }),
    secrets: new Map(),
    clock: { now: () => new Date('2026-11-22T10:10:00Z'), monotonicMs: () => 0 },
    signal: new AbortController().signal,
    progress: () => undefined,
    say: () => undefined,
    verdicts: {
      ...noUsers,
      databaseMasterKey: async () => ({ state: 'in-use', users: ['the private key of Somebody'] }),
    },
  }
  return { context: context as unknown as StepContext, sent }
}

const checkParams: Json = {
  account: null,
  probe: 'dm_os_file_exists',
  known: [],
  original: 'Sales',
  sets: [{ setId: 'A', kind: 'full', finishedAt: '', position: 1, files: ['a.bak'], thumbprint: null }],
  database,
  consistency: true,
  certificates: [],
}
const online = (sql: string): SqlRow[] =>
  sql.includes('sys.master_files')
    ? [{ physical_name: 'a.mdf', pages: 10 }]
    : [{ name: database, state_desc: 'ONLINE', is_encrypted: false }]

const verifyCode = async (says: Says): Promise<string> => {
  try {
    await drillSteps['check-drill-database'].verify(
      contextOf('check-drill-database', checkParams, says).context,
    )
  } catch (error) {
    const { code, title } = problemOf(error)
    return `${code}: ${title}`
  }
  return 'verified'
}

describe('the check of a restored database', () => {
  const counted = (text: string) => [{ number: 8989, severity: 10, text }]

  it.each([
    ['says nothing', [], /^step-not-verified: .*did not say how many errors/],
    [
      'counts errors in another language',
      counted(
        `CHECKDB hat 0 Zuordnungsfehler und 3 Konsistenzfehler in der Datenbank "${database}" gefunden.`,
      ),
      /^drill-not-consistent: /,
    ],
    ['counts without numbers', counted('CHECKDB found no errors'), /^drill-not-consistent: /],
    [
      'counts none',
      counted(`CHECKDB found 0 allocation errors and 0 consistency errors in database '${database}'.`),
      /^verified$/,
    ],
  ])('where DBCC %s', async (_what, messages, expected) => {
    expect(await verifyCode({ rows: online, messages })).toMatch(expected)
  })

  it('refuses a database that is not ONLINE, not there, or of another size than the backup says', async () => {
    const restoring = (): SqlRow[] => [{ name: database, state_desc: 'RESTORING' }]
    expect(await verifyCode({ rows: restoring })).toMatch(/^step-not-verified: .*RESTORING/)
    expect(await verifyCode({ rows: () => [] })).toMatch(/^step-not-verified: .*not there/)
    const earlier = [evidence({ bytes: 8192 })]
    expect(await verifyCode({ rows: online, earlier })).toMatch(/^step-not-verified: .*81920 bytes/)
  })
})

describe('removals', () => {
  const certificateRow = (): SqlRow[] => [
    { name: certificate, subject: '', thumbprint, private_key: 'MK', expiry_date: null, last_export: null },
  ]

  it('leave a certificate of that name that this run did not read back', async () => {
    const step = drillSteps['drop-drill-certificate']
    const params = { certificate }
    const stranger = contextOf('drop-drill-certificate', params, { rows: certificateRow })
    expect((await step.check(stranger.context)).state).toBe('foreign')
    const other = [evidence({ drillCertificate: certificate, thumbprint: 'B'.repeat(40) })]
    const replaced = contextOf('drop-drill-certificate', params, { rows: certificateRow, earlier: other })
    expect((await step.check(replaced.context)).state).toBe('foreign')
    const own = [evidence({ drillCertificate: certificate, thumbprint })]
    const ours = contextOf('drop-drill-certificate', params, { rows: certificateRow, earlier: own })
    expect((await step.check(ours.context)).state).toBe('needed')
    // A database encryption key came under it meanwhile.
    const rows = (sql: string): SqlRow[] =>
      sql.includes('encryption_keys') ? [{ database_name: 'Somebody' }] : certificateRow()
    const used = contextOf('drop-drill-certificate', params, { rows, earlier: own })
    await expect(step.apply(used.context)).rejects.toMatchObject({ code: 'undo-refused' })
    expect(used.sent).toEqual([])
  })

  it('leave a master key of another guid, and one that something is under', async () => {
    const step = drillSteps['drop-drill-master-key']
    const rows = (): SqlRow[] => [{ key_guid: 'K-1', smk_copies: 1, password_copies: 1, opens: true }]
    const other = contextOf('drop-drill-master-key', {}, { rows, earlier: [evidence({ keyGuid: 'K-2' })] })
    expect((await step.check(other.context)).state).toBe('foreign')
    const own = contextOf('drop-drill-master-key', {}, { rows, earlier: [evidence({ keyGuid: 'K-1' })] })
    expect((await step.check(own.context)).state).toBe('needed')
    await expect(step.apply(own.context)).rejects.toMatchObject({ code: 'undo-refused' })
    expect(own.sent).toEqual([])
  })

  it('a master key is this run’s only if it was made after the intent', async () => {
    const step = drillSteps['create-drill-master-key']
    const at = (created: string, serverTime: string) =>
      step.check(
        contextOf(
          'create-drill-master-key',
          {},
          {
            rows: () => [{ key_guid: 'K', create_date: new Date(created), smk_copies: 1, opens: true }],
            before: { serverTime },
          },
        ).context,
      )
    const intent = '2026-11-22T10:00:00.000Z'
    expect((await at('2026-11-22T10:00:01.000Z', intent)).state).toBe('satisfied')
    expect((await at('2026-11-22T09:59:59.000Z', intent)).state).toBe('foreign')
  })
})
