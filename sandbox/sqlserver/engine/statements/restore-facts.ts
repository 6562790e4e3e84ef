import type { Cell } from '../../sql/types.ts'
import type { ViewColumn } from '../../catalog/view.ts'
import type { BackupHeader } from '../../files/index.ts'
import { SqlError } from '../errors.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { toWireType, toWireValue } from '../wire-types.ts'
import { Progress, terminating, throttle } from './backup-common.ts'
import { FILE_LIST_COLUMNS, HEADER_COLUMNS, LABEL_COLUMNS } from './backup-header.ts'
import { devices, restoreOptions } from './backup-grammar.ts'
import type { RestoreOptions } from './backup-grammar.ts'
import {
  assertChecksums,
  assertKeyIsHere,
  assertVersion,
  backupPages,
  bytesOf,
  familiesOf,
  openBackup,
  wholeSet,
} from './restore-source.ts'
import type { OpenedBackup } from './restore-source.ts'

function cellOf(row: BackupHeader, column: ViewColumn): Cell {
  const value = row[column.name]
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  return column.name.endsWith('Thumbprint') && typeof value === 'string' ? Buffer.from(value, 'hex') : value
}

async function sendRows(
  frame: Frame,
  all: readonly ViewColumn[],
  rows: readonly BackupHeader[],
): Promise<number> {
  const shown = all.filter((column) => column.since <= frame.session.instance.majorVersion)
  await frame.sink.columns(shown.map((column) => ({ name: column.name, type: toWireType(column.type) })))
  for (const row of rows)
    await frame.sink.row(shown.map((column) => toWireValue(cellOf(row, column), column.type)))
  return rows.length
}

const readOnly = (
  head: string,
  name: string,
  run: (frame: Frame, backup: OpenedBackup, options: RestoreOptions) => Promise<number | null>,
): StatementHandler => ({
  head: ['RESTORE', head],
  parse(c) {
    c.expectWord('FROM')
    const sources = devices(c)
    const options = restoreOptions(c)
    return {
      run: (frame) =>
        terminating(name, async () => run(frame, await openBackup(frame, sources, options), options)),
    }
  },
})

export const RESTORE_FACT_STATEMENTS: readonly StatementHandler[] = [
  readOnly('HEADERONLY', 'RESTORE HEADERONLY', (frame, { facts }) =>
    sendRows(frame, HEADER_COLUMNS, [
      {
        ...facts.header,
        EncryptorThumbprint: facts.encryption === null ? null : facts.encryption.thumbprint.toString('hex'),
        EncryptorType: facts.encryption?.encryptorType ?? null,
      },
    ]),
  ),
  readOnly('FILELISTONLY', 'RESTORE FILELIST', async (frame, backup) => {
    assertVersion(frame.session, backup)
    await assertKeyIsHere(frame.session, backup)
    return sendRows(frame, FILE_LIST_COLUMNS, backup.facts.fileList)
  }),
  readOnly('LABELONLY', 'RESTORE LABELONLY', (frame, { facts, ...backup }) =>
    sendRows(frame, LABEL_COLUMNS, [
      {
        MediaName: null,
        MediaSetId: facts.header['BindingID'] ?? null,
        FamilyCount: familiesOf({ facts, ...backup }),
        FamilySequenceNumber: facts.header['FamilySequenceNumber'] ?? 1,
        MediaFamilyId: facts.header['BindingID'] ?? null,
        MediaSequenceNumber: 1,
        MediaLabelPresent: 0,
        MediaDescription: null,
        SoftwareName: 'Microsoft SQL Server',
        SoftwareVendorId: 4608,
        MediaDate: facts.header['BackupStartDate'] ?? null,
        Mirror_Count: 1,
        IsCompressed: facts.compression,
      },
    ]),
  ),
  readOnly('VERIFYONLY', 'VERIFY DATABASE', async (frame, opened, options) => {
    assertVersion(frame.session, opened)
    const backup = wholeSet(opened)
    assertChecksums(options.checksum, backup)
    await assertKeyIsHere(frame.session, backup)
    const progress = new Progress(frame, options.stats)
    let done = 0
    for await (const page of backupPages(
      frame,
      backup,
      () => new SqlError(3189, 'Damage to the backup set was detected.'),
    )) {
      await throttle(frame, page.length)
      done += page.length
      await progress.reached(done, bytesOf(backup))
    }
    await frame.session.info(frame.sink, 3262, 'The backup set on file 1 is valid.')
    return null
  }),
]
