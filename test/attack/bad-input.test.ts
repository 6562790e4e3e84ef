/**
 * Every field of the forms on certificates and encrypted backups with what people and attackers put into fields, through the same door as the
 * window. What is refused names the field and the fix, and the server stays as it was; what is taken means what it says.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { existingNameProblem } from '../../shared/forms/names.ts'
import type { JobId } from '../../shared/model/job.ts'
import { answersOfCertificate, answersOfRotation } from '../support/certificate-answers.ts'
import { answersOfEncryptedBackup, saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'

const server = 'ktr-sqlprod-01'
let house: TestRehearsal
let good: Answers
/** Complete answers of the other jobs. */
let others: Partial<Record<JobId, Answers>>
let untouched: string[]

const state = (): Promise<string[]> => endStateOf(house.program, { server, localFolder: house.escrow }, null)

beforeAll(async () => {
  house = await openRehearsal()
  const wish = { server, databases: ['Payroll'], localFolder: 'escrow' }
  good = (await answersOfEncryptedBackup(house.ask, wish)).answers
  others = {
    certificate: await answersOfCertificate(house.ask, wish),
    'backup-certificate-rotation': await answersOfRotation(house.ask, {
      server,
      localFolder: 'escrow',
      oldCertificate: 'KT_Old',
    }),
  }
  untouched = await state()
})
afterAll(() => house?.end())

const right = '\u202e'
const neverText: Record<string, string> = {
  empty: '',
  'CR LF inside': 'KT\r\nGO',
  'LF inside': 'KT\nGO',
  NUL: 'KT\0x',
  'an escape': 'KT\u001b[2J',
  'a mark that turns text around': `KT${right}kab`,
  'half a character pair': 'KT\ud83d',
  '4,000 characters': 'x'.repeat(4_000),
  '129 characters': 'x'.repeat(129),
}
const neverFolder: Record<string, string> = {
  ...neverText,
  'a bracket': ']',
  'a quotation mark': "'",
  'a comment': ';--',
  emoji: '😀',
  'right-to-left text': 'גיבוי',
  'up and out': '..\\Windows',
  'up inside': 'D:\\Backup\\..\\Keys',
  'a share': '\\\\server\\share',
  'a share with slashes': '//server/share',
  'a device path': '\\\\?\\C:\\x',
  'a hidden stream': 'C:\\x:ads',
  'a device': 'D:\\CON',
  'a device with an ending': 'D:\\nul.txt',
  'a dot at the end': 'D:\\Backup.',
  'a space at the end': 'D:\\Backup ',
  'a wildcard': 'D:\\Back*',
  'a relative path': 'Backup',
  'only a drive letter': 'D:Backup',
}
const neverHandle: Record<string, string> = {
  empty: '',
  'upper case': 'HANDLE',
  'a path': '../../keyring.json',
  'a quotation mark': "x' OR 1=1",
  '129 characters': 'a'.repeat(129),
}

/** What no name that a server gave can hold; the rest of `neverText` is another person's name. */
const neverExisting = Object.fromEntries(
  Object.entries(neverText).filter(([what]) => what !== 'a mark that turns text around'),
)
const neverDay = {
  ...neverText,
  yesterday: '2020-01-01',
  'no such day': '2031-02-30',
  'a hundred years': '2131-01-01',
  SQL: "20311231'; --",
}
const neverServerFile = {
  ...neverText,
  'a folder': 'D:\\Keys\\x.cer',
  'up and out': '..\\x.cer',
  slashes: '/etc/x.cer',
  'a hidden stream': 'x.cer:ads',
  'a device': 'NUL.cer',
  'a dot at the end': 'x.cer.',
  'a wildcard': '*.cer',
  'a quotation mark of SQL': 'x".cer',
}
const neverLocalFile = {
  empty: '',
  'up and out': '../keyring.json',
  'a path': '/etc/passwd',
  'a path of Windows': 'C:\\x.cer',
  hidden: '.ssh.cer',
  'another kind': 'keyring.json',
  NUL: 'x\0.cer',
  'a line break': 'x\n.cer',
  '300 characters': `${'x'.repeat(300)}.cer`,
}
const neverWord = { empty: '', another: 'DROP', SQL: "'; --" }

interface BadField {
  job?: JobId
  field: string
  screen: string
  never: Record<string, string>
  also?: Answers
}

