import { describe, expect, it } from 'vitest'
import { answerProblem } from '../../../electron/targets/sqlserver/answers.ts'

const read = (number: number, text: string, statement = 'SELECT 1;') =>
  answerProblem([{ number, severity: 16, text }], { target: 'prod', statement, subject: 'this statement' })
    .problem

const backup =
  "BACKUP DATABASE [Sales] TO DISK = N'D:\\b\\Sales.bak' WITH ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [Backup ]]2026]);"
const open = "USE [Sales];\nOPEN MASTER KEY DECRYPTION BY PASSWORD = N'«dmk_password»';"
const create =
  "CREATE CERTIFICATE [c] FROM FILE = N'C:\\k\\c.cer' WITH PRIVATE KEY (FILE = N'C:\\k\\c.pvk', DECRYPTION BY PASSWORD = N'«p»');"

const cases: [string, number, string, string, string, string][] = [
  [
    'certificate name taken',
    15232,
    "A certificate with name 'c' already exists or this certificate already has been added to the database.",
    create,
    'sql-exists',
    '«c»',
  ],
  [
    'key file there',
    15240,
    "Cannot write into file 'D:\\k\\x.cer'. Verify that you have write permissions",
    'BACKUP CERTIFICATE [c]',
    'sql-file-exists',
    'D:\\k\\x.cer',
  ],
  [
    'key file not read',
    15208,
    'The certificate, asymmetric key, or private key file is not valid or does not exist',
    create,
    'sql-file-not-read',
    'C:\\k\\c.cer',
  ],
  [
    'master key file',
    15317,
    'The master key file does not exist or has invalid format.',
    "RESTORE MASTER KEY FROM FILE = N'C:\\k\\m.key'",
    'sql-file-not-read',
    'C:\\k\\m.key',
  ],
  [
    'wrong file password',
    15465,
    'The private key password is invalid.',
    create,
    'sql-file-wrong-password',
    'C:\\k\\c.cer',
  ],
  [
    'key of another certificate',
    15474,
    'Invalid private key. The private key does not match the public key of the certificate.',
    create,
    'sql-pair-mismatch',
    'C:\\k\\c.cer',
  ],
  [
    'wrong key password',
    15313,
    'The key is not encrypted using the specified decryptor.',
    open,
    'sql-wrong-password',
    'Sales',
  ],
  ['decryption of a key', 15466, 'An error occurred during decryption.', open, 'sql-wrong-password', 'Sales'],
  [
    'decryption of a file',
    15466,
    'An error occurred during decryption.',
    create,
    'sql-file-wrong-password',
    'C:\\k\\c.cer',
  ],
  [
    'second master key',
    15578,
    'There is already a master key in the database.',
    'USE [master];\nCREATE MASTER KEY',
    'sql-exists',
    'master',
  ],
  [
    'closed master key',
    15581,
    'Please create a master key in the database',
    create,
    'sql-master-key-closed',
    'the current database',
  ],
  ['policy', 33064, 'Password validation failed.', open, 'sql-password-policy', 'this statement'],
  [
    'device of a backup',
    3201,
    "Cannot open backup device 'D:\\b\\Sales.bak'. Operating system error 5",
    backup,
    'sql-backup-device',
    'D:\\b\\Sales.bak',
  ],
  [
    'device of a restore',
    3201,
    "Cannot open backup device 'D:\\b\\x.bak'. Operating system error 2",
    "RESTORE HEADERONLY FROM DISK = N'D:\\b\\x.bak'",
    'sql-file-not-read',
    'D:\\b\\x.bak',
  ],
  [
    'damage',
    3241,
    "The media family on device 'D:\\b\\x.bak' is incorrectly formed.",
    'RESTORE HEADERONLY',
    'sql-backup-damaged',
    'D:\\b\\x.bak',
  ],
  [
    'expired',
    3096,
    'The Certificate specified for backup encryption has expired.',
    backup,
    'sql-certificate-expired',
    'Backup ]2026',
  ],
  [
    'missing key',
    33111,
    "Cannot find server certificate with thumbprint '0x8eb5ba0fffe6'.",
    'RESTORE',
    'sql-key-missing',
    '8EB5BA0FFFE6',
  ],
  [
    'permission',
    262,
    "CREATE DATABASE permission denied in database 'master'.",
    'CREATE DATABASE x',
    'sql-permission',
    'CREATE DATABASE',
  ],
  [
    'object permission',
    229,
    "The SELECT permission was denied on the object 'backupset'",
    'SELECT',
    'sql-permission',
    'SELECT',
  ],
  [
    'invisible or absent',
    15151,
    "Cannot find the certificate 'c', because it does not exist or you do not have permission.",
    'BACKUP',
    'sql-permission',
    'what this statement needs',
  ],
  ['not simulated', 50000, 'not simulated: SHUTDOWN', 'SHUTDOWN', 'sql-not-simulated', 'SHUTDOWN'],
  ['somebody’s own error', 50000, 'a trigger said no', 'CREATE', 'sql-refused', 'a trigger said no'],
  [
    'an edition without TDE',
    33117,
    'Transparent Data Encryption is not available in the edition',
    'ALTER',
    'tde-edition',
    'TDE',
  ],
  ['anything else', 33999, 'A message that no reading knows', 'ALTER', 'sql-refused', 'no reading knows'],
]

