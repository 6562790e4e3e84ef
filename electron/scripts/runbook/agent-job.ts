import type { Plan } from '../../../shared/model/plan.ts'
import { algorithms, encryptionOption } from '../tsql/backup.ts'
import { joined, name, queryText, text, tsql, whole, type Fragment } from '../tsql/fragment.ts'
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
    ...backupLimits(backups).map(comment),
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

/** What makes such a job fail one day. */
const backupLimits = (backups: readonly Backup[]): string[] => [
  backups.some(({ encryptor }) => encryptor === 'asymmetric-key')
    ? 'The job fails when the vault does not let the server’s application use the key, or its secret has ended: put that date into a calendar.'
    : 'The job fails after the certificate has expired (SQL 3096): put that date into a calendar.',
  ...(backups.some(({ blobs }) => blobs !== null)
    ? [
        'It uses the credential of the container that the server has then; after the end of its token storage refuses it.',
      ]
    : []),
]

export const backupsOf = (plan: Plan): Backup[] =>
  plan.steps
    .filter(({ kind }) => kind === 'back-up-database')
    .map(({ params }) => readParams('back-up-database', params))

/** At most 128 characters, different for each. */
const stepName = ({ database }: Backup, index: number): string => `${index + 1} ${database}`.slice(0, 128)

const command = (backup: Backup, verify: boolean): Fragment => {
  const device = variableDevice(backup)
  const options: Fragment[] = [
    tsql`FORMAT`,
    ...(backup.copyOnly ? [tsql`COPY_ONLY`] : []),
    backup.checksum ? tsql`CHECKSUM` : tsql`NO_CHECKSUM`,
    backup.compression ? tsql`COMPRESSION` : tsql`NO_COMPRESSION`,
    ...(backup.maxTransferSize === null
      ? []
      : [tsql`MAXTRANSFERSIZE = ${whole(backup.maxTransferSize, 65_536, 4_194_304)}`]),
    ...(backup.blockSize === null ? [] : [tsql`BLOCKSIZE = ${whole(backup.blockSize, 512, 65_536)}`]),
    ...device.options,
    encryptionOption(algorithmOf(backup), { kind: backup.encryptor, name: backup.certificate }),
    tsql`STATS = ${whole(backup.stats, 1, 100)}`,
  ]
  const reading = [...device.options, ...(backup.checksum ? [tsql`CHECKSUM`] : [])]
  return joined(
    [
      ...device.declarations,
      tsql`BACKUP DATABASE ${name(backup.database)} TO ${device.list}
  WITH ${joined(options, ', ')};`,
      ...(verify
        ? [
            tsql`RESTORE VERIFYONLY FROM ${device.list}${reading.length === 0 ? tsql`` : tsql` WITH ${joined(reading, ', ')}`};`,
          ]
        : []),
    ],
    '\n',
  )
}

/** Date, time and a random part: FORMAT may never meet a file or a blob that is there. */
const newTail = tsql`CONVERT(nchar(8), GETDATE(), 112) + N'_' + REPLACE(CONVERT(nchar(8), GETDATE(), 108), N':', N'') + N'_' + LEFT(CONVERT(nvarchar(36), NEWID()), 8)`

/** The plan's devices with a new name at each run. */
const variableDevice = ({
  file,
  blobs,
}: Backup): { declarations: Fragment[]; list: Fragment; options: Fragment[] } => {
  const stem = tsql`DECLARE @file nvarchar(400) = ${text(stemOf(file))} + ${newTail}`
  if (blobs === null)
    return {
      declarations: [tsql`${stem} + N'.bak';`],
      list: tsql`DISK = @file`,
      options: [],
    }
  const count = blobs.urls.length
  const variable = (index: number): Fragment => tsql`@stripe${whole(index + 1, 1, 64)}`
  return {
    declarations: [
      tsql`${stem};`,
      ...blobs.urls.map(
        (_, index) =>
          tsql`DECLARE ${variable(index)} nvarchar(400) = @file + ${text(count === 1 ? '.bak' : `_${index + 1}of${count}.bak`)};`,
      ),
    ],
    list: joined(
      blobs.urls.map((_, index) => tsql`URL = ${variable(index)}`),
      ', ',
    ),
    options: blobs.credential === null ? [] : [tsql`CREDENTIAL = ${text(blobs.credential)}`],
  }
}

/** The path or address of the plan's file up to the date: folder or container, and database. */
const stemOf = (file: string): string => file.replace(/\d{8}_[a-z0-9]{8}(_1of\d+)?\.bak$/, '')

const algorithmOf = ({ algorithm }: Backup): (typeof algorithms)[number] =>
  algorithms.find((known) => known === algorithm) ?? 'AES_256'

/** A whole statement as a literal. Its own lines stay; it was built from quoted parts, so doubling is all it needs. */
const nested = (statement: Fragment): Fragment => ({
  fragment: [`N'${queryText(statement).replaceAll("'", "''")}'`],
})
