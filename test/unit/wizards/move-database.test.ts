import { afterEach, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../electron/engine/canonical.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import {
  moveServers,
  reviewed,
  share,
  tryStep,
  underTde,
  undoAll,
  walkMove,
  type MoveServers,
  type MoveWish,
} from './move-servers.ts'

let servers: MoveServers
const begin = async (wish: MoveWish = {}): Promise<MoveServers> => {
  servers = await moveServers(wish)
  await underTde(servers)
  return servers
}
afterEach(() => servers.stop())

const state = async (name: string, on = servers.destination) =>
  (
    await on.rows(
      `SELECT d.state_desc AS state, d.is_master_key_encrypted_by_server AS opens FROM sys.databases AS d WHERE d.name = N'${name}'`,
    )
  )[0]
const kept = async (name: string, on = servers.destination) =>
  on.rows(`SELECT note FROM [${name}].dbo.RehearsalRows`)
const certificates = async (on = servers.destination) =>
  (await on.rows('SELECT c.name AS name FROM master.sys.certificates AS c')).map((row) => row['name'])

/** What the person does when the run waits: the command that the problem named. */
const help = (code: string, step: PlannedStep): void => {
  const params = step.params as { file?: string; files?: { from?: string; to: string }[] }
  if (code === 'move-files-not-there')
    for (const { from, to } of params.files ?? []) servers.copy(from ?? '', to)
  else if (code === 'move-file-denied' && params.files === undefined) servers.grant(params.file ?? '')
  else if (code === 'move-file-denied') for (const { to } of params.files ?? []) servers.grant(to, 'full')
  else throw new Error(`${step.kind}: ${code}`)
}

describe('a move by backup and restore', () => {
  it('brings certificate, database and its own master key; the source stays as it was', async () => {
    await begin()
    const { plan, advice } = await reviewed(servers, { backupCertificate: 'KT_Backup' })
    expect(advice.blockers).toEqual([])
    expect(plan.targets.map(({ ref }) => ref.name)).toEqual(['KTR-SOURCE', 'KTR-DEST'])
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'try-database-key',
      'copy-certificate',
      'copy-certificate',
      'match-protectors',
      'back-up-for-move',
      'read-moved-backup',
      'restore-moved-database',
      'check-moved-database',
      'repair-master-key',
      'set-database-options',
    ])
    const codes: string[] = []
    await walkMove(plan, servers, (code, step) => {
      codes.push(code)
      help(code, step)
    })
    expect(codes).toEqual(['move-file-denied'])
    expect(await state('Sales')).toEqual({ state: 'ONLINE', opens: true })
    expect(await kept('Sales')).toEqual([{ note: 'kept' }])
    expect(await state('Sales', servers.source)).toEqual({ state: 'ONLINE', opens: true })
    expect(servers.around.earlier.every(({ source, at }) => source !== '' && at !== '')).toBe(true)
    expect(servers.around.earlier.map(({ statement }) => statement)).toEqual(
      expect.arrayContaining([
        'Encryption state, the same as on the source',
        'Thumbprint that it is under, the same as on the source',
        'Errors that it counted',
      ]),
    )
  })
})

