import { existingNameProblem } from '../../../shared/forms/names.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { textOf, timeOf } from '../../ports/sql-rows.ts'
import { allRows, oneRow, type Sight } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { certificatesUnderMasterKey } from '../../scripts/tsql/fact-queries.ts'
import { databasesOpenedByServer, serviceMasterKey } from '../../scripts/tsql/queries.ts'
import { allDatabases, keysIn } from '../../scripts/tsql/sight.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readMasterKey,
  readSecrets,
  readServerFacts,
  serverRef,
} from '../sqlserver/read-server.ts'
import type { Facts, ServiceKeyFact } from './facts-model.ts'

/** Reads the keys of the server and what stands under the chosen one; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const now = (): string => reader.clock.now().toISOString()
  const part = partReader(sql, now)
  const common = await readServerFacts(sql, reader)
  const database = databaseOf(answers)
  const catalog = `${database ?? ''}.sys.symmetric_keys, sys.key_encryptions`
  return {
    ...common,
    database,
    key: database === null ? null : await part(catalog, () => readMasterKey(sql, database)),
    below:
      database === null
        ? null
        : await part(`${database}.sys.certificates, sys.asymmetric_keys`, () =>
            names(sql, certificatesUnderMasterKey(database), keysIn(database)),
          ),
    serviceKey: await part('master.sys.symmetric_keys', () => readServiceKey(sql)),
    opened: await part('sys.databases', () => names(sql, databasesOpenedByServer(), allDatabases())),
    keyFolder: await readFolder(answers['keyFolder'], majorOf(common), sql, part),
    secrets: readSecrets(answers, secretFields, reader),
  }
}

const secretFields = ['presentPassword', 'newPassword', 'restorePassword', 'filePassword']

const databaseOf = ({ key, database }: Answers): string | null =>
  key === 'database' && typeof database === 'string' && existingNameProblem(database, 'It') === null
    ? database
    : null

const names = async (sql: SqlServer, query: string, sight: Sight): Promise<string[]> =>
  (await allRows(sql, query, sight)).map((row) => textOf(row['name']))

const readServiceKey = async (sql: SqlServer): Promise<ServiceKeyFact | null> => {
  const row = await oneRow(sql, serviceMasterKey(), keysIn('master'))
  return row === null
    ? null
    : {
        keyGuid: textOf(row['key_guid']),
        algorithm: textOf(row['algorithm_desc']),
        modified: timeOf(row['modify_date']),
      }
}
