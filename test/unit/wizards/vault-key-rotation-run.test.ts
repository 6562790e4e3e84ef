/** Whole runs of the job in a rehearsal: simulated servers whose connector asks the simulated vault. */
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId, runMark, type RunId } from '../../../shared/model/ids.ts'
import type { ReviewedPlan, RunView } from '../../../shared/model/plan.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { documentedRotation, ekmEndState } from '../../support/ekm-end-state.ts'
import { pickFolder, saveDraft } from '../../support/encrypted-backup-answers.ts'
import { refusalOf } from '../../support/refusal.ts'
import { asAdministrator } from '../../support/restore-drill-answers.ts'
import { azureRefOf } from '../../support/vault-answers.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'
import {
  answersOfKeyRotation,
  chainOf,
  ekmEstate,
  protectorsOf,
  putUnderOldVersion,
  versionsOfEstate,
} from '../../support/vault-key-rotation-answers.ts'

const server = 'ktr-sqlprod-01'
const vault = 'ktr-vault-weu'
let house: TestRehearsal

beforeAll(async () => {
  house = await openRehearsal()
  await putUnderOldVersion(house, server, ['Sales', 'Payroll'])
}, 180_000)
afterAll(() => house.end())

const answers = async (databases: string[], changes: Answers = {}): Promise<Answers> =>
  answersOfKeyRotation(house, { server, databases, place: await pickFolder(house.ask, 'escrow'), changes })
const review = async (wish: Answers): Promise<ReviewedPlan> =>
  house.ask('wizard.review', { draft: await saveDraft(house.ask, wish, 'vault-key-rotation') })
const start = async (reviewed: ReviewedPlan): Promise<RunId> => {
  const { run } = await house.ask('runs.start', {
    digest: reviewed.digest,
    ticket: 'TEST-1',
    reason: 'a test',
  })
  return asRunId(run)
}
const run = async (reviewed: ReviewedPlan): Promise<RunView> => {
  expect(reviewed.advice.blockers).toEqual([])
  return house.program.engine.settled(await start(reviewed))
}
const kinds = ({ plan }: ReviewedPlan): string[] => plan.steps.map(({ kind }) => kind)
const said = (view: RunView): string[] =>
  view.steps.flatMap(({ evidence }) => evidence.map(({ statement, value }) => `${statement}: ${value}`))
const openServer = async () => {
  const found = (await house.ask('connections.list', {})).find(({ connection }) => connection.name === server)
  return house.program.servers.open({
    id: found?.connection.id as never,
    kind: 'sqlserver',
    name: server,
    environment: 'rehearsal',
  })
}
/** Names of this test's answers as the script of the documentation has them. */
const underDocumentedNames = (line: string): string =>
  line
    .replaceAll('"tde_old"', '"EKMSampleASYKey"')
    .replaceAll('"tde_new"', '"EKMSampleASYKey2"')
    .replaceAll('"tde_old_credential"', '"sysadmin_ekm_cred"')
    .replaceAll('"tde_new_credential"', '"sysadmin_ekm_cred2"')
    .replaceAll('"tde_old_login"', '"TDE_Login"')
    .replaceAll('"tde_new_login"', '"TDE_Login2"')
    .replaceAll('"Sales"', '"TestTDE"')
const statesOf = async (): Promise<Record<string, string>> => {
  const sql = await openServer()
  const rows = await sql.query('SELECT d.name AS name, d.state_desc AS state FROM sys.databases AS d')
  return Object.fromEntries(rows.map(({ name, state }) => [String(name), String(state)]))
}
const restart = (): Promise<unknown> => house.simulators.order({ command: 'restart', instance: server })

