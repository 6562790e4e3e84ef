import { describe, expect, it } from 'vitest'
import { displayScript, holesOf, runbookScript } from '../../../shared/model/script.ts'
import { asPlanDigest } from '../../../shared/model/ids.ts'
import { agentJobSnippet } from '../../../electron/scripts/runbook/agent-job.ts'
import { runbookMarkdown } from '../../../electron/scripts/runbook/markdown.ts'
import { olaSnippet } from '../../../electron/scripts/runbook/ola.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { leastPrivilegeLogin } from '../../../electron/scripts/tsql/least-privilege.ts'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import { database, draft, facts, keyThere, read, certificate, runId } from '../wizards/samples.ts'
import { literals, tokenize } from './tokens.ts'

const outcome = (answers: Parameters<typeof draft>[0] = {}, given: Parameters<typeof facts>[0] = {}) =>
  planEncryptedBackup(draft(answers), facts(given), runId)
const digest = 'ab'.repeat(32)
const batchesOf = (text: string): string[] => text.split(/^GO$/m).map((batch) => batch.trim())

describe('the runbook as .sql', () => {
  const { plan } = outcome({ serviceMasterKeyFile: true, serviceMasterKeyFilePassword: 'h-smk' })
  const text = runbookSql(plan, digest)

  it('holds every script of the plan, letter by letter, in a batch of its own and in order', () => {
    const batches = batchesOf(text)
    const places = plan.steps.flatMap(({ scripts }) =>
      scripts.map((script) => batches.indexOf(runbookScript(script))),
    )
    expect(places).not.toContain(-1)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })
  it('asks before and after, and stops what follows', () => {
    const stops = text.match(/SET NOEXEC ON;/g)?.length ?? 0
    expect(stops).toBeGreaterThan(plan.steps.length)
    expect(text.match(/RAISERROR\(N'Stopped: /g)).toHaveLength(stops)
    expect(text).toContain(
      "IF ISNULL(CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)), N'') <> N'SQLPROD-01'",
    )
    expect(text.trimEnd().endsWith('GO')).toBe(true)
    expect(text.indexOf('SET NOEXEC OFF')).toBeGreaterThan(text.lastIndexOf('SET NOEXEC ON'))
  })
  it('holds secrets only as variables, each named in its head', () => {
    const used = new Set([...text.matchAll(/\$\((\w+)\)/g)].map((match) => match[1]))
    expect([...used].sort()).toEqual([
      'CERTIFICATE_FILE_PASSWORD',
      'DMK_FILE_PASSWORD',
      'DMK_PASSWORD',
      'SMK_FILE_PASSWORD',
      'THROW_AWAY_PASSWORD',
    ])
    const head = batchesOf(text)[0] ?? ''
    for (const variable of used) expect(head).toContain(`--   ${variable ?? ''}: `)
    expect(head).not.toContain('$(')
  })
  it('has none of the mistakes of the page that it follows', () => {
    expect(text).not.toMatch(/TO URL|USE Master\b|–|CREDENTIAL '/)
    expect(text).toContain('EXPIRY_DATE')
  })
  it('asks older servers nothing that they do not have', () => {
    const server = read({
      version: '13.0.6300.2',
      major: 13,
      edition: 'Standard Edition',
      engineEdition: 2,
      serverName: 'S',
    })
    expect(runbookSql(outcome({}, { server }).plan, digest)).not.toContain('dm_os_file_exists')
    expect(text).toContain('dm_os_file_exists')
  })
  it('keeps hostile names inside their quotes, also in comments', () => {
    const hostile = "a'; DROP DATABASE x --\u0085]"
    expect(() => outcome({ databases: [hostile] })).toThrow()
    const nasty = "a'] */ GO -- x"
    const made = runbookSql(
      outcome({ databases: [nasty] }, { databases: read([database({ name: nasty })]) }).plan,
      digest,
    )
    expect(batchesOf(made)).toHaveLength(batchesOf(runbookSql(outcome().plan, digest)).length)
    expect(made).toContain("BACKUP DATABASE [a']] */ GO -- x]")
  })
  it('is refused where a name would become a variable', () => {
    const { plan: named } = outcome({ certificateName: 'a$(DMK_PASSWORD)' })
    for (const make of [
      () => runbookSql(named, digest),
      () => agentJobSnippet(named),
      () => olaSnippet(named),
    ]) {
      expect(make).toThrow(/answers-incomplete/)
    }
  })
})

describe('the runbook as .md', () => {
  const given = { masterKey: read(keyThere()), certificates: read([certificate()]) }
  const made = outcome(
    { masterKeyMode: 'use', masterKeyPassword: null, certificateMode: 'use', certificateName: 'KT_Old' },
    given,
  )
  const text = runbookMarkdown({ ...made, digest: asPlanDigest(digest) })
  it('names digest, steps, permissions, undo, passwords, what is there', () => {
    expect(text).toContain('abab abab')
    for (const { scripts } of made.plan.steps)
      for (const script of scripts) expect(text).toContain(displayScript(script))
    for (const words of [
      'Permission: ',
      'Cannot be undone: ',
      'CERTIFICATE_FILE_PASSWORD',
      '## Already there',
      '## Warnings',
      '## The plan relies on',
    ]) {
      expect(text).toContain(words)
    }
    for (const { hole } of made.plan.steps.flatMap(({ scripts }) => scripts.flatMap(holesOf)))
      expect(text).toContain(`«${hole}»`)
  })
  it('lets no name become markup or end a code block', () => {
    const name = '```x](http://evil)<b>'
    const nasty = outcome({ databases: [name] }, { databases: read([database({ name })]) })
    const page = runbookMarkdown({ ...nasty, digest: asPlanDigest(digest) })
    expect(page).toContain('````sql')
    expect(page).not.toContain('<b>`')
    expect(page.replaceAll(/````sql[\s\S]*?````/g, '')).not.toMatch(/[^\\]\]\(http|<b>/)
  })
})

describe('snippets', () => {
  const answers = { compression: true, databases: ['Sales', 'Ti-er'] } as const
  const databases = read([database({ tde: true }), database({ name: 'Ti-er' })])
  const { plan } = outcome({ ...answers, databases: [...answers.databases] }, { databases })

  it('Agent job', () => {
    expect(agentJobSnippet(plan)).toMatchInlineSnapshot(`
      "-- Encrypted backup of 2 databases on SQLPROD-01: the same backups as an Agent job. Made by Keyturn from run mark k7f3ab2c
      -- Check it against your standards before use. It has no schedule, no retention and no operator yet.
      -- The job fails after the certificate has expired (SQL 3096): put that date into a calendar.
      -- The backups are COPY_ONLY as in the plan. Remove it if this job becomes the base of differentials.
      USE [msdb];
      EXEC dbo.sp_add_job @job_name = N'Encrypted backup (Keyturn)';
      EXEC dbo.sp_add_jobstep @job_name = N'Encrypted backup (Keyturn)', @step_name = N'1 Sales', @subsystem = N'TSQL', @database_name = N'master',
        @on_success_action = 3, @on_fail_action = 2,
        @command = N'DECLARE @file nvarchar(400) = N''E:\\Backup\\Sales_'' + CONVERT(nchar(8), GETDATE(), 112) + N''_'' + REPLACE(CONVERT(nchar(8), GETDATE(), 108), N'':'', N'''') + N''_'' + LEFT(CONVERT(nvarchar(36), NEWID()), 8) + N''.bak'';
      BACKUP DATABASE [Sales] TO DISK = @file
        WITH FORMAT, COPY_ONLY, CHECKSUM, COMPRESSION, MAXTRANSFERSIZE = 131072, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Backup_2026]), STATS = 5;
      RESTORE VERIFYONLY FROM DISK = @file WITH CHECKSUM;';
      EXEC dbo.sp_add_jobstep @job_name = N'Encrypted backup (Keyturn)', @step_name = N'2 Ti-er', @subsystem = N'TSQL', @database_name = N'master',
        @on_success_action = 1, @on_fail_action = 2,
        @command = N'DECLARE @file nvarchar(400) = N''E:\\Backup\\Ti-er_'' + CONVERT(nchar(8), GETDATE(), 112) + N''_'' + REPLACE(CONVERT(nchar(8), GETDATE(), 108), N'':'', N'''') + N''_'' + LEFT(CONVERT(nvarchar(36), NEWID()), 8) + N''.bak'';
      BACKUP DATABASE [Ti-er] TO DISK = @file
        WITH FORMAT, COPY_ONLY, CHECKSUM, COMPRESSION, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Backup_2026]), STATS = 5;
      RESTORE VERIFYONLY FROM DISK = @file WITH CHECKSUM;';
      EXEC dbo.sp_add_jobserver @job_name = N'Encrypted backup (Keyturn)';
      GO
      "
    `)
  })
  it('Agent job: the nested statements are literals that read back as statements', () => {
    const commands = literals(tokenize(agentJobSnippet(plan).replace(/^--.*$/gm, ''))).filter((value) =>
      value.includes('BACKUP DATABASE'),
    )
    expect(commands).toHaveLength(2)
    for (const command of commands) expect(() => tokenize(command.replaceAll('+', ','))).not.toThrow()
  })
  it('Ola Hallengren', () => {
    expect(olaSnippet(plan)).toMatchInlineSnapshot(`
      "-- Encrypted backup of 2 databases on SQLPROD-01: the same options for Ola Hallengren’s DatabaseBackup. Made by Keyturn
      -- A snippet: compare the parameters with the version that is installed. Run it where the procedure is.
      -- Not included, its name has a meaning for @Databases: Ti-er
      EXECUTE dbo.DatabaseBackup
        @Databases = N'Sales',
        @Directory = N'E:\\Backup',
        @BackupType = N'FULL',
        @Encrypt = N'Y',
        @EncryptionAlgorithm = N'AES_256',
        @ServerCertificate = N'KT_Backup_2026',
        @CopyOnly = N'Y',
        @CheckSum = N'Y',
        @Compress = N'Y',
        @Verify = N'Y',
        @MaxTransferSize = 131072,
        @LogToTable = N'Y';
      GO
      "
    `)
  })
})

describe('the least-privilege login', () => {
  it('says for each grant which step needs it', () => {
    expect(leastPrivilegeLogin('kt', ['Sales']).map(displayScript).join('\nGO\n')).toMatchInlineSnapshot(`
      "-- Run as sysadmin. Replace the password mark; keep the password outside this file.
      USE [master];
      CREATE LOGIN [kt] WITH PASSWORD = N'«login_password»', CHECK_POLICY = ON;
      GO
      USE [master];
      -- Reading before the plan: sessions, free space, database encryption keys, whether files are there.
      GRANT VIEW SERVER STATE TO [kt];
      -- Reading before the plan: certificates, availability replicas, file sizes.
      GRANT VIEW ANY DEFINITION TO [kt];
      -- "Open the exported files in a scratch database"; the server also asks for it before RESTORE HEADERONLY and VERIFYONLY.
      GRANT CREATE ANY DATABASE TO [kt];
      -- Only for backups to storage and restores from there, with a credential that is there or made in the run:
      -- GRANT ALTER ANY CREDENTIAL TO [kt];
      -- Only for "Export the service master key". It is nearly everything, so grant it for that run alone:
      -- GRANT CONTROL SERVER TO [kt];
      GO
      USE [master];
      CREATE USER [kt] FOR LOGIN [kt];
      -- "Create / repair / export the database master key" needs CONTROL on master itself; with it come
      -- CREATE CERTIFICATE ("Create certificate") and CONTROL on the certificates ("Export certificate", "Fetch the pair").
      GRANT CONTROL TO [kt];
      GO
      USE [msdb];
      CREATE USER [kt] FOR LOGIN [kt];
      -- "Back up ...": reading back what the server recorded of it; and what an undo must not take a key from.
      GRANT SELECT ON dbo.backupset TO [kt];
      GRANT SELECT ON dbo.backupmediafamily TO [kt];
      -- "Restore drill", on the server that took the backups: the names of the files in them.
      GRANT SELECT ON dbo.backupfile TO [kt];
      GO
      USE [Sales];
      CREATE USER [kt] FOR LOGIN [kt];
      -- "Back up ..." of this database.
      ALTER ROLE [db_backupoperator] ADD MEMBER [kt];"
    `)
  })
  it('shows how a database is added when none is named', () => {
    expect(displayScript(leastPrivilegeLogin('k]t').at(-1) ?? { language: 'tsql', parts: [] })).toContain(
      '-- ALTER ROLE [db_backupoperator] ADD MEMBER [k]]t];',
    )
  })
})
