import { describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { encryptedBackupForm } from '../../../shared/forms/encrypted-backup.ts'
import {
  encryptedBackupDraft,
  encryptedBackupScreenProblems,
  encryptedBackupScreens,
} from '../../../shared/forms/encrypted-backup-draft.ts'
import { fileNamePart, inServerFolder, serverFolderProblem } from '../../../shared/forms/names.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { parseDraft } from '../../../electron/wizards/encrypted-backup/index.ts'
import { draft } from './samples.ts'

const now = () => new Date('2026-11-22T10:00:00Z')
const answers = (changes: Answers = {}): Answers => ({ ...draft(), ...changes })
const problems = (changes: Answers): string[] =>
  encryptedBackupScreens
    .flatMap((screen) => encryptedBackupScreenProblems(screen, answers(changes), now))
    .map(({ field, message }) => `${field}: ${message}`)

describe('the form', () => {
  it('asks on four screens, each with a schema, and names every answer of the draft', () => {
    expect(encryptedBackupForm.screens.map(({ id }) => id)).toEqual(encryptedBackupScreens)
    const asked = new Set(encryptedBackupForm.screens.flatMap(({ fields }) => fields.map(({ name }) => name)))
    expect([...asked].sort()).toEqual(Object.keys(draft()).sort())
  })
  it('says why for every field', () => {
    for (const field of encryptedBackupForm.screens.flatMap(({ fields }) => fields))
      expect(field.why.length, field.name).toBeGreaterThan(20)
  })
  it('shows at most one field of each name at a time', () => {
    for (const { fields } of encryptedBackupForm.screens) {
      for (const field of fields) {
        const twins = fields.filter(({ name }) => name === field.name)
        const conditions = twins.flatMap(({ when }) => when?.is ?? [])
        if (twins.length > 1) expect(new Set(conditions).size).toBe(twins.length)
      }
    }
  })
})

describe('a complete draft', () => {
  it('is accepted whole and per screen', () => {
    expect(problems({})).toEqual([])
    expect(encryptedBackupDraft.parse(answers({ certificateExpiry: '2061-01-01' }))).toMatchObject({
      stats: 5,
      localCopy: 'p-mine',
    })
  })
  it('has defaults for what was left as it is', () => {
    const left = Object.fromEntries(
      Object.entries(answers()).filter(
        ([field]) =>
          ![
            'algorithm',
            'compression',
            'checksum',
            'stats',
            'copyOnly',
            'verifyAfter',
            'proveOnServer',
            'serviceMasterKeyFile',
            'localCopy',
          ].includes(field),
      ),
    )
    expect(encryptedBackupDraft.parse({ ...left, certificateExpiry: '2061-01-01' })).toMatchObject({
      algorithm: 'AES_256',
      compression: false,
      checksum: true,
      stats: 5,
      copyOnly: true,
      verifyAfter: true,
      proveOnServer: true,
      serviceMasterKeyFile: false,
      localCopy: null,
    })
  })
  it('names every missing answer at once', () => {
    try {
      parseDraft({})
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof KeyturnError)) throw error
      expect(error.code).toBe('answers-incomplete')
      const fields = error.problem.fields?.map(({ field }) => field) ?? []
      for (const field of [
        'target',
        'databases',
        'masterKeyMode',
        'certificateMode',
        'keyFolder',
        'certificateFilePassword',
        'masterKeyFilePassword',
        'backupFolder',
      ])
        expect(fields).toContain(field)
      expect(error.problem.title).toBe(`${fields.length} answers need a change`)
    }
  })
})