describe('a move by detach and attach', () => {
  it('waits for the files, attaches them, and attaches the source again', async () => {
    await begin()
    const { plan, advice } = await reviewed(servers, {
      way: 'detach',
      newName: 'Moved',
      sourceAfter: 'offline',
    })
    expect(advice.blockers).toEqual([])
    const codes: string[] = []
    const walked = await walkMove(plan, servers, (code, step) => {
      codes.push(code)
      help(code, step)
    })
    expect(codes).toEqual(['move-files-not-there', 'move-file-denied'])
    expect(walked.map(({ step }) => step.kind)).toEqual([
      'try-database-key',
      'copy-certificate',
      'match-protectors',
      'detach-database',
      'wait-for-files',
      'attach-moved-database',
      'check-moved-database',
      'repair-master-key',
      'set-database-options',
      'attach-source',
      'repair-master-key',
      'set-database-options',
      'set-source-offline',
    ])
    expect(await state('Moved')).toEqual({ state: 'ONLINE', opens: true })
    expect(await kept('Moved')).toEqual([{ note: 'kept' }])
    expect(await state('Sales', servers.source)).toMatchObject({ state: 'OFFLINE' })
    const text = displayScript(walked[4]?.step.scripts[0] ?? { language: 'tsql', parts: [] })
    expect(text).toContain('-- robocopy "\\\\')
    expect(text).toContain('-- icacls "D:\\Data\\')
    // Everything is taken back: the source is online and whole, the destination as it was.
    await undoAll(walked, servers)
    expect(await state('Moved')).toBeUndefined()
    expect(await certificates()).toEqual([])
    expect(await state('Sales', servers.source)).toEqual({ state: 'ONLINE', opens: true })
    expect(await kept('Sales', servers.source)).toEqual([{ note: 'kept' }])
  })

  describe('owner, TRUSTWORTHY and Service Broker', () => {
    const password = 'Some-good-pass-1'
    const asBefore = { owner: 'boss', trustworthy: true, broker: true }
    const options = async (name: string, on: MoveServers['source']) =>
      (
        await on.rows(
          `SELECT SUSER_SNAME(d.owner_sid) AS owner, d.is_trustworthy_on AS trustworthy, d.is_broker_enabled AS broker FROM sys.databases AS d WHERE d.name = N'${name}'`,
        )
      )[0]
    const beginWithOptions = async (): Promise<void> => {
      await begin()
      await servers.source.run(`USE master; CREATE LOGIN boss WITH PASSWORD = N'${password}';
ALTER AUTHORIZATION ON DATABASE::[Sales] TO boss; ALTER DATABASE [Sales] SET TRUSTWORTHY ON; ALTER DATABASE [Sales] SET ENABLE_BROKER WITH ROLLBACK IMMEDIATE;`)
      expect(await options('Sales', servers.source)).toEqual(asBefore)
    }

    it('are on the source as they were before; the moved database gets the owner that its server knows', async () => {
      await beginWithOptions()
      await servers.destination.run(`CREATE LOGIN boss WITH PASSWORD = N'${password}';`)
      const { plan } = await reviewed(servers, { way: 'detach' })
      const [there, back] = plan.steps.filter(({ kind }) => kind === 'set-database-options')
      expect(there?.scripts.map(displayScript).join()).toContain(
        'ALTER AUTHORIZATION ON DATABASE::[Sales] TO [boss]',
      )
      expect(there?.after).toContain('TRUSTWORTHY and Service Broker are off')
      expect(back?.scripts.map(displayScript).join()).toMatch(
        /TO \[boss\].*SET TRUSTWORTHY ON.*SET ENABLE_BROKER/s,
      )
      await walkMove(plan, servers, help)
      expect(await options('Sales', servers.source)).toEqual(asBefore)
      expect(await options('Sales', servers.destination)).toEqual({
        owner: 'boss',
        trustworthy: false,
        broker: false,
      })
      const told = servers.around.earlier.map(({ statement, value }) => `${statement}: ${value}`)
      expect(told.slice(-3)).toEqual([
        'Owner of Sales: boss',
        'TRUSTWORTHY of Sales: on',
        'Service Broker of Sales: on',
      ])
      // Again after a crash: nothing to do.
      if (back === undefined) throw new Error('no step')
      expect((await tryStep(back, servers, asBefore, 2)).state).toBe('satisfied')
    })

    it('stay with the login of the connection on a server that does not know the owner, and the plan says so', async () => {
      await beginWithOptions()
      const { plan } = await reviewed(servers)
      const there = plan.steps.find(({ kind }) => kind === 'set-database-options')
      expect(there?.after).toContain('KTR-DEST has no login boss')
      expect(there?.scripts).toEqual([])
      await walkMove(plan, servers, help)
      expect(await options('Sales', servers.destination)).toMatchObject({
        owner: 'keyturn',
        trustworthy: false,
      })
      expect(await options('Sales', servers.source)).toEqual(asBefore)
    })

    it('come back when the detach is undone, and keep it from being sent once they changed since the review', async () => {
      await beginWithOptions()
      const { plan } = await reviewed(servers, { way: 'detach' })
      const at = plan.steps.findIndex(({ kind }) => kind === 'detach-database')
      for (const step of plan.steps.slice(0, at)) await tryStep(step, servers)
      const detach = plan.steps[at]
      if (detach === undefined) throw new Error('no step')
      const undo = detach.undo.can === true ? displayScript(detach.undo.script) : ''
      expect(undo).toMatch(/FOR ATTACH.*ALTER AUTHORIZATION.*TRUSTWORTHY ON.*ENABLE_BROKER/s)
      await servers.source.run('ALTER DATABASE [Sales] SET TRUSTWORTHY OFF;')
      await expect(tryStep(detach, servers)).rejects.toMatchObject({ code: 'move-options-changed' })
      await servers.source.run('ALTER DATABASE [Sales] SET TRUSTWORTHY ON;')
      const walked = await tryStep(detach, servers)
      expect(await options('Sales', servers.source)).toBeUndefined()
      await undoAll([walked], servers)
      expect(await options('Sales', servers.source)).toEqual(asBefore)
    })
  })

  it('loss rehearsal: the certificate lost on the destination is found before anything is detached', async () => {
    await begin()
    const { plan } = await reviewed(servers, { way: 'detach' })
    for (const step of plan.steps.slice(0, 2)) await tryStep(step, servers)
    await servers.destination.run('USE master; DROP CERTIFICATE [KT_Tde];')
    const [match, detach] = plan.steps.slice(2)
    if (match === undefined || detach === undefined) throw new Error('no steps')
    expect(detach.kind).toBe('detach-database')
    await expect(tryStep(match, servers)).rejects.toMatchObject({ code: 'move-certificate-missing' })
    await expect(tryStep(detach, servers)).rejects.toMatchObject({ code: 'move-certificate-missing' })
    expect(await state('Sales', servers.source)).toMatchObject({ state: 'ONLINE' })
    const access = await servers.source.rows(
      "SELECT d.user_access_desc AS a FROM sys.databases AS d WHERE d.name = N'Sales'",
    )
    expect(access).toEqual([{ a: 'MULTI_USER' }])
  })
})

