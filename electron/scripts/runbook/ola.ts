import { containerUrlOf } from '../../../shared/model/storage.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import { joined, queryText, text, tsql, whole, type Fragment } from '../tsql/fragment.ts'
import { backupsOf } from './agent-job.ts'
import { comment, refuseVariablesIn } from './text.ts'

/**
 * A call of Ola Hallengren's DatabaseBackup with the plan's options: one call per certificate, folder and set of
 * options. A snippet to check against the installed version of that procedure, whose parameters are not ours.
 */
export const olaSnippet = (plan: Plan): string => {
  refuseVariablesIn(plan)
  const backups = backupsOf(plan)
  const verify = plan.steps.some(({ kind }) => kind === 'verify-backup')
  const first = backups[0]
  if (first === undefined) return comment('The plan takes no backup.')
  const plain = backups.filter(({ database }) => isPlain(database))
  const left = backups.filter(({ database }) => !isPlain(database))
  const yes = (flag: boolean): Fragment => text(flag ? 'Y' : 'N')
  const calls = [false, true].flatMap((larger) => {
    const group = plain.filter(({ maxTransferSize }) => (maxTransferSize !== null) === larger)
    if (group.length === 0) return []
    const parameters: Fragment[] = [
      tsql`@Databases = ${text(group.map(({ database }) => database).join(','))}`,
      ...placeParameters(first),
      tsql`@BackupType = N'FULL'`,
      tsql`@Encrypt = N'Y'`,
      tsql`@EncryptionAlgorithm = ${text(first.algorithm)}`,
      first.encryptor === 'certificate'
        ? tsql`@ServerCertificate = ${text(first.certificate)}`
        : tsql`@ServerAsymmetricKey = ${text(first.certificate)}`,
      tsql`@CopyOnly = ${yes(first.copyOnly)}`,
      tsql`@CheckSum = ${yes(first.checksum)}`,
      tsql`@Compress = ${yes(first.compression)}`,
      tsql`@Verify = ${yes(verify)}`,
      ...(larger
        ? [tsql`@MaxTransferSize = ${whole(group[0]?.maxTransferSize ?? 131_072, 65_536, 4_194_304)}`]
        : []),
      tsql`@LogToTable = N'Y'`,
    ]
    return [queryText(tsql`EXECUTE dbo.DatabaseBackup\n  ${joined(parameters, ',\n  ')};`)]
  })
  return [
    comment(`${plan.title}: the same options for Ola Hallengren’s DatabaseBackup. Made by Keyturn`),
    comment(
      'A snippet: compare the parameters with the version that is installed. Run it where the procedure is.',
    ),
    ...left.map(({ database }) =>
      comment(`Not included, its name has a meaning for @Databases: ${database}`),
    ),
    ...calls,
    'GO\n',
  ].join('\n')
}

/** A folder; or a container, with what its blobs need. */
const placeParameters = ({ file, blobs, blockSize }: ReturnType<typeof backupsOf>[number]): Fragment[] =>
  blobs === null
    ? [tsql`@Directory = ${text(folderOf(file))}`]
    : [
        tsql`@URL = ${text(containerUrlOf(file) ?? folderOf(file))}`,
        ...(blobs.credential === null ? [] : [tsql`@Credential = ${text(blobs.credential)}`]),
        ...(blobs.urls.length === 1 ? [] : [tsql`@NumberOfFiles = ${whole(blobs.urls.length, 1, 64)}`]),
        ...(blockSize === null ? [] : [tsql`@BlockSize = ${whole(blockSize, 512, 65_536)}`]),
      ]

/** Commas, %, - and _ at the ends or spaces have a meaning in @Databases. */
const isPlain = (database: string): boolean => /^[\p{L}\p{N}_.]+$/u.test(database)

const folderOf = (file: string): string => {
  const folder = file.replace(/[\\/][^\\/]*$/, '')
  if (folder === '') return '/'
  return folder.endsWith(':') ? `${folder}\\` : folder
}