describe('what does not belong into an answer', () => {
  const rows: [string, Answers][] = [
    ['target', { target: 'X; --' }],
    ['databases', { databases: ['a\0b'] }],
    ['azure', { azure: '../x' }],
    ['vault', { vault: 'https://ktr-vault-weu.vault.azure.net' }],
    ['vault', { vault: 'ktr-vault-weu' }],
    ['vaultKey', { vaultKey: "k'; DROP" }],
    ['vaultKey', { vaultKey: `${ekmEstate.key}/${'0'.repeat(31)}` }],
    ['to', { to: 'oldest' }],
    ['otherKey', { to: 'other-key', otherKey: 'a-name-of-27-characters-xyz' }],
    ['origin', { origin: 'found' }],
    ['reference', { reference: 'by heart' }],
    ['keyBackup', { keyBackup: '/etc' }],
    ['keyName', { keyName: 'k\u202ek' }],
    ['keyLogin', { keyLogin: '' }],
    ['credentialName', { credentialName: '#c' }],
    ['application', { application: "x' OR 1=1" }],
    ['applicationSecret', { applicationSecret: 'Secret~in-clear-text' }],
    ['logBackups', { logBackups: 'none' }],
    ['backupFolder', { backupFolder: '\\\\host\\share' }],
  ]

  it.each(rows)('%s: %j is refused, and the message names the field', async (field, wrong) => {
    const draft = await saveDraft(
      house.ask,
      { ...(await answers(['Sales'])), ...wrong },
      'vault-key-rotation',
    )
    const problem = await refusalOf(house.ask('wizard.review', { draft }))
    expect(problem.code).toBe('answers-incomplete')
    expect(problem.fields?.filter((one) => one.field === field)).toHaveLength(1)
  })

  it('a secret of another use can’t be named; nothing runs', async () => {
    const azure = await azureRefOf(house.ask)
    const { handle } = await house.ask('secrets.keep', {
      purpose: 'entra.client-secret',
      target: azure.id,
      label: 'Not for this',
      rule: 'existing-password',
      bytes: new TextEncoder().encode('Not-For-This-2026-x'),
    })
    const { digest } = await review(await answers(['Sales'], { applicationSecret: handle }))
    const refused = await refusalOf(house.ask('runs.start', { digest, ticket: 'T', reason: 'stolen' }))
    expect(refused.code).toBe('handle-not-for-this')
    expect(house.program.engine.list()).toEqual([])
  })
})

describe('a new version under one database of two', () => {
  let reviewed: ReviewedPlan
  let view: RunView

  it('is made with the mark, copied and proven before the server knows of it; then the chain, then the database', async () => {
    reviewed = await review(await answers(['Sales']))
    expect(kinds(reviewed)).toEqual([
      'create-vault-key-version',
      'back-up-vault-key',
      'prove-wrap',
      'create-ekm-credential',
      'map-credential',
      'create-asymmetric-key',
      'create-key-login',
      'unmap-credential',
      'map-credential',
      'compare-key-place',
      'change-protectors',
      'keep-vault-key',
    ])
    view = await run(reviewed)
    expect(view.state).toBe('verified')
    const versions = await versionsOfEstate(house)
    expect(versions.map(({ mark, enabled }) => [mark, enabled])).toEqual([
      [null, true],
      [null, true],
      [runMark(asRunId(view.id)), true],
    ])
    expect(readdirSync(house.escrow)).toEqual([
      expect.stringMatching(new RegExp(`^${vault}-${ekmEstate.key}-.{8}\\.keybackup$`)),
    ])
    expect(await protectorsOf(house, server)).toEqual([
      { name: 'Payroll', protector: 'tde_old', state: 3 },
      { name: 'Sales', protector: 'tde_new', state: 3 },
    ])
  }, 120_000)

  it('ends as the documentation’s script in tsql does: the old chain as it was, a second one, the database under it', async () => {
    const sql = await openServer()
    const left = await ekmEndState((query) => sql.query(query))
    const ofThisDatabase = left.filter((line) => !line.includes('"Payroll"'))
    expect(ofThisDatabase.map(underDocumentedNames).toSorted()).toEqual(documentedRotation('ktr-vault-weu'))
  })

  it('compares the registry’s place with the version of the run, which the new key was opened in by its name alone', () => {
    const [, , third] = reviewed.plan.steps
    expect(third?.scripts.length).toBe(3)
    const made = said(view).find((line) => line.startsWith('Version made'))
    const version = made?.split(': ')[1] ?? ''
    expect(said(view)).toContainEqual(
      expect.stringMatching(
        new RegExp(`leads to: https://${ekmEstate.host}/keys/${ekmEstate.key}/${version}$`),
      ),
    )
    const created = reviewed.plan.steps.find(({ kind }) => kind === 'create-asymmetric-key')
    expect(created?.scripts.map(displayScript).join()).toContain(`PROVIDER_KEY_NAME = N'${ekmEstate.key}'`)
  })

  it('names on review and result who still needs the old version: the other database, logs and backups', () => {
    const [warning] = reviewed.advice.warnings
    expect(warning?.what).toMatch(
      /^Do not disable ktr-tde-sql01, version [0-9a-f]{32}\. Still needed by: the keys of Payroll; the logs of Payroll, Sales; backups of Payroll, Sales/,
    )
    expect(said(view)).toContainEqual(
      expect.stringMatching(
        /is still needed by: the keys of Payroll; the logs of Payroll, Sales; backups of Payroll, Sales$/,
      ),
    )
    expect(reviewed.advice.notes.map(({ statement }) => statement)).toContainEqual(
      expect.stringContaining('Rotation policy of ktr-tde-sql01'),
    )
  })

  it('the same answers give the same plan, byte for byte', async () => {
    const wish = await answers(['Payroll'], { keyName: 'k3', keyLogin: 'l3', credentialName: 'c3' })
    const [one, other] = [await review(wish), await review(wish)]
    const withoutRun = ({ plan }: ReviewedPlan): string =>
      JSON.stringify(plan).replaceAll(plan.runId, 'RUN').replaceAll(runMark(plan.runId), 'MARK')
    expect(withoutRun(one)).toBe(withoutRun(other))
  })

  it('loss: where somebody disables the old version all the same, the database that the warning named does not come up', async () => {
    const [old] = await versionsOfEstate(house)
    const version = old?.version ?? ''
    expect(reviewed.advice.warnings[0]?.what).toContain(version)
    const switched = (enabled: boolean): Promise<unknown> =>
      house.simulators.order({
        command: 'azure',
        order: { do: 'keyVersion', vault, key: ekmEstate.key, version, enabled },
      })
    await switched(false)
    await restart()
    const lost = await statesOf()
    expect({ Sales: lost['Sales'], Payroll: lost['Payroll'] }).toEqual({
      Sales: 'ONLINE',
      Payroll: 'RECOVERY_PENDING',
    })
    const { advice } = await review(
      await answers(['Payroll'], { keyName: 'k3', keyLogin: 'l3', credentialName: 'c3' }),
    )
    expect(advice.blockers.map(({ what, measured }) => `${what}: ${measured}`)).toContainEqual(
      'Payroll can’t be put under another vault key: its state is RECOVERY_PENDING, so its key is not shown',
    )
    expect(advice.warnings.map(({ what }) => what)).toContainEqual(
      expect.stringMatching(/^1 version of ktr-tde-sql01 is disabled/),
    )
    await switched(true)
    await restart()
    expect((await statesOf())['Payroll']).toBe('ONLINE')
  }, 120_000)
})