describe('what stops a move', () => {
  it('blocks before anything runs: older version, edition without TDE, taken name, no master key there', async () => {
    servers = await moveServers({ sourceVersion: 16, destinationVersion: 15, destinationEdition: 'Express' })
    await underTde(servers)
    await servers.destination.run('USE master; DROP MASTER KEY; CREATE DATABASE [Sales];')
    const { advice } = await reviewed(servers)
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      'KTR-DEST is older than the source',
      'The edition of KTR-DEST has no TDE',
      'The name Sales is taken on KTR-DEST',
      'master of KTR-DEST has no database master key',
    ])
    expect(advice.blockers.every(({ limit, screen }) => limit !== '' && screen !== null)).toBe(true)
  })

  it('a wrong password of the database’s own master key shows on the source, first of all', async () => {
    await begin()
    const { plan } = await reviewed(servers)
    servers.around.secrets.set('dmk_password', SecretBytes.fromText('Not-The-Password-1'))
    const [first] = plan.steps
    if (first === undefined) throw new Error('no step')
    await expect(tryStep(first, servers)).rejects.toMatchObject({ code: 'sql-wrong-password' })
    expect(await state('Sales')).toBeUndefined()
  })

  it('names what the restore lacks: the right to the file, its certificate, room on the disk, the name', async () => {
    await begin()
    const { plan } = await reviewed(servers)
    const at = plan.steps.findIndex(({ kind }) => kind === 'restore-moved-database')
    for (const step of plan.steps.slice(0, at - 1)) await tryStep(step, servers)
    const [readIt, restore] = plan.steps.slice(at - 1)
    if (readIt === undefined || restore === undefined) throw new Error('no steps')
    const { file } = restore.params as { file: string }
    await expect(tryStep(readIt, servers)).rejects.toMatchObject({
      code: 'move-file-denied',
      problem: {
        vendor: { number: 3201 },
        next: expect.stringContaining(`icacls "${file}" /grant "KTR\\svc-KTR-DEST:(R)"`),
      },
    })
    servers.grant(file)
    await tryStep(readIt, servers)
    await servers.destination.run('USE master; DROP CERTIFICATE [KT_Tde];')
    await expect(tryStep(restore, servers)).rejects.toMatchObject({
      code: 'move-certificate-missing',
      problem: { vendor: { number: 33111 }, title: expect.stringMatching(/no certificate [0-9A-F]{40}/) },
    })
    const copy = plan.steps.find(({ kind }) => kind === 'copy-certificate')
    if (copy !== undefined) await tryStep(copy, servers)
    servers.destination.instance.disk.forcedFree.set('D', 1024)
    await expect(tryStep(restore, servers)).rejects.toMatchObject({ code: 'move-no-space' })
    servers.destination.instance.disk.forcedFree.clear()
    await servers.destination.run('CREATE DATABASE [Sales];')
    await expect(tryStep(restore, servers)).rejects.toMatchObject({ code: 'sql-exists' })
    await servers.destination.run('DROP DATABASE [Sales];')
    const done = await tryStep(restore, servers)
    // Someone is in it, or relies on it: the undo leaves it there.
    await servers.destination.run(`BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\since.bak' WITH FORMAT;`)
    expect(await undoAll([done], servers)).toEqual(['restore-moved-database'])
    expect(await state('Sales')).toMatchObject({ state: 'ONLINE' })
  })

  it('takes up a detach that was broken off, and an undo opens the source again', async () => {
    await begin()
    const { plan } = await reviewed(servers, { way: 'detach' })
    const detach = plan.steps.find(({ kind }) => kind === 'detach-database')
    if (detach === undefined) throw new Error('no step')
    for (const step of plan.steps.slice(0, plan.steps.indexOf(detach))) await tryStep(step, servers)
    await servers.source.run('USE master; ALTER DATABASE [Sales] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;')
    const before = { owner: 'keyturn', userAccess: 'MULTI_USER' }
    await undoAll([{ step: detach, before, state: 'needed' }], servers)
    const access = () =>
      servers.source.rows("SELECT d.user_access_desc AS a FROM sys.databases AS d WHERE d.name = N'Sales'")
    expect(await access()).toEqual([{ a: 'MULTI_USER' }])
    await servers.source.run('USE master; ALTER DATABASE [Sales] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;')
    const walked = await tryStep(detach, servers, before, 2)
    expect(await access()).toEqual([])
    // Again after a crash: detached by this run, nothing to do.
    expect((await tryStep(detach, servers, before, 2)).state).toBe('satisfied')
    await undoAll([walked], servers)
    expect(await access()).toEqual([{ a: 'MULTI_USER' }])
    expect(await kept('Sales', servers.source)).toEqual([{ note: 'kept' }])
  })

  it('is the same plan twice, and another one for other answers', async () => {
    await begin()
    const [one, two, other] = [
      await reviewed(servers),
      await reviewed(servers),
      await reviewed(servers, { way: 'detach' }),
    ]
    expect(canonicalJson(one.plan)).toBe(canonicalJson(two.plan))
    expect(canonicalJson(other.plan)).not.toBe(canonicalJson(one.plan))
  })
})

