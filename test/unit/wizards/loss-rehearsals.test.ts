/**
 * Keys that are lost on purpose, each named by its loss. Every one has two halves: what the product had said before it
 * happened, in the plan or form of the job that a person used until then, and how it ends, with the server's number and
 * the words of the catalogue.
 */
import { planReader } from '../../support/plan-reader.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../../../electron/engine/contract.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { backupCertificateRotation } from '../../../electron/wizards/backup-certificate-rotation/index.ts'
import { certificate as certificateJob } from '../../../electron/wizards/certificate/index.ts'
import { encryptedBackup } from '../../../electron/wizards/encrypted-backup/index.ts'
import { masterKey } from '../../../electron/wizards/master-key/index.ts'
import { problemOf, type Problem } from '../../../shared/errors/problem.ts'
import { encryptedBackupForm } from '../../../shared/forms/encrypted-backup.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { certificateDraft, rotationDraft } from './certificate-samples.ts'
import {
  drillServers,
  encryptedBackupOn,
  filePassword,
  newestOf,
  share,
  thumbprintOn,
  type DrillServer,
  type DrillServers,
} from './drill-servers.ts'
import { leftOn, planDrill, readerOf, undoDrill, walkDrill, walkOn } from './drill-walk.ts'
import { target as tdeTarget } from './fake-server.ts'
import { draft as backupDraft, runId } from './samples.ts'
import { tdeStage, type TdeStage } from './tde-stage.ts'
import { contextOf, passwords, walkStep, world } from './walk.ts'

/** How the server refuses, as the product tells it; null: it does not. */
const refusalOf = async (work: Promise<unknown>): Promise<Problem | null> => {
  try {
    await work
    return null
  } catch (error) {
    return problemOf(error)
  }
}

const containing = (text: string): string => expect.stringContaining(text) as string

