import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../electron/engine/contract.ts'
import { readServerKeys } from '../../../electron/inventory/server-keys.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { createMasterKey } from '../../../electron/scripts/tsql/master-key.ts'
import { encryptedBackup } from '../../../electron/wizards/encrypted-backup/index.ts'
import { masterKey } from '../../../electron/wizards/master-key/index.ts'
import { readServerFacts } from '../../../electron/wizards/sqlserver/read-server.ts'
import { certificateOn } from '../../../electron/wizards/sqlserver/steps/help.ts'
import { tde } from '../../../electron/wizards/tde/index.ts'
import { readFacts } from '../../../electron/wizards/tde/facts.ts'
import { formFacts } from '../../../electron/wizards/tde/options.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { planReader } from '../../support/plan-reader.ts'
import { target } from './fake-server.ts'
import { draft, runId } from './samples.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { answers as tdeAnswers } from './tde-stage.ts'
import { passwords } from './walk.ts'

/** One server with a master key and a certificate, seen by an administrator and by a login that is shown neither. */
let simulated: Simulated
let admin: SqlServer
let low: SqlServer
let closeLow: () => Promise<void>
const lowPassword = 'Low-Login-Password-2026'

beforeAll(async () => {
  simulated = await simulatedServer(15)
  admin = await simulated.open()
  const texts = [
    `CREATE LOGIN [low] WITH PASSWORD = N'${lowPassword}';
DENY VIEW SERVER STATE TO [low];
DENY VIEW ANY DATABASE TO [low];`,
    `USE [master]; CREATE CERTIFICATE [KT_Hidden] WITH SUBJECT = N'hidden';
CREATE USER [low] FOR LOGIN [low]; DENY VIEW DEFINITION TO [low];`,
    'USE [Sales]; CREATE USER [low] FOR LOGIN [low];',
  ]
  await runAll(
    admin,
    [createMasterKey(), ...texts.map((text) => ({ language: 'tsql' as const, parts: [text] }))],
    new Map([['dmk_password', SecretBytes.fromText(passwords.dmk_password)]]),
  )
  const opened = await simulated.openAs('low', lowPassword)
  low = opened.server
  closeLow = opened.close
})
afterAll(async () => {
  await closeLow()
  await simulated.stop()
})

const blockersOf = async <Draft, Facts>(job: Job<Draft, Facts>, given: Answers, server: SqlServer) => {
  const parsed = job.parse(given)
  const facts = await job.readFacts(
    parsed,
    planReader(() => server),
  )
  return job.plan(parsed, facts, runId).advice.blockers.map(({ what, measured }) => `${what}: ${measured}`)
}
const keyMissing = 'not visible with this login: VIEW DEFINITION on master is missing'

describe('a login that the catalog hides keys from', () => {
  it('reads "not visible", with the permission, where an administrator reads what is there', async () => {
    const asAdmin = await readServerFacts(
      admin,
      planReader(() => admin),
    )
    expect(asAdmin.masterKey).toMatchObject({ read: true, value: { opensByItself: true } })
    expect(asAdmin.certificates).toMatchObject({ read: true, value: [{ name: 'KT_Hidden' }] })
    expect(asAdmin.replicas).toMatchObject({ read: true, value: [] })
    const facts = await readServerFacts(
      low,
      planReader(() => low),
    )
    expect(facts.masterKey).toMatchObject({ read: false, because: keyMissing })
    expect(facts.certificates).toMatchObject({ read: false, because: keyMissing })
    expect(facts.databases).toMatchObject({
      read: false,
      because: 'not visible with this login: VIEW ANY DATABASE is missing',
    })
    expect(facts.runningBackups.read).toBe(false)
    // A server that is in no group has no replicas to hide.
    expect(facts.replicas).toMatchObject({ read: true, value: [] })
  })

  it('is told by TDE that a restart can’t be judged, and gets no plan that stands on "none"', async () => {
    const facts = await readFacts(
      tdeAnswers({}),
      planReader(() => low),
    )
    const { checks } = formFacts('task', tdeAnswers({}), facts, [], facts.readAt)
    expect(checks.find(({ name }) => name === 'After a restart')).toMatchObject({
      state: 'unknown',
      detail: keyMissing,
    })
    const blockers = await blockersOf(tde, tdeAnswers({}), low)
    expect(blockers).toContain(`The master key of KTR-WIZARD was not read: ${keyMissing}`)
    expect(blockers.join()).not.toContain('has no database master key')
  })

  it('can plan no second master key: neither for backups nor by the job for master keys', async () => {
    const backup = { ...draft({ keyFolder: 'D:\\Keys', backupFolder: 'D:\\Backup' }) }
    expect(await blockersOf(encryptedBackup, backup, low)).toEqual(
      expect.arrayContaining([
        `The state of the master key is not known: ${keyMissing}`,
        `Certificates were not read: ${keyMissing}`,
      ]),
    )
    const create: Answers = {
      target: target.id,
      key: 'database',
      database: 'master',
      act: 'create',
      newPassword: 'h-new',
      keyFolder: 'D:\\Keys',
      filePassword: 'h-file',
      proveOnServer: false,
    }
    expect(await blockersOf(masterKey, create, low)).toContain(
      `The state of the master key is not known: ${keyMissing}`,
    )
    expect((await blockersOf(masterKey, create, admin))[0]).toContain('master has a database master key')
  })

  it('has no step that takes a hidden certificate for one that is not there', async () => {
    expect(await certificateOn(admin, 'KT_Nowhere')).toBeNull()
    await expect(certificateOn(low, 'KT_Hidden')).rejects.toMatchObject({ code: 'sql-not-visible' })
  })

  it('gets no verdict that a key is unused', async () => {
    const verdict = await createVerdicts({ open: async () => low }).databaseMasterKey(target, 'master')
    expect(verdict).toMatchObject({ state: 'unknown' })
  })

  it('sees on the Keys page what may be hidden, by its permission', async () => {
    const keys = async (server: SqlServer) => readServerKeys(server, new Date().toISOString(), new Date())
    const seen = await keys(admin)
    expect(seen.notVisible).toEqual([])
    expect(seen.rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['KT_Hidden', 'Master key of master']),
    )
    expect((await keys(low)).notVisible).toEqual(
      expect.arrayContaining([
        'databases (VIEW ANY DATABASE is missing)',
        'master key of master (VIEW DEFINITION on master is missing)',
        'master key of Sales (VIEW DEFINITION on Sales is missing)',
        'certificates of master (VIEW DEFINITION on master is missing)',
        'database encryption keys',
      ]),
    )
  })
})