const local = { task: 'import-local', sourceFolder: 'p-abcdefghijkm' }
const onServer = { task: 'import-server', serverCertificateFile: 'a.cer', serverPrivateKeyFile: 'a.pvk' }
const localPair = { ...local, sourceCertificateFile: 'a.cer', sourcePrivateKeyFile: 'a.pvk' }
const certificateFields: BadField[] = [
  { field: 'target', screen: 'task', never: neverHandle },
  { field: 'task', screen: 'task', never: neverWord },
  { field: 'certificateName', screen: 'certificate', never: { ...neverText, 'of the engine': '##KT##' } },
  { field: 'certificateName', screen: 'certificate', never: neverExisting, also: { task: 'export' } },
  { field: 'certificateSubject', screen: 'certificate', never: { ...neverText, '65': 'x'.repeat(65) } },
  { field: 'certificateExpiry', screen: 'certificate', never: neverDay },
  { field: 'keyUse', screen: 'certificate', never: neverWord },
  { field: 'format', screen: 'places', never: neverWord },
  { field: 'keyFolder', screen: 'places', never: neverFolder },
  { field: 'keyFolder', screen: 'places', never: neverFolder, also: onServer },
  { field: 'certificateFilePassword', screen: 'places', never: neverHandle },
  { field: 'localCopy', screen: 'places', never: { 'a path': '/etc', 'a path upwards': '../x', NUL: '\0' } },
  { field: 'sourceFolder', screen: 'places', never: neverHandle, also: localPair },
  { field: 'sourceCertificateFile', screen: 'places', never: neverLocalFile, also: localPair },
  { field: 'sourcePrivateKeyFile', screen: 'places', never: neverLocalFile, also: localPair },
  { field: 'serverCertificateFile', screen: 'places', never: neverServerFile, also: onServer },
  { field: 'serverPrivateKeyFile', screen: 'places', never: neverServerFile, also: onServer },
].map((row) => ({ job: 'certificate', ...row }))

const rotationFields: BadField[] = [
  { field: 'target', screen: 'certificates', never: neverHandle },
  { field: 'oldCertificate', screen: 'certificates', never: neverExisting },
  { field: 'certificateName', screen: 'certificates', never: neverText },
  { field: 'certificateSubject', screen: 'certificates', never: neverText },
  { field: 'certificateExpiry', screen: 'certificates', never: neverDay },
  { field: 'format', screen: 'files', never: neverWord },
  { field: 'keyFolder', screen: 'files', never: neverFolder },
  { field: 'certificateFilePassword', screen: 'files', never: neverHandle },
  { field: 'localCopy', screen: 'files', never: neverHandle },
].map((row) => ({ job: 'backup-certificate-rotation', ...row }))

const fields: BadField[] = [
  { field: 'certificateName', screen: 'keys', never: { ...neverText, 'a name of the engine': '##KT##' } },
  { field: 'certificateSubject', screen: 'keys', never: { ...neverText, '65 characters': 'x'.repeat(65) } },
  {
    field: 'certificateExpiry',
    screen: 'keys',
    never: {
      ...neverText,
      yesterday: '2020-01-01',
      today: new Date().toISOString().slice(0, 10),
      'no such day': '2031-02-30',
      'a hundred years': '2131-01-01',
      SQL: "20311231'; --",
    },
  },
  { field: 'keyFolder', screen: 'files', never: neverFolder },
  { field: 'backupFolder', screen: 'destination', never: neverFolder },
  { field: 'algorithm', screen: 'destination', never: { DES: 'DES', SQL: 'AES_256); --' } },
  { field: 'target', screen: 'server', never: neverHandle },
  { field: 'masterKeyPassword', screen: 'keys', never: neverHandle },
  { field: 'masterKeyFilePassword', screen: 'files', never: neverHandle },
  { field: 'certificateFilePassword', screen: 'files', never: neverHandle },
  {
    field: 'serviceMasterKeyFilePassword',
    screen: 'files',
    never: neverHandle,
    also: { serviceMasterKeyFile: true },
  },
  { field: 'localCopy', screen: 'files', never: { 'a path': '/etc', 'a path upwards': '../x', NUL: '\0' } },
]
const refused = [...fields, ...certificateFields, ...rotationFields].flatMap(
  ({ job = 'encrypted-backup', field, screen, never, also }) =>
    Object.entries(never).map(([what, value]) => ({
      job,
      field,
      screen,
      what,
      answers: { ...also, [field]: value },
    })),
)