describe('hostile answers', () => {
  const long = 'x'.repeat(129)
  const veryLong = 'x'.repeat(4000)
  it.each([
    ['certificateName', '', /is empty/],
    ['certificateName', long, /129 characters; SQL Server takes 128/],
    ['certificateName', veryLong, /4000 characters/],
    ['certificateName', '##own', /begins or ends with ##/],
    ['certificateName', 'a\r\nb', /line break/],
    ['certificateName', 'a\0b', /NUL/],
    ['certificateName', 'a\u202eb', /direction of text/],
    ['certificateName', 'a\ud800', /half of a character pair/],
    ['certificateName', 'a\x1bb', /control character/],
    ['certificateSubject', '', /is empty/],
    ['certificateSubject', 'x'.repeat(65), /65 characters/],
    ['certificateSubject', 'a\nb', /line break/],
    ['certificateExpiry', '', /not a day of the calendar/],
    ['certificateExpiry', '2026-11-22', /not after today/],
    ['certificateExpiry', '1999-01-01', /not after today/],
    ['certificateExpiry', '2076-11-23', /more than 50 years/],
    ['certificateExpiry', '2031-02-30', /not a day of the calendar/],
    ['certificateExpiry', "2031-01-01'; DROP", /not a day of the calendar/],
    ['databases', [], /No database is chosen/],
    ['databases', [long], /129 characters/],
    ['databases', ['a\0'], /can't be written/],
    ['databases', ['a', 'a'], /chosen twice/],
    ['target', "'; DROP", /No server is chosen/],
    ['masterKeyPassword', null, /password of the new master key is missing/],
    ['certificateFilePassword', '', /password of the private key file is missing/],
    ['masterKeyFilePassword', 'Typed-Password-1!', /password of the master key file is missing/],
    ['localCopy', '../../etc', /Pick it again/],
    ['algorithm', 'TRIPLE_DES_3KEY', /not one of the three/],
    ['stats', 0, /below 1/],
    ['stats', 101, /above 100/],
    ['stats', 2.5, /not a whole number/],
    ['stats', '5', /not a number/],
  ] as const)('%s = %j', (field, value, words) => {
    const found = problems({ [field]: value as Answers[string] })
    expect(found.filter((text) => text.startsWith(`${field}: `)).join()).toMatch(words)
    expect(found).toHaveLength(1)
  })

  it.each(["O'Brien", 'a]b', 'a;--b', '😀', 'שלום', 'x'.repeat(128), 'DROP TABLE x'])(
    'takes the name %j',
    (name) => {
      expect(problems({ certificateName: name })).toEqual([])
    },
  )
  it('takes spaces around a name away', () => {
    expect(
      encryptedBackupDraft.parse(answers({ certificateName: '  KT  ', certificateExpiry: '2061-01-01' }))
        .certificateName,
    ).toBe('KT')
  })
  it('a service master key file needs its password, and only then', () => {
    expect(problems({ serviceMasterKeyFile: true }).join()).toMatch(
      /serviceMasterKeyFilePassword: .*is missing/,
    )
    expect(problems({ serviceMasterKeyFile: true, serviceMasterKeyFilePassword: 'h-smk' })).toEqual([])
  })
  it('repair needs the password of the key that is there', () => {
    expect(problems({ masterKeyMode: 'repair', masterKeyPassword: null }).join()).toMatch(
      /that is there is missing/,
    )
    expect(problems({ masterKeyMode: 'use', masterKeyPassword: null })).toEqual([])
  })
})

describe('folders on the server', () => {
  it.each([
    'D:\\Backup',
    'D:\\',
    'D:\\Backup\\',
    "D:\\O'Brien;--",
    'D:\\キー\\😀',
    '/var/opt/mssql',
    '/',
    '/a/',
  ])('takes %j', (path) => {
    expect(serverFolderProblem(path, 'The folder')).toBeNull()
  })
  it.each([
    ['', /is empty/],
    ['Backup', /does not begin with a drive/],
    ['.\\Backup', /does not begin with a drive/],
    ['D:Backup', /does not begin with a drive/],
    ['\\Backup', /does not begin with a drive/],
    ['\\\\server\\share', /network or device path/],
    ['\\\\?\\C:\\x', /network or device path/],
    ['\\\\.\\PhysicalDrive0', /network or device path/],
    ['//server/share', /network or device path/],
    ['D:\\a\\..\\b', /\. or \.\./],
    ['D:\\..', /\. or \.\./],
    ['/var/../etc', /\. or \.\./],
    ['/var//opt', /two \//],
    ['D:\\a\\\\b', /two \\/],
    ['D:\\a:stream', /hidden stream/],
    ['D:\\file.txt:$DATA', /hidden stream/],
    ['D:\\CON', /device on Windows/],
    ['D:\\a\\nul.txt', /device on Windows/],
    ['D:\\com1\\x', /device on Windows/],
    ['D:\\a ', /ends with a dot or a space/],
    ['D:\\a.\\b', /ends with a dot or a space/],
    ['/var/opt ', /ends with a space/],
    ['/var\\opt', /mixes/],
    ['D:\\a/b', /does not take/],
    ['D:\\a*', /does not take/],
    ['D:\\a"b', /does not take/],
    ['D:\\a\nb', /line break/],
    ['D:\\a\0b', /NUL/],
    ['D:\\a\u202eb', /direction of text/],
    [`D:\\${'x'.repeat(160)}`, /leave room for the file names/],
    [`D:\\${'x'.repeat(4000)}`, /4003 characters/],
  ])('refuses %j', (path, words) => {
    expect(serverFolderProblem(path, 'The folder')).toMatch(words)
    expect(problems({ keyFolder: path })).toHaveLength(1)
    expect(problems({ backupFolder: path })).toHaveLength(1)
  })
  it('joins with the separator of the system', () => {
    expect(inServerFolder('D:\\a', 'f')).toBe('D:\\a\\f')
    expect(inServerFolder('D:\\', 'f')).toBe('D:\\f')
    expect(inServerFolder('/a', 'f')).toBe('/a/f')
    expect(inServerFolder('/', 'f')).toBe('/f')
  })
  it('leaves nothing but letters, digits, - and _ in a part of a file name', () => {
    expect(fileNamePart("../O'Brien:x\\y.bak")).toBe('O_Brien_x_y_bak')
    expect(fileNamePart('😀')).toBe('unnamed')
    expect(fileNamePart('x'.repeat(128))).toHaveLength(40)
  })
})
