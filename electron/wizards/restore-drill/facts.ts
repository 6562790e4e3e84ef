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
  return {
    source: await readServerFacts(sql, reader),
    backups: await partReader(sql, now)('msdb.dbo.backupset', () => readBackups(sql)),
    drill:
      typeof drillTarget === 'string' && drillTarget !== '' && drillTarget !== source.id
        ? await readDrillServer(await reader.sqlServer(serverRef(drillTarget)), answers, reader)
        : null,
    kept: reader
      .keptFor(source.id, 'sql.key-file-password')
      .map(({ id, label, keptAt }) => ({ handle: id, label, keptAt })),
    secrets: readSecrets(secretsNamed(answers), Object.keys(secretsNamed(answers)), reader),
  }
}

/** Handles that were typed now, and those that were chosen among the kept ones. */
const secretAnswers = ['masterKeyPassword', 'keyPassword', 'secondKeyPassword', 'thirdKeyPassword'] as const

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
