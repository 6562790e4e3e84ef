import type { Plan } from '../../../shared/model/plan.ts'
import { algorithms } from '../tsql/backup.ts'
import { joined, name, queryText, text, tsql, whole, word, type Fragment } from '../tsql/fragment.ts'
import { readParams, type ParamsOf } from './step-params.ts'
import { comment, refuseVariablesIn } from './text.ts'

type Backup = ParamsOf<'back-up-database'>

/**
 * A SQL Server Agent job that repeats the plan's backups with the same options. A snippet: schedule, retention and who
 * is told of a failure are for the person. Each run writes a new file; nothing is written over.
 */
export const agentJobSnippet = (plan: Plan): string => {
  refuseVariablesIn(plan)
  const backups = backupsOf(plan)
  const verify = plan.steps.some(({ kind }) => kind === 'verify-backup')
  const job = tsql`N'Encrypted backup (Keyturn)'`
  return [
    comment(
      `${plan.title}: the same backups as an Agent job. Made by Keyturn from run mark ${plan.runId.slice(0, 8)}`,
    ),
    comment(
      'Check it against your standards before use. It has no schedule, no retention and no operator yet.',
    ),
    comment('The job fails after the certificate has expired (SQL 3096): put that date into a calendar.'),
    ...(backups.some(({ copyOnly }) => copyOnly)
      ? [
          comment(
            'The backups are COPY_ONLY as in the plan. Remove it if this job becomes the base of differentials.',
          ),
        ]
      : []),
    'USE [msdb];',
    queryText(tsql`EXEC dbo.sp_add_job @job_name = ${job};`),
    ...backups.map((backup, index) =>
      queryText(tsql`EXEC dbo.sp_add_jobstep @job_name = ${job}, @step_name = ${text(stepName(backup, index))}, @subsystem = N'TSQL', @database_name = N'master',
  @on_success_action = ${whole(index === backups.length - 1 ? 1 : 3, 1, 3)}, @on_fail_action = 2,
  @command = ${nested(command(backup, verify))};`),
    ),
    queryText(tsql`EXEC dbo.sp_add_jobserver @job_name = ${job};`),
    'GO\n',
  ].join('\n')
}

export const backupsOf = (plan: Plan): Backup[] =>
  plan.steps
    .filter(({ kind }) => kind === 'back-up-database')
    .map(({ params }) => readParams('back-up-database', params))

/** At most 128 characters, different for each. */
const stepName = ({ database }: Backup, index: number): string => `${index + 1} ${database}`.slice(0, 128)

const command = (backup: Backup, verify: boolean): Fragment => {
  const options: Fragment[] = [
    tsql`FORMAT`,
    ...(backup.copyOnly ? [tsql`COPY_ONLY`] : []),
    backup.checksum ? tsql`CHECKSUM` : tsql`NO_CHECKSUM`,
    backup.compression ? tsql`COMPRESSION` : tsql`NO_COMPRESSION`,
    ...(backup.maxTransferSize === null
      ? []
      : [tsql`MAXTRANSFERSIZE = ${whole(backup.maxTransferSize, 65_536, 4_194_304)}`]),
    tsql`ENCRYPTION (ALGORITHM = ${word(algorithms, algorithmOf(backup))}, SERVER CERTIFICATE = ${name(backup.certificate)})`,
    tsql`STATS = ${whole(backup.stats, 1, 100)}`,
  ]
  return joined(
    [
      // Date, time and a random part: FORMAT may never meet a file that is there.
      tsql`DECLARE @file nvarchar(400) = ${text(stem(backup.file))} + CONVERT(nchar(8), GETDATE(), 112) + N'_' + REPLACE(CONVERT(nchar(8), GETDATE(), 108), N':', N'') + N'_' + LEFT(CONVERT(nvarchar(36), NEWID()), 8) + N'.bak';`,
      tsql`BACKUP DATABASE ${name(backup.database)} TO DISK = @file
  WITH ${joined(options, ', ')};`,
      ...(verify
        ? [tsql`RESTORE VERIFYONLY FROM DISK = @file${backup.checksum ? tsql` WITH CHECKSUM` : tsql``};`]
        : []),
    ],
    '\n',
  )
}

/** The path of the plan's file up to the date: folder and database. */
const stem = (file: string): string => file.replace(/\d{8}_[a-z0-9]{8}\.bak$/, '')

const algorithmOf = ({ algorithm }: Backup): (typeof algorithms)[number] =>
  algorithms.find((known) => known === algorithm) ?? 'AES_256'

/** A whole statement as a literal. Its own lines stay; it was built from quoted parts, so doubling is all it needs. */
const nested = (statement: Fragment): Fragment => ({
  fragment: [`N'${queryText(statement).replaceAll("'", "''")}'`],
})
