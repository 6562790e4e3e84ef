/** Every field of the restore drill with what people and attackers put into fields, and the chain that a restore follows. */
import { describe, expect, it, test } from 'vitest'
import { restoreDrillFront } from '../../../electron/wizards/restore-drill/front.ts'
import { chainOf, latestFulls } from '../../../electron/wizards/restore-drill/chains.ts'
import type { BackupSetFact } from '../../../electron/wizards/restore-drill/facts-model.ts'
import { parseDraft } from '../../../electron/wizards/restore-drill/index.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { serverFolderProblem } from '../../../shared/forms/names.ts'
import { drillAnswers } from './drill-walk.ts'

const front = restoreDrillFront(() => [])

const neverText: Record<string, unknown> = {
  empty: '',
  'CR LF inside': 'KT\r\nGO',
  NUL: 'KT\0x.cer',
  'a mark that turns text around': 'KT\u202ekab.cer',
  'half a character pair': 'KT\ud83d.cer',
  '4,000 characters': `${'x'.repeat(4_000)}.cer`,
}
const neverFile: Record<string, unknown> = {
  ...neverText,
  '129 characters': `${'x'.repeat(125)}.cer`,
  'a folder': 'D:\\Keys\\KT.cer',
  'up and out': '..\\KT.cer',
  'a share': '\\\\server\\share\\KT.cer',
  'a hidden stream': 'KT.cer:ads.cer',
  'a device': 'nul.cer',
  'a space at the end': 'KT.cer ',
  'a wildcard': '*.cer',
  'another ending': 'KT.exe',
}
const neverFolder: Record<string, unknown> = {
  ...neverText,
  'a bracket': ']',
  'a quotation mark': "'",
  'a comment': ';--',
  'up inside': 'D:\\Backup\\..\\Keys',
  'a device path': '\\\\?\\C:\\x',
  'a pipe': '\\\\.\\pipe\\x',
  'a server without a share': '\\\\server',
  'up inside a share': '\\\\server\\share\\..\\x',
  'a share with slashes': '//server/share',
  'a web address': 'https://account.blob.core.windows.net/c',
  'a dot at the end': 'D:\\Backup.',
  'a relative path': 'Backup',
}
const neverHandle: Record<string, unknown> = {
  empty: '',
  'upper case': 'HANDLE',
  'a path': '../../keyring.json',
  'a quotation mark': "x' OR 1=1",
}

const fields: { field: string; screen: string; never: Record<string, unknown>; also?: Answers }[] = [
  { field: 'target', screen: 'backup', never: neverHandle },
  { field: 'which', screen: 'backup', never: { none: null, SQL: "chosen'; --" } },
  {
    field: 'backups',
    screen: 'backup',
    never: {
      none: [],
      SQL: ["x'; DROP DATABASE Sales; --"],
      twice: Array.from({ length: 2 }, () => '00000000-0000-0000-0000-000000000000'),
      '201 of them': Array.from({ length: 201 }, () => '00000000-0000-0000-0000-000000000000'),
    },
    also: { which: 'chosen' },
  },
  { field: 'drillTarget', screen: 'server', never: { ...neverHandle, 'the source itself': 't-source' } },
  { field: 'backupFolder', screen: 'server', never: neverFolder, also: { filesWhere: 'folder' } },
  { field: 'dataFolder', screen: 'server', never: { ...neverFolder, 'a share': '\\\\server\\share' } },
  { field: 'logFolder', screen: 'server', never: { ...neverFolder, 'a share': '\\\\server\\share' } },
  { field: 'masterKeyMode', screen: 'server', never: { none: null, other: 'drop' } },
  { field: 'masterKeyPassword', screen: 'server', never: neverHandle, also: { masterKeyMode: 'password' } },
  { field: 'keyFolder', screen: 'keys', never: neverFolder },
  {
    field: 'keyNames',
    screen: 'keys',
    never: {
      ...Object.fromEntries(
        // A whole path is fine: the file is in another folder then.
        Object.entries(neverFile)
          .filter(([what]) => what !== 'a folder' && what !== 'a share')
          .map(([what, value]) => [what, `KT_A.pfx\n${String(value)}\nKT_B.pvk`]),
      ),
      empty: '',
      'a .pvk alone': 'KT.pvk',
      'a .cer alone': 'KT.cer',
      'a .cer before a .pfx': 'KT.cer\nKT.pfx',
      '201 of them': Array.from({ length: 201 }, (_, n) => `K${n}.pfx`).join('\n'),
    },
  },
  {
    field: 'moreKeyFolders',
    screen: 'keys',
    never: {
      ...Object.fromEntries(
        Object.entries(neverFolder)
          .filter(([what]) => what !== 'empty')
          .map(([what, value]) => [what, `D:\\Keys\n${String(value)}`]),
      ),
      '21 folders': Array.from({ length: 21 }, (_, n) => `D:\\Keys${n}`).join('\n'),
    },
    also: { keyFiles: 'search' },
  },
  { field: 'keyFiles', screen: 'keys', never: { none: null, other: 'pair' } },
  { field: 'passwordFrom', screen: 'keys', never: { other: 'h-kept' } },
  { field: 'keyPassword', screen: 'keys', never: neverHandle },
  { field: 'secondKeyPassword', screen: 'keys', never: { ...neverHandle, empty: 'A' } },
  { field: 'thirdKeyPassword', screen: 'keys', never: { ...neverHandle, empty: 'A' } },
  {
    field: 'keptPasswords',
    screen: 'keys',
    never: {
      none: [],
      twice: ['h-kept', 'h-kept'],
      'a path': ['../../keyring.json'],
      '11 of them': Array.from({ length: 11 }, (_, n) => `h-${n}`),
    },
    also: { passwordFrom: 'kept' },
  },
  { field: 'stats', screen: 'checks', never: { zero: 0, half: 0.5, '101': 101, text: '5' } },
]