describe('what is there already', () => {
  it('is used: an asymmetric key that leads to the newest version is not made a second time', async () => {
    const reviewed = await review(
      await answers(['Payroll'], {
        to: 'newest',
        reference: 'pinned',
        keyName: 'k4',
        keyLogin: 'l4',
        credentialName: 'c4',
      }),
    )
    expect(kinds(reviewed)).toEqual([
      'back-up-vault-key',
      'prove-wrap',
      'compare-key-place',
      'change-protectors',
      'keep-vault-key',
    ])
    expect(reviewed.advice.satisfied.map(({ evidence }) => evidence.statement)).toEqual([
      expect.stringMatching(/^tde_new leads to version [0-9a-f]{32} of ktr-tde-sql01 already/),
    ])
    expect((await run(reviewed)).state).toBe('verified')
    expect((await protectorsOf(house, server)).map(({ protector }) => protector)).toEqual([
      'tde_new',
      'tde_new',
    ])
  }, 120_000)

  it('blocks where the databases are under it', async () => {
    const { advice } = await review(
      await answers(['Sales'], { to: 'newest', keyName: 'k5', keyLogin: 'l5', credentialName: 'c5' }),
    )
    expect(advice.blockers.map(({ what }) => what)).toEqual(['Sales hangs on the newest version already'])
  })
})