describe('refused', () => {
  test.each(refused)('$job, $field: $what', async ({ job, field, screen, answers }) => {
    const draft = await saveDraft(house.ask, { ...(others[job] ?? good), ...answers }, job)
    const { problem } = await house.ask('wizard.check', { draft, screen })
    if (problem === null) throw new Error('the check found nothing')
    expectHelpful(problem)
    expect(problem.code).toBe('answers-incomplete')
    const reviewed = await refusalOf(house.ask('wizard.review', { draft }))
    expect(reviewed.code).toBe('answers-incomplete')
    for (const found of [problem, reviewed]) {
      const messages = found.fields?.filter((one) => one.field === field) ?? []
      expect(messages).toHaveLength(1)
      // A sentence with what to do, without the bad characters themselves.
      expect(messages[0]?.message).toMatch(/^[^\p{Cc}\u202e]{20,}$/u)
    }
  })

  test.each([
    ['no server', []],
    ['a path', ['../keyring.json']],
    ['one server twice', ['t-other', 't-other']],
    ['21 servers', Array.from({ length: 21 }, (_one, index) => `t-${index}`)],
  ])('servers that get a copy: %s', async (_what, replicas) => {
    const answers = { ...others.certificate, task: 'copy', certificateName: 'KT_Old', replicas }
    const draft = await saveDraft(house.ask, answers, 'certificate')
    const problem = await refusalOf(house.ask('wizard.review', { draft }))
    expect(problem.code).toBe('answers-incomplete')
    expect(problem.fields?.map(({ field }) => field)).toEqual(['replicas'])
  })

  test.each([
    ['no database', []],
    ['an empty name', ['']],
    ['a name of 129 characters', ['x'.repeat(129)]],
    ['NUL in a name', ['Pay\0roll']],
    ['one database twice', ['Payroll', 'Payroll']],
    ['1,001 databases', Array.from({ length: 1_001 }, (_one, index) => `db${index}`)],
  ])('databases: %s', async (_what, databases) => {
    const problem = await refusalOf(house.review({ ...good, databases }))
    expect(problem.code).toBe('answers-incomplete')
    expect(problem.fields?.map(({ field }) => field)).toEqual(['databases'])
  })

  test.each([
    ['stats', 0],
    ['stats', 101],
    ['stats', 2.5],
    ['stats', '5; DROP'],
  ])('%s: %s', async (field, value) => {
    const problem = await refusalOf(house.review({ ...good, [field]: value }))
    expect(problem.fields?.map((one) => one.field)).toEqual([field])
  })

  test.each(["Payroll'; DROP DATABASE Sales --", 'Payroll]', '😀', 'גיבוי', '..\\Payroll'])(
    'a database that is not there blocks the run and is named: %s',
    async (name) => {
      expect(existingNameProblem(name, 'it')).toBeNull()
      const { advice, digest } = await house.review({ ...good, databases: [name] })
      expect(advice.blockers.map(({ what }) => what).join()).toContain(name)
      const start = house.ask('runs.start', { digest, ticket: 'T', reason: 'R' })
      expect((await refusalOf(start)).code).toBe('plan-blocked')
    },
  )

  test('a folder that the server does not see blocks the run', async () => {
    const { advice, digest } = await house.review({ ...good, backupFolder: 'D:\\Nowhere' })
    expect(advice.blockers.map(({ what, screen }) => [what, screen])).toContainEqual([
      'The server does not see the folder D:\\Nowhere',
      'destination',
    ])
    expect((await refusalOf(house.ask('runs.start', { digest, ticket: 'T', reason: 'R' }))).code).toBe(
      'plan-blocked',
    )
  })

  test.each([
    ['', 'why', 'ticket'],
    ['T-1', '   ', 'reason'],
  ])('ticket %j with reason %j names %s', async (ticket, reason, field) => {
    const { digest } = await house.review(good)
    const problem = await refusalOf(house.ask('runs.start', { digest, ticket, reason }))
    expect(problem.code).toBe('run-needs-ticket')
    expect(problem.fields?.map((one) => one.field)).toEqual([field])
  })

  test.each([
    ['ticket', { ticket: 'x'.repeat(129), reason: 'R' }],
    ['reason', { ticket: 'T', reason: 'x'.repeat(4_000) }],
  ])('a %s that is too long does not pass the door', async (field, given) => {
    const { digest } = await house.review(good)
    const problem = await refusalOf(house.ask('runs.start', { digest, ...given }))
    expect(problem.code).toBe('ipc-payload')
    expect(problem.title).toContain(field)
  })

  test.each([
    ['too short', 'Short1!', 'key-file-password'],
    ['129 characters', `Aa1!${'x'.repeat(125)}`, 'key-file-password'],
    ['two kinds only', 'alllowercaseand1234567', 'key-file-password'],
    ['a quotation mark', "Long-enough-1'; DROP", 'master-key-password'],
    ['a variable of sqlcmd', 'Long-enough-1 $(X) 22', 'master-key-password'],
    ['not ASCII', 'Lang-genug-Grüße-17', 'key-file-password'],
    ['a line break', 'Long-enough\r\n-1-Word', 'existing-password'],
    ['empty', '', 'login-password'],
  ] as const)('a password: %s', async (_what, password, rule) => {
    const problem = await refusalOf(
      house.ask('secrets.keep', {
        purpose: 'sql.key-file-password',
        target: null,
        label: 'Private key file',
        rule,
        bytes: new TextEncoder().encode(password),
      }),
    )
    expect(problem.code).toBe('answers-incomplete')
    expect(problem.fields?.map(({ field }) => field)).toEqual(['Private key file'])
    if (password !== '') expect(JSON.stringify(problem)).not.toContain(password)
  })

  test('nothing of all this reached the server', async () => {
    expect(await state()).toEqual(untouched)
  })
})

test('what is taken means what it says: names full of SQL are names', async () => {
  const certificateName = `KT];DROP DATABASE [Sales]--'"😀 גיבוי`
  const certificateSubject = `O'Brien ]] ;-- "x", CN=😀`
  const run = await house.run({ ...good, certificateName, certificateSubject })
  expect(run.state).toBe('verified')
  const after = await state()
  expect(after.filter((line) => line.startsWith('database: '))).toEqual(
    untouched.filter((line) => line.startsWith('database: ')),
  )
  const [certificate] = after.filter((line) => line.startsWith('certificate: ') && line.includes('KT]'))
  expect(JSON.parse(certificate?.slice('certificate: '.length) ?? '')).toMatchObject({
    name: certificateName,
  })
})