describe('refused', () => {
  test.each(
    fields.flatMap(({ field, screen, never, also }) =>
      Object.entries(never).map(([what, value]) => ({ field, screen, what, value, also })),
    ),
  )('$field: $what', ({ field, screen, value, also }) => {
    const answers = drillAnswers({ ...also, [field]: value as Answers[string] })
    let problem = null
    try {
      parseDraft(answers)
    } catch (error) {
      problem = problemOf(error)
    }
    expect(problem?.code).toBe('answers-incomplete')
    for (const found of [front.problems(answers, screen), problem?.fields ?? []]) {
      const messages = found.filter((one) => one.field === field)
      expect(messages).toHaveLength(1)
      // A sentence with what to do, without the bad characters themselves.
      expect(messages[0]?.message).toMatch(/^[^\p{Cc}\u202e]{20,}$/u)
    }
  })
})

describe('taken', () => {
  it.each(['D:\\Backup', '/var/opt/backup', '\\\\files-01.corp\\backup$', '\\\\files\\share\\Sub folder'])(
    'a folder that the drill server sees: %s',
    (folder) => {
      expect(front.problems(drillAnswers({ filesWhere: 'folder', backupFolder: folder }), 'server')).toEqual(
        [],
      )
      expect(parseDraft(drillAnswers({ keyFolder: folder })).keyFolder).toBe(folder)
    },
  )

  it('a share is refused where a folder of the server’s own disk is asked for', () => {
    expect(serverFolderProblem('\\\\files\\share', 'The folder')).toContain('own disk')
  })

  it('no key files and no password where the backups are not encrypted', () => {
    const answers = drillAnswers({
      keyFiles: 'none',
      keyFolder: null,
      keyNames: null,
      passwordFrom: null,
      keyPassword: null,
    })
    expect(front.problems(answers, '')).toEqual([])
  })
})

const set = (changes: Partial<BackupSetFact>): BackupSetFact => ({
  setId: `${changes.kind ?? 'full'}-${changes.lastLsn ?? '110'}`,
  database: 'Sales',
  kind: 'full',
  finishedAt: '2026-11-01T00:00:00.000Z',
  position: 1,
  copyOnly: false,
  checksums: true,
  firstLsn: '100',
  lastLsn: '110',
  checkpointLsn: '105',
  databaseBackupLsn: '0',
  bytes: 1,
  major: 16,
  algorithm: null,
  thumbprint: null,
  files: ['D:\\a.bak'],
  media: 'disk',
  encryptor: null,
  databaseFiles: [],
  ...changes,
})
const log = (firstLsn: string, lastLsn: string, finishedAt = '2026-11-03T00:00:00.000Z') =>
  set({ kind: 'log', firstLsn, lastLsn, finishedAt })
const differential = (lastLsn: string, base = '105') =>
  set({
    kind: 'differential',
    lastLsn,
    databaseBackupLsn: base,
    finishedAt: '2026-11-02T00:00:00.000Z',
  })

describe('the chain of a full backup', () => {
  const full = set({})
  const ids = (all: readonly BackupSetFact[]): string[] => chainOf(full, all).sets.map(({ setId }) => setId)

  it.each([
    ['alone', [], ['full-110']],
    ['with its logs', [log('90', '120'), log('120', '130')], ['full-110', 'log-120', 'log-130']],
    [
      'with the latest differential and what follows that',
      [differential('120'), differential('140'), log('110', '130'), log('130', '150')],
      ['full-110', 'differential-140', 'log-150'],
    ],
    ['not with the differential of another full backup', [differential('140', '99')], ['full-110']],
    ['not with logs from before it', [log('50', '90'), log('90', '110')], ['full-110']],
    ['not with another database', [{ ...log('110', '120'), database: 'Other' }], ['full-110']],
    [
      'with numbers that do not fit into a number',
      [
        log('110', '99999999999999999999999998'),
        log('99999999999999999999999998', '99999999999999999999999999'),
      ],
      ['full-110', 'log-99999999999999999999999998', 'log-99999999999999999999999999'],
    ],
  ])('%s', (_what, others, expected) => {
    expect(ids([full, ...others])).toEqual(expected)
  })

  it('ends at a gap and says so', () => {
    const { sets, endsBecause } = chainOf(full, [full, log('100', '120'), log('125', '130')])
    expect(sets.map(({ setId }) => setId)).toEqual(['full-110', 'log-120'])
    expect(endsBecause).toContain('one before it is not on record')
  })

  it('a copy-only full backup is no base of a differential', () => {
    const copy = set({ copyOnly: true })
    expect(chainOf(copy, [copy, differential('140')]).sets).toHaveLength(1)
  })

  it('the latest of each database is the newest by time', () => {
    const older = set({ finishedAt: '2026-10-01T00:00:00.000Z', setId: 'old' })
    const other = set({ database: 'Payroll', setId: 'payroll' })
    expect(latestFulls([full, older, other, log('1', '2')]).map(({ setId }) => setId)).toEqual([
      'payroll',
      'full-110',
    ])
  })
})