describe('backups and their certificate', () => {
  let servers: DrillServers
  let source: DrillServer
  let server: SqlServer
  let lostPrint: string
  let newPrint: string
  beforeAll(async () => {
    servers = await drillServers({ sourceVersion: 15 })
    source = servers.source
    server = await source.open()
    await encryptedBackupOn(source, 'KT_A', 'sales.bak')
    lostPrint = await thumbprintOf('KT_A')
    await source.run(`USE master;
CREATE CERTIFICATE [KT_B] WITH SUBJECT = N'Backups', EXPIRY_DATE = N'20451231';
BACKUP CERTIFICATE [KT_B] TO FILE = N'${share}\\KT_B.cer' WITH PRIVATE KEY (FILE = N'${share}\\KT_B.pvk', ENCRYPTION BY PASSWORD = N'${filePassword}');`)
    newPrint = await thumbprintOf('KT_B')
    servers.grantAll()
  })
  afterAll(() => servers.stop())

  const thumbprintOf = (name: string): Promise<string> => thumbprintOn(source, name)

  /** What a job says of answers on the source, before anything runs. */
  const planOf = async <Draft, Facts>(job: Job<Draft, Facts>, answers: Answers) => {
    const draft = job.parse({ ...answers, target: source.ref.id })
    const { plan, advice } = job.plan(draft, await job.readFacts(draft, readerOf(servers)), runId)
    return { plan, advice, notChecked: job.notChecked(plan) }
  }

  /** A drill of the backup that walks to its failure and goes back; nothing of it is left. */
  const failingDrill = async (changes: Answers, password?: string) => {
    const { plan, advice } = await planDrill(servers, { ...(await theBackup()), ...changes })
    const walk = await walkOn(servers, password)
    const walked = await walkDrill(plan, walk)
    await undoDrill(walked, walk)
    expect(await leftOn(servers)).toEqual([])
    return { failed: walked.failed, advice }
  }

  const theBackup = (): Promise<Answers> => newestOf(source, 'Sales')

  it('lost certificate: nobody opens its backups any more (33111)', async () => {
    const setUp = await planOf(encryptedBackup, {
      ...backupDraft({ masterKeyMode: 'use', certificateName: 'KT_New', localCopy: null }),
    })
    expect(setUp.advice.warnings).toContainEqual({
      what: 'No copy of the certificate pair leaves the server',
      why: containing('key files and backups are lost together'),
      screen: 'files',
    })
    expect(encryptedBackupForm.intro.cannotBeUndone.join()).toContain('the backup needs it')
    expect(encryptedBackupForm.next.map(({ text }) => text).join()).toContain('apart from this server')

    const { store } = source.instance
    const kept = store.certificates.find(({ name }) => name === 'KT_A')
    if (kept === undefined) throw new Error('no certificate KT_A')
    // Nothing in the server keeps a certificate that only backups need.
    await source.run('USE master; DROP CERTIFICATE [KT_A];')
    try {
      const verify = `RESTORE VERIFYONLY FROM DISK = N'${share}\\sales.bak' WITH CHECKSUM`
      expect(await refusalOf(source.run(verify))).toMatchObject({
        code: 'sql-key-missing',
        title: containing(lostPrint),
        next: containing('Import that certificate with its private key'),
        vendor: { number: 33111 },
      })
      const drill = await planDrill(servers, { ...(await theBackup()), keyFiles: 'none', keyPassword: null })
      expect(drill.advice.warnings).toContainEqual({
        what: containing(`does not have the certificate ${lostPrint} any more`),
        why: 'Only its key files can bring it back. If they are lost, these backups are too',
        screen: 'keys',
      })
      expect(drill.advice.blockers.map(({ what }) => what)).toEqual([
        'The backups are encrypted and no key files are given',
      ])
      const { failed } = await failingDrill({ keyNames: 'KT_B.cer\nKT_B.pvk' })
      expect(failed?.problem).toMatchObject({
        code: 'drill-key-missing',
        title: containing(lostPrint),
        next: containing('Without them this backup can’t be restored anywhere else'),
        vendor: { number: 33111 },
      })
      // With its key files the same backup comes back.
      const { plan } = await planDrill(servers, await theBackup())
      const walk = await walkOn(servers)
      expect((await walkDrill(plan, walk)).failed).toBeNull()
      expect(walk.proofs.map(({ level }) => level)).toContain('restored')
    } finally {
      store.change(undefined, () => store.certificates.put(kept))
    }
  })

  it('lost password: the key file stays shut (15465)', async () => {
    expect(encryptedBackupForm.intro.needs).toContain(
      'With a certificate, a place outside this program for the passwords of the key files',
    )
    const setUp = await planOf(encryptedBackup, {
      ...backupDraft({ masterKeyMode: 'use', certificateName: 'KT_New' }),
    })
    expect(setUp.notChecked).toContain(
      'Whether the passwords are kept outside this computer was not checked.',
    )

    const kept = { passwordFrom: 'kept', keptPasswords: ['h-kept'], keyPassword: null }
    expect((await planDrill(servers, { ...(await theBackup()), ...kept })).advice.warnings).toContainEqual({
      what: 'The passwords come from Keyturn, not from where they are kept for the emergency',
      why: containing('does not show that anybody can find them on the day they are needed'),
      screen: 'keys',
    })
    const { failed } = await failingDrill({}, 'Another-Password-1')
    expect(failed?.step.kind).toBe('import-drill-certificate')
    expect(failed?.problem).toMatchObject({
      code: 'drill-wrong-password',
      title: containing('KT_A.pvk'),
      next: containing('If nobody has it, export the key again while the source still has it'),
      vendor: { number: 15465 },
    })
  })

  it('renewed certificate, then an old backup: it asks for the old one (33111)', async () => {
    const rotation = await planOf(
      backupCertificateRotation,
      rotationDraft({ oldCertificate: 'KT_A', certificateName: 'KT_C' }) as unknown as Answers,
    )
    expect(rotation.advice.warnings).toContainEqual({
      what: containing('KT_A must stay'),
      why: containing('A new certificate is a new identity, even with the same name and subject'),
      screen: 'certificates',
    })
    const created = await planOf(
      certificateJob,
      certificateDraft({ certificateName: 'KT_C' }) as unknown as Answers,
    )
    expect(created.advice.warnings.map(({ what }) => what)).toContain('KT_A must stay beside KT_C')

    const { failed, advice } = await failingDrill({ keyNames: 'KT_B.cer\nKT_B.pvk' })
    expect(advice.warnings).toContainEqual({
      what: 'The files of KT_B do not open these backups',
      why: containing('a backup keeps asking for the one it was made with'),
      screen: 'keys',
    })
    expect(failed?.step.kind).toBe('read-drill-backup')
    expect(failed?.problem).toMatchObject({
      code: 'drill-key-missing',
      title: containing(lostPrint),
      next: containing('Find the key files of that certificate'),
      vendor: { number: 33111 },
    })
    expect(failed?.problem.causes.join()).toContain('certificate KT_A on KTR-SOURCE')
    expect(failed?.problem.causes.join()).toContain(newPrint)
  })

  it('wrong .pvk for a .cer: no server takes the pair (15474)', async () => {
    for (const name of ['KT_A', 'KT_B'])
      await source.run(`USE master;
BACKUP CERTIFICATE [${name}] TO FILE = N'D:\\Keys\\${name}.cer' WITH PRIVATE KEY (FILE = N'D:\\Keys\\${name}.pvk', ENCRYPTION BY PASSWORD = N'${filePassword}');`)
    const mixed = { serverCertificateFile: 'KT_A.cer', serverPrivateKeyFile: 'KT_B.pvk' }
    const { plan, advice } = await planOf(certificateJob, {
      ...certificateDraft({ task: 'import-server', certificateName: 'KT_Mixed', ...mixed }),
    })
    expect(advice.warnings).toContainEqual({
      what: 'Nothing is known of the files before the run',
      why: containing('A private key of another certificate'),
      screen: 'places',
    })
    expect(advice.warnings.map(({ why }) => why).join()).toContain('15474')

    const folder = mkdtempSync(join(tmpdir(), 'kt-loss-'))
    try {
      const [step] = plan.steps
      if (step === undefined) throw new Error('no step')
      const secrets = new Map([['certificate_file_password', SecretBytes.fromText(filePassword)]])
      expect(await refusalOf(walkStep(step, { ...world(server, folder), secrets }))).toMatchObject({
        code: 'sql-pair-mismatch',
        title: containing('KT_A.cer'),
        next: containing('Find the .pvk file that was written together with this .cer file'),
        vendor: { number: 15474 },
      })
      expect(await thumbprintOf('KT_Mixed')).toBe('undefined')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const { failed } = await failingDrill({ keyNames: 'KT_A.cer\nKT_B.pvk' })
    expect(failed?.problem).toMatchObject({
      code: 'drill-pair-mismatch',
      title: containing('KT_B.pvk'),
      next: containing('Find the .pvk file that was written together with this .cer file'),
      vendor: { number: 15474 },
    })
  })
})

describe('databases under TDE', () => {
  let stage: TdeStage
  beforeEach(async () => {
    stage = await tdeStage()
  })
  afterEach(() => stage.end())

  /** A question after a restart may meet the connection that it cut. */
  const askAgain = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => ask().catch(ask)

  const stateDesc = async (database: string): Promise<unknown> =>
    (
      await askAgain(() =>
        stage.rows(`SELECT d.state_desc AS state FROM sys.databases AS d WHERE d.name = N'${database}'`),
      )
    )[0]?.['state']

  /** The job "Master key" on the key of master. */
  const masterKeyPlan = async (act: 'drop-copy' | 'add-copy') => {
    const draft = masterKey.parse({
      target: tdeTarget.id,
      key: 'database',
      database: 'master',
      act,
      presentPassword: 'h-present',
      filePassword: 'h-file',
      keyFolder: 'D:\\Keys',
      proveOnServer: false,
    })
    const facts = await masterKey.readFacts(
      draft,
      planReader(() => stage.server),
    )
    return masterKey.plan(draft, facts, asRunId('addcopyrun22'))
  }

  /** The act of the master key job that gives the key its copy under the service master key again. */
  const addCopy = async (): Promise<void> => {
    const { plan, advice } = await masterKeyPlan('add-copy')
    expect(advice.blockers).toEqual([])
    const secrets = new Map(
      (['dmk_password', 'dmk_file_password'] as const).map((hole) => [
        hole,
        SecretBytes.fromText(passwords[hole]),
      ]),
    )
    const around = { ...stage.around, secrets }
    for (const step of plan.steps) {
      const handler = masterKey.steps[step.kind]
      if (handler === undefined) throw new Error(step.kind)
      const found = await handler.check(contextOf(step, around))
      if (found.state !== 'needed') throw new Error(JSON.stringify(found))
      await handler.apply(contextOf(step, around, found.before))
      await handler.verify(contextOf(step, around, found.before))
    }
  }

  it('master key without its copy under the service master key, then a restart: RECOVERY_PENDING (15581)', async () => {
    await stage.run({})
    // The job does not take the copy away, and says why.
    expect((await masterKeyPlan('drop-copy')).advice.blockers).toMatchObject([
      { measured: 'In use: TDE of Sales', limit: containing('until the next restart') },
    ])
    await stage.sql('USE [master]; ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY;')
    expect(await stage.state('Sales')).toBe(3)
    const { advice } = await stage.review({ task: 'regenerate' })
    expect(advice.warnings).toContainEqual({
      what: 'Works until the next restart: TDE of Sales',
      why: containing('the databases go to RECOVERY_PENDING'),
      screen: null,
    })

    stage.simulated.restart()
    expect(await stateDesc('Sales')).toBe('RECOVERY_PENDING')
    expect((await stage.review({ task: 'regenerate' })).advice.blockers[0]?.measured).toBe(
      'its state is RECOVERY_PENDING, so its key is not shown',
    )
    expect(await refusalOf(stage.sql('USE [master]; ALTER DATABASE [Sales] SET ONLINE;'))).toMatchObject({
      code: 'sql-master-key-closed',
      causes: ['There is no database master key', 'It has no copy under the service master key'],
      vendor: { number: 15581 },
    })
    await addCopy()
    await stage.sql('USE [master]; ALTER DATABASE [Sales] SET ONLINE;')
    expect(await stateDesc('Sales')).toBe('ONLINE')
    expect(await stage.state('Sales')).toBe(3)
    stage.simulated.restart()
    expect(await stateDesc('Sales')).toBe('ONLINE')
  })

  it('protector rotated, then a log backup that spans the change: it asks for both certificates (33111)', async () => {
    await stage.run({})
    await stage.sql("BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\full.bak' WITH FORMAT;")
    const [row] = await stage.rows(
      "SELECT CONVERT(varchar(66), c.thumbprint, 2) AS thumbprint FROM master.sys.certificates AS c WHERE c.name = N'KT_TDE'",
    )
    const { plan, advice } = await stage.review({ task: 'rotate-protector', certificateName: 'KT_TDE_2' })
    expect(advice.warnings).toContainEqual({
      what: 'KT_TDE must stay, here and where its files are',
      why: containing('log backups that span this change need both certificates'),
      screen: null,
    })
    await stage.walk(plan)
    await stage.sql(
      "BACKUP LOG [Sales] TO DISK = N'D:\\Backup\\span.trn' WITH FORMAT; BACKUP LOG [Sales] TO DISK = N'D:\\Backup\\after.trn' WITH FORMAT;",
    )
    // Nothing in the server keeps the old certificate: its copies outside are all that is left.
    await stage.sql('USE [master]; DROP CERTIFICATE [KT_TDE];')
    const reading = (file: string): Promise<Problem | null> =>
      refusalOf(stage.rows(`RESTORE FILELISTONLY FROM DISK = N'D:\\Backup\\${file}'`))
    for (const file of ['full.bak', 'span.trn'])
      expect(await reading(file), file).toMatchObject({
        code: 'sql-key-missing',
        title: containing(String(row?.['thumbprint'])),
        next: containing('Import that certificate with its private key'),
        vendor: { number: 33111 },
      })
    expect(await reading('after.trn')).toBeNull()
  })
})
