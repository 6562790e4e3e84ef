import type { Answers } from '../../../shared/forms/form.ts'
import { keyFoldersOf, mostKeptPasswords, mostKeyFolders } from '../../../shared/forms/restore-drill-keys.ts'
import { asServerPath } from '../../../shared/model/ids.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { flagOf, textOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { defaultLogFolder, userDatabases } from '../../scripts/tsql/drill-queries.ts'
import { folderEntries, folderEntriesByTree } from '../../scripts/tsql/inventory-queries.ts'
import { allDatabases } from '../../scripts/tsql/sight.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readSecrets,
  readServerFacts,
  readServiceAccount,
  serverRef,
  type PartReader,
} from '../sqlserver/read-server.ts'
import type { ServerFacts } from '../sqlserver/facts-model.ts'
import { readCredentials, readEkm } from '../sqlserver/read-ekm.ts'
import type { DrillServerFacts, Facts, KeyFolderFact } from './facts-model.ts'
import { readBackups } from './read-backups.ts'

/**
 * Reads the source's history and the drill server; changes nothing. Answers may be partial: what they do not name yet
 * is not read. A part that a login may not read says so, and the rest is still there.
 */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const now = (): string => reader.clock.now().toISOString()
  const source = serverRef(answers['target'])
  const sql = await reader.sqlServer(source)
  const drillTarget = answers['drillTarget']
  const common = await readServerFacts(sql, reader)
  const backups = await partReader(sql, now)('msdb.dbo.backupset', () => readBackups(sql))
  const vault = mayNeedVault(common, backups)
  return {
    source: common,
    backups,
    sourceEkm: vault ? await readEkm(sql, reader) : null,
    drill:
      typeof drillTarget === 'string' && drillTarget !== '' && drillTarget !== source.id
        ? await readDrillServer(await reader.sqlServer(serverRef(drillTarget)), answers, reader, {
            vault,
            storage: mayReadBlobs(answers, backups),
          })
        : null,
    kept: reader
      .keptFor(source.id, 'sql.key-file-password')
      .map(({ id, label, keptAt }) => ({ handle: id, label, keptAt })),
    secrets: readSecrets(secretsNamed(answers), Object.keys(secretsNamed(answers)), reader),
  }
}

/** A backup under a key in a vault, or a database under TDE whose protector is no certificate of the source. */
const mayNeedVault = ({ databases, certificates }: ServerFacts, backups: Facts['backups']): boolean =>
  (backups.read && backups.value.some(({ encryptor }) => encryptor === 'asymmetric-key')) ||
  (databases.read &&
    databases.value.some(
      ({ tde, tdeThumbprint }) =>
        tde &&
        !(
          certificates.read &&
          certificates.value.some(({ thumbprint }) => thumbprint !== null && thumbprint === tdeThumbprint)
        ),
    ))

const mayReadBlobs = (answers: Answers, backups: Facts['backups']): boolean =>
  answers['filesWhere'] === 'container' ||
  answers['filesWhere'] === 'blobs' ||
  (answers['filesWhere'] === 'same' && backups.read && backups.value.some(({ media }) => media === 'url'))

/** Handles that were typed now, and those that were chosen among the kept ones. */
const secretAnswers = [
  'masterKeyPassword',
  'keyPassword',
  'secondKeyPassword',
  'thirdKeyPassword',
  'storageToken',
  'accessKey',
] as const

/** Kept passwords are a list in one answer: each is asked about under a name of its own. */
const secretsNamed = (answers: Answers): Answers => {
  const kept = answers['keptPasswords']
  const chosen = Array.isArray(kept) ? kept.slice(0, mostKeptPasswords) : []
  return Object.fromEntries([
    ...secretAnswers.map((field) => [field, answers[field] ?? null] as const),
    ...chosen.map((handle) => [`kept ${handle}`, handle] as const),
  ])
}

const readDrillServer = async (
  sql: SqlServer,
  answers: Answers,
  reader: PlanReader,
  wanted: { vault: boolean; storage: boolean },
): Promise<DrillServerFacts> => {
  const now = (): string => reader.clock.now().toISOString()
  const part = partReader(sql, now)
  const common = await readServerFacts(sql, reader)
  const major = majorOf(common)
  const folder = (answer: unknown, network: boolean) => readFolder(answer, major, sql, part, { network })
  return {
    ...common,
    userDatabases: await part('sys.databases', async () =>
      (await allRows(sql, userDatabases(), allDatabases())).map((row) => textOf(row['name'])),
    ),
    account: await part('sys.dm_server_services', () => readServiceAccount(sql)),
    logFolder: await part('SERVERPROPERTY', async () => {
      const path = textOf((await sql.query(defaultLogFolder()))[0]?.['log_folder'])
      return path === '' ? null : asServerPath(path)
    }),
    seen: {
      backup: answers['filesWhere'] === 'folder' ? await folder(answers['backupFolder'], true) : null,
      data: await folder(answers['dataFolder'], false),
      log: await folder(answers['logFolder'], false),
    },
    ekm: wanted.vault ? await readEkm(sql, reader) : null,
    credentials: wanted.storage ? await readCredentials(sql, part) : null,
    keyFolders: await readKeyFolders(answers, sql, major, part),
  }
}

/** Those that can be folders; what is typed half is not asked for yet. */
const readKeyFolders = async (
  answers: Answers,
  sql: SqlServer,
  major: number,
  part: PartReader,
): Promise<KeyFolderFact[]> => {
  const found: KeyFolderFact[] = []
  if (answers['keyFiles'] === 'none') return found
  const folders = keyFoldersOf({
    keyFolder: textAnswer(answers['keyFolder']),
    moreKeyFolders: answers['keyFiles'] === 'search' ? textAnswer(answers['moreKeyFolders']) : '',
  }).slice(0, mostKeyFolders)
  for (const folder of folders) {
    const seen = await readFolder(folder, major, sql, part, { network: true })
    if (seen === null) continue
    found.push({
      folder,
      seen,
      files:
        seen.read && seen.value ? await part('files of the folder', () => filesIn(sql, folder, major)) : null,
    })
  }
  return found
}

const textAnswer = (answer: unknown): string => (typeof answer === 'string' ? answer : '')

/** sys.dm_os_enumerate_filesystem came with 2017. */
const filesIn = async (sql: SqlServer, folder: string, major: number): Promise<string[]> => {
  const modern = major >= 14
  const rows = await sql.query(modern ? folderEntries(folder) : folderEntriesByTree(folder), {
    maxRows: 2_000,
  })
  return rows
    .filter((row) => (modern ? flagOf(row['is_directory']) === false : flagOf(row['file']) === true))
    .map((row) => textOf(row[modern ? 'name' : 'subdirectory']))
}
