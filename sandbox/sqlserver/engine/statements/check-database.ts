import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import { PAGE_SIZE, filePages, pageIsWhole } from '../pages.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { assertOnline } from '../session.ts'
import { openPage } from '../tde/page-crypto.ts'
import type { PageKey } from '../tde/page-crypto.ts'
import { databaseOperand } from './backup-grammar.ts'
import { Progress, textOf, throttle } from './backup-common.ts'

/** DBCC CHECKDB: reads every page of every file. */
export const checkDatabase: StatementHandler = {
  head: ['DBCC', 'CHECKDB'],
  parse(c) {
    const name = c.takeSymbol('(')
      ? c.peek().kind === 'string'
        ? { text: c.next().value }
        : databaseOperand(c)
      : undefined
    if (name !== undefined) c.expectSymbol(')')
    let quiet = false
    if (c.takeWord('WITH') !== undefined) {
      do
        quiet =
          c.expectWord(
            'NO_INFOMSGS',
            'ALL_ERRORMSGS',
            'PHYSICAL_ONLY',
            'TABLOCK',
            'DATA_PURITY',
            'EXTENDED_LOGICAL_CHECKS',
          ) === 'NO_INFOMSGS' || quiet
      while (c.takeSymbol(','))
    }
    return {
      async run(frame) {
        const { session, sink } = frame
        const shown = name === undefined ? session.database.name : textOf(name, frame)
        const database = session.instance.databaseNamed(shown)
        if (database === undefined)
          throw new SqlError(
            2520,
            `Could not find database '${shown}'. The database either does not exist, or was dropped before a statement tried to use it. Verify if the database exists by querying the sys.databases catalog view.`,
          )
        if (!session.instance.permissions.database(session.login, database, 'CONTROL'))
          throw new SqlError(
            7983,
            `User '${session.login.name}' does not have permission to run DBCC checkdb for database '${database.name}'.`,
            { severity: 14 },
          )
        assertOnline(database)
        const damaged = await damagedPages(frame, database)
        for (const page of damaged.slice(0, 20))
          await sink.error({
            number: 8928,
            state: 1,
            severity: 16,
            line: 1,
            message: `Object ID 99, index ID 0, partition ID 0, alloc unit ID 0 (type Unknown): Page (${page}) could not be processed. See other errors for details.`,
          })
        if (!quiet || damaged.length > 0)
          await session.info(
            sink,
            8989,
            `CHECKDB found 0 allocation errors and ${damaged.length} consistency errors in database '${database.name}'.`,
            10,
          )
        if (!quiet)
          await session.info(
            sink,
            2528,
            'DBCC execution completed. If DBCC printed error messages, contact your system administrator.',
            10,
          )
        return null
      },
    }
  },
}

async function damagedPages(frame: Frame, database: DatabaseRecord): Promise<string[]> {
  const release = frame.session.instance.scans.pin(database.databaseId)
  try {
    return await damagedOf(frame, database)
  } finally {
    release()
  }
}

async function damagedOf(frame: Frame, database: DatabaseRecord): Promise<string[]> {
  const { instance } = frame.session
  const keys = instance.openKeys.of(database.databaseId)
  const progress = new Progress(frame, 0)
  const total = database.files.reduce((sum, file) => sum + file.bytes, 0)
  const damaged: string[] = []
  let done = 0
  for (const file of database.files) {
    let number = 0
    const { real } = instance.disk.resolve(file.physicalName, instance.dataFolder)
    for await (const pages of filePages(real, file.bytes)) {
      await throttle(frame, pages.length)
      for (let at = 0; at < pages.length; at += PAGE_SIZE, number += 1)
        if (!isWhole(pages.subarray(at, at + PAGE_SIZE), file.fileId, number, keys))
          damaged.push(`${file.fileId}:${number}`)
      done += pages.length
      await progress.reached(done, total)
    }
    if (number * PAGE_SIZE !== file.bytes) damaged.push(`${file.fileId}:${number}`)
  }
  return damaged
}

function isWhole(page: Buffer, fileId: number, number: number, keys: readonly PageKey[]): boolean {
  if (page.length !== PAGE_SIZE) return false
  const clear = openPage(page, fileId, number, keys)
  return clear !== undefined && pageIsWhole(clear, number)
}