describe('the reading of a server’s errors', () => {
  for (const [what, number, text, statement, code, shown] of cases) {
    it(`${number}: ${what}`, () => {
      const problem = read(number, text, statement)
      expect(problem.code).toBe(code)
      expect(problem.vendor).toEqual({ system: 'sql', number, text })
      const words = [problem.title, ...problem.causes].join(' ')
      expect(words).toContain(shown.replace(/^«(.*)»$/, '$1'))
      // A hole that was left open would be shown to a person.
      expect([problem.title, problem.unchanged, problem.next, ...problem.causes].join(' ')).not.toMatch(
        /«[a-z]+»/,
      )
    })
  }

  it('reads numbers whatever the language of the text', () => {
    expect(read(15581, 'Erstellen Sie einen Hauptschlüssel', open).code).toBe('sql-master-key-closed')
  })

  describe('about a blob', () => {
    const address = 'https://ktrbackups01.blob.core.windows.net/ktr-sql-backups/Sales.bak'
    const toUrl = `BACKUP DATABASE [Sales] TO URL = N'${address}' WITH FORMAT;`
    const codeOf = (number: number, text: string): string => read(number, text, toUrl).code
    const remote = (said: string): string =>
      `Backup to URL received an exception from the remote endpoint. Exception Message: ${said}.`

    it.each([
      ['(401) Unauthorized', 'url-refused'],
      ['(403) Forbidden', 'url-refused'],
      ['(404) Not Found', 'url-not-found'],
      ['(503) ServerBusy', 'url-not-reached'],
      ['(418) no status that is known here', 'url-device'],
    ])('3298 is told by its status: %s', (said, code) => {
      expect(codeOf(3298, `Backup/Restore to URL device error: ${said}.`)).toBe(code)
    })

    it.each([409, 412])(
      '%i is a lease only where the service says so, else a policy may forbid it',
      (status) => {
        expect(codeOf(3290, remote(`(${status}) LeaseAlreadyPresent`))).toBe('url-leased')
        expect(codeOf(3290, remote(`(${status}) There is currently a lease on the blob`))).toBe('url-leased')
        const policy = read(3290, remote(`(${status}) BlobImmutableDueToPolicy`), toUrl)
        expect(policy.code).toBe('url-device')
        expect(policy.causes).toContain('A policy of the container forbids changing the blob')
      },
    )

    it('reads neither status nor lease from an address, which a blob’s name can look like', () => {
      const named = address.replace('Sales', 'lease (404)')
      for (const quote of ["'", '"'])
        expect(codeOf(3271, `I/O error on file ${quote}${named}:${quote} ${remote('(403) Forbidden')}`)).toBe(
          'url-refused',
        )
      expect(codeOf(3201, `Cannot open backup device '${named}'. Operating system error 5(Access).`)).toBe(
        'url-refused',
      )
      expect(codeOf(3290, `'${named}': ${remote('(409) Conflict')}`)).toBe('url-device')
      const apostrophe = address.replace('Sales', "it's (404)")
      expect(codeOf(3290, `'${apostrophe}': ${remote('(403) Forbidden')}`)).toBe('url-refused')
    })

    it('takes an apostrophe inside a word for no quote', () => {
      expect(codeOf(3290, `L'erreur (404) de l'adresse '${address}'`)).toBe('url-not-found')
    })

    it.each([
      ['url-refused', '5(Access is denied.)'],
      ['url-not-found', '3(The system cannot find the path specified.)'],
      ['url-not-reached', '59(An unexpected network error occurred.)'],
    ])('%s in the middle of a backup does not say that nothing was written', (code, said) => {
      const { code: found, unchanged } = read(3202, `Write on "${address}" failed: ${said}`, toUrl)
      expect(found).toBe(code)
      expect(unchanged).toMatch(
        /block blob that was not finished is not there.*page blob may be half written/,
      )
    })

    it('3292 has no status, so it names where more is said; 3297 is about the address', () => {
      expect(read(3292, 'A failure occurred.', toUrl)).toMatchObject({
        code: 'url-not-reached',
        causes: expect.arrayContaining(['The server’s own error log says more']) as string[],
      })
      expect(read(3297, 'The URL provided does not meet specified requirements.', toUrl)).toMatchObject({
        code: 'url-credential-style',
        causes: expect.arrayContaining(['The address of the blob is malformed or too long']) as string[],
      })
    })
  })

  it('shows the first error that means something, never 3013 while there is another', () => {
    const errors = [
      { number: 3013, severity: 16, text: 'BACKUP DATABASE is terminating abnormally.' },
      { number: 3202, severity: 16, text: "Write on 'D:\\b.bak' failed: 112" },
    ]
    const problem = answerProblem(errors, { target: 'prod', statement: backup, subject: 'x' }).problem
    expect(problem.vendor?.number).toBe(3202)
    expect(
      answerProblem(errors.slice(0, 1), { target: 'p', statement: '', subject: 'x' }).problem.vendor?.number,
    ).toBe(3013)
  })
})