describe('the certificate from key files', () => {
  it('the right pair lets the move go on; a pair of another certificate is found before the source is touched', async () => {
    await begin()
    const password = 'Key-File-Password-1'
    servers.around.secrets.set('certificate_file_password', SecretBytes.fromText(password))
    for (const name of ['KT_Tde', 'KT_Backup']) {
      await servers.source.run(`USE master;
BACKUP CERTIFICATE [${name}] TO FILE = N'${share}\\${name}.cer' WITH PRIVATE KEY (FILE = N'${share}\\${name}.pvk', ENCRYPTION BY PASSWORD = N'${password}');`)
      for (const ending of ['cer', 'pvk']) servers.grant(`${share}\\${name}.${ending}`)
    }
    const from = (name: string) =>
      reviewed(servers, {
        way: 'detach',
        certificateFrom: 'files',
        certificateName: `From_${name}`,
        keyFolder: share,
        serverCertificateFile: `${name}.cer`,
        serverPrivateKeyFile: `${name}.pvk`,
        certificateFilePassword: 'h-file',
      })
    const wrong = await from('KT_Backup')
    expect(wrong.advice.blockers).toEqual([])
    const [, bring, match] = wrong.plan.steps
    if (bring === undefined || match === undefined) throw new Error('no steps')
    await tryStep(bring, servers)
    await expect(tryStep(match, servers)).rejects.toMatchObject({ code: 'move-certificate-missing' })
    expect(await state('Sales', servers.source)).toMatchObject({ state: 'ONLINE' })
    const right = await from('KT_Tde')
    expect(right.plan.secrets.map(({ hole, target }) => `${hole} ${target.name}`)).toEqual([
      'dmk_password KTR-SOURCE',
      'certificate_file_password KTR-DEST',
    ])
    for (const step of right.plan.steps.slice(0, 3)) await tryStep(step, servers)
    expect(await certificates()).toEqual(['From_KT_Backup', 'From_KT_Tde'])
  })
})
