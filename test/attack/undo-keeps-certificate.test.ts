/**
 * Undo against a certificate that something of the same run already uses: whatever goes back, the certificate stays,
 * with its private key, and what it encrypted still opens. Both rules are tried that keep it: the plan's own, and the
 * retire verdict where the user is one that no plan knows.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { RunView } from '../../shared/model/plan.ts'
import { onServer } from '../support/certificate-answers.ts'
import { answersOfEncryptedBackup } from '../support/encrypted-backup-answers.ts'
import { runJob } from '../support/job-answers.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { refOf } from '../../electron/profile/target-ref.ts'
import { answersOfTde, databaseKeysQuery, makeMasterKey } from '../support/tde-answers.ts'

const server = 'ktr-sqlprod-01'
let house: TestRehearsal
beforeAll(async () => {
  house = await openRehearsal()
})
afterAll(() => house?.end())
beforeEach(() => house.ask('rehearsal.reset', {}))

const rows = async (question: string) => {
  const found = (await house.ask('connections.list', {})).find(({ connection }) => connection.name === server)
  if (!found) throw new Error('no connection')
  return (await house.program.servers.open(refOf(found.connection))).query(question)
}

const certificates = async (): Promise<string[]> =>
  (
    await rows(
      "SELECT c.name AS name, c.pvt_key_encryption_type AS kind FROM master.sys.certificates AS c WHERE c.name NOT LIKE N'##%'",
    )
  ).map(({ name, kind }) => `${String(name)} ${String(kind)}`)

const order = (match: string, nth: number) => {
  const fault = { kind: 'fail', match, nth, number: 3041, message: 'It failed' } as const
  return house.simulators.order({ command: 'fault', instance: server, fault })
}

/** Runs a job to the statement that fails. */
const failing = async (job: JobId, answers: Answers, match: string, nth: number): Promise<RunView> => {
  await order(match, nth)
  const failed = await runJob(house.program, job, answers)
  expect(failed.state).toBe('waiting-for-decision')
  await house.simulators.order({ command: 'clearFaults', instance: server })
  return failed
}

const undo = async ({ id }: RunView): Promise<RunView> => {
  await house.ask('runs.undo', { run: id })
  return house.program.engine.settled(asRunId(id))
}

const stateOf = ({ plan, steps }: RunView, kind: string): string | undefined =>
  steps[plan.steps.findIndex((step) => step.kind === kind)]?.state

test('a backup of the run uses it: the certificate stays, and the backup reads', async () => {
  const wish = { server, databases: ['Payroll', 'Sales'], localFolder: 'escrow' }
  const { answers } = await answersOfEncryptedBackup(house.ask, wish)
  const view = await undo(await failing('encrypted-backup', answers, 'BACKUP DATABASE', 2))
  expect(view.state).toBe('undone')
  expect(stateOf(view, 'create-certificate')).toBe('cannot-be-undone')
  expect(await certificates()).toEqual([`${String(answers['certificateName'])} MK`])
  const [taken] = await rows(
    `SELECT f.physical_device_name AS path, bs.encryptor_type AS type FROM msdb.dbo.backupset AS bs
     JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = bs.media_set_id WHERE bs.description LIKE N'%keyturn%'`,
  )
  expect(taken?.['type']).toBe('CERTIFICATE')
  await onServer(house, server, `RESTORE VERIFYONLY FROM DISK = N'${String(taken?.['path'])}' WITH CHECKSUM`)
})

test('a database key of the run uses it: off, key dropped, and the certificate stays for the log', async () => {
  await makeMasterKey(house.program, house.ask, server)
  const wish = { server, databases: ['Payroll', 'Sales'], folder: 'escrow' }
  // The first database is on when the second one fails.
  const failed = await failing('tde', await answersOfTde(house.ask, wish), 'ALTER DATABASE', 2)
  expect((await rows(databaseKeysQuery)).map(({ protector }) => protector)).toContain('KT_TDE_2026')
  // While the key itself does not go, nothing below it goes.
  await order('DROP DATABASE ENCRYPTION KEY', 1)
  expect((await undo(failed)).state).toBe('waiting-for-decision')
  expect(await certificates()).toEqual(['KT_TDE_2026 MK'])
  await house.simulators.order({ command: 'clearFaults', instance: server })
  const view = await undo(failed)
  expect(view.state).toBe('undone')
  // tempdb stays encrypted until the next restart.
  expect((await rows(databaseKeysQuery)).filter(({ name }) => name !== 'tempdb')).toEqual([])
  expect(stateOf(view, 'create-certificate')).toBe('cannot-be-undone')
  expect(await certificates()).toEqual(['KT_TDE_2026 MK'])
})

test('a database key that somebody else made under it meanwhile: the verdict keeps the certificate', async () => {
  await makeMasterKey(house.program, house.ask, server)
  const wish = { server, databases: ['Payroll'], folder: 'escrow' }
  const failed = await failing('tde', await answersOfTde(house.ask, wish), 'BACKUP CERTIFICATE', 1)
  await onServer(
    house,
    server,
    'USE [Inventory]; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE [KT_TDE_2026]; ALTER DATABASE [Inventory] SET ENCRYPTION ON;',
  )
  const view = await undo(failed)
  expect(stateOf(view, 'create-certificate')).toBe('cannot-be-undone')
  expect(view.steps[0]?.problem?.title).toContain('the database encryption key of Inventory')
  expect(await certificates()).toEqual(['KT_TDE_2026 MK'])
  expect((await rows(databaseKeysQuery)).map(({ name, protector }) => [name, protector])).toContainEqual([
    'Inventory',
    'KT_TDE_2026',
  ])
})