describe('what fails on the way', () => {
  const names = { keyName: 'tde_3', keyLogin: 'tde_3_login', credentialName: 'tde_3_credential' }
  const fail = (match: string, nth = 1): Promise<unknown> =>
    house.simulators.order({
      command: 'fault',
      instance: server,
      fault: { kind: 'fail', match, nth, number: 15151, message: 'refused on purpose' },
    })

  it('with one database of two moved: the undo puts it back; the new key with its chain stays, and so does the version', async () => {
    const chain = await chainOf(house, server)
    const reviewed = await review(await answers(['Sales', 'Payroll'], names))
    const making = reviewed.plan.steps.find(({ kind }) => kind === 'create-vault-key-version')
    expect(making?.undo).toMatchObject({ can: false })
    await fail('ALTER DATABASE ENCRYPTION KEY', 2)
    const id = await start(reviewed)
    expect((await house.program.engine.settled(id)).state).toBe('waiting-for-decision')
    const between = (await protectorsOf(house, server)).map(({ protector }) => protector)
    expect(between.toSorted()).toEqual(['tde_3', 'tde_new'])
    await house.ask('runs.undo', { run: id })
    const ended = await house.program.engine.settled(id)
    expect(ended.state).toBe('undone')
    // A log may hold records under the new key by now, and a backup may have been taken.
    const states = ended.steps.map(({ state }, index) => `${reviewed.plan.steps[index]?.kind ?? ''} ${state}`)
    expect(states).toContain('create-vault-key-version cannot-be-undone')
    expect(states).toContain('create-asymmetric-key cannot-be-undone')
    expect((await chainOf(house, server)).length).toBeGreaterThan(chain.length)
    expect((await versionsOfEstate(house)).every(({ enabled }) => enabled)).toBe(true)
    expect((await protectorsOf(house, server)).map(({ protector }) => protector)).toEqual([
      'tde_new',
      'tde_new',
    ])
  }, 120_000)

  it('before the key was used: nothing of the chain is left', async () => {
    const chain = await chainOf(house, server)
    const reviewed = await review(
      await answers(['Sales'], {
        keyName: 'tde_4',
        keyLogin: 'tde_4_login',
        credentialName: 'tde_4_credential',
      }),
    )
    await fail('CREATE LOGIN')
    const id = await start(reviewed)
    expect((await house.program.engine.settled(id)).state).toBe('waiting-for-decision')
    await house.ask('runs.undo', { run: id })
    expect((await house.program.engine.settled(id)).state).toBe('undone')
    expect(await chainOf(house, server)).toEqual(chain)
  }, 120_000)

  it('another version that became the newest between review and run makes another plan', async () => {
    const reviewed = await review(
      await answers(['Sales'], {
        keyName: 'tde_5',
        keyLogin: 'tde_5_login',
        credentialName: 'tde_5_credential',
      }),
    )
    const ref = (await house.ask('connections.list', {})).find(
      ({ connection }) => connection.kind === 'azure',
    )
    const opened = await house.program.azure.vaults.at(
      { id: ref?.connection.id as never, kind: 'azure', name: '', environment: 'rehearsal' },
      ekmEstate.host,
    )
    await opened.createKey({ name: ekmEstate.key, type: 'RSA-HSM', bits: 2048, mark: 'somebody' })
    await opened.close()
    expect((await refusalOf(start(reviewed))).code).toBe('plan-drifted')
  }, 120_000)
})

describe('the rule of the third change', () => {
  it('takes the log backup first where a chain has begun, and waits for the person where they take it', async () => {
    await asAdministrator(house.program, house.ask, server, [
      "BACKUP DATABASE [Payroll] TO DISK = N'D:\\Backup\\begins-a-chain.bak' WITH FORMAT;",
      "BACKUP LOG [Payroll] TO DISK = N'D:\\Backup\\chain.trn' WITH FORMAT;",
      'USE [Payroll]; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_256; USE [master];',
    ])
    while ((await protectorsOf(house, server)).some(({ state }) => state !== 3))
      await new Promise((resolve) => setImmediate(resolve))
    const mine = await review(
      await answers(['Payroll'], {
        to: 'newest',
        keyName: 'tde_6',
        keyLogin: 'tde_6_login',
        credentialName: 'tde_6_credential',
        logBackups: 'mine',
        backupFolder: '',
      }),
    )
    const take = await review(
      await answers(['Payroll'], {
        to: 'newest',
        keyName: 'tde_6',
        keyLogin: 'tde_6_login',
        credentialName: 'tde_6_credential',
      }),
    )
    expect(kinds(take).filter((kind) => kind === 'log-backup' || kind === 'checkpoint')).toEqual([
      'log-backup',
    ])
    expect(mine.advice.blockers.map(({ what }) => what)).toEqual([
      'The log of Payroll has to be backed up before its key is changed again',
    ])
    expect((await run(take)).state).toBe('verified')
  }, 120_000)
})
