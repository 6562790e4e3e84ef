import { describe, expect, it } from 'vitest'
import { connectorCodeIn, connectorError } from '../../../shared/errors/connector-codes.ts'
import { answerProblem } from '../../../electron/targets/sqlserver/answers.ts'

const question = {
  target: 'SQLPROD-01',
  statement: 'CREATE ASYMMETRIC KEY [k] FROM PROVIDER [p]',
  subject: 'k',
}
const read = (number: number, text: string) =>
  answerProblem([{ number, severity: 16, text }], question).problem
const inKey = (code: number): string =>
  `Key with name 'k' does not exist in the provider or access is denied. Provider error code: ${code}. (Provider Error - No explanation is available, consult EKM Provider for details)`

/** Every code that documentation lists, in its groups (facts on SQL Server, 3.2). */
const groups: readonly [string, readonly number[]][] = [
  ['ekm-sign-in', [5, 401, 3010, 3108, 3303, 3305, 3800, 3822]],
  ['ekm-no-token', [3304]],
  ['ekm-key-not-found', [4, 404, 3076, 3112]],
  ['ekm-forbidden', [403, 3077, 3113]],
  ['ekm-key-name-long', [2049]],
  ['ekm-secret-short', [2050]],
  ['ekm-connector-memory', [2, 2051, 3002, 3100]],
  ['ekm-no-mapping', [2052, 2053]],
  ['ekm-registry', [2058]],
  ['ekm-throttled', [429, 3011, 3109]],
  ['ekm-bad-request', [6, 400, 3012, 3110]],
  ['ekm-service-fault', [500, 503, 3013, 3111]],
  ['ekm-network', [3003, 3009, 3019, 3101, 3107, 3119, 4000]],
  ['ekm-host', [3900]],
  [
    'ekm-answer-unreadable',
    [
      3014, 3018, 3114, 3118, 3120, 3122, 3200, 3208, 3300, 3307, 3308, 3400, 3412, 3500, 3506, 3600, 3603,
      3609, 3700, 3709,
    ],
  ],
  ['ekm-connector', [0, 1, 3, 7, 2999, 9999]],
]

describe('the connector’s codes', () => {
  it.each(groups.flatMap(([code, numbers]) => numbers.map((number) => [number, code] as const)))(
    '%i is %s, and stays in the words and beside the number of the server',
    (number, code) => {
      expect(connectorError(number)).toBe(code)
      const problem = read(33049, inKey(number))
      expect(problem.code).toBe(code)
      expect(problem.title).toContain(String(number))
      expect(problem.vendor).toMatchObject({ system: 'sql', number: 33049, text: inKey(number) })
      expect(problem.next.length).toBeGreaterThan(10)
    },
  )

  it('is no number of SQL Server: 3013 of the connector is a fault of the vault, 3013 of the server an echo', () => {
    expect(
      read(33028, "Cannot open session for cryptographic provider 'p'. Provider error code: 3013. (x)").code,
    ).toBe('ekm-service-fault')
    expect(read(3013, 'BACKUP DATABASE is terminating abnormally.').code).toBe('sql-refused')
  })

  it('is found where the server speaks another language, and not where there is none', () => {
    expect(
      connectorCodeIn(
        "Der Schlüssel 'k' ist nicht vorhanden. Fehlercode des Anbieters: 2058. (Anbieterfehler)",
      ),
    ).toBe(2058)
    expect(connectorCodeIn('Port 443: 17 tries')).toBeNull()
    expect(read(33049, 'Key with name 3112 does not exist').code).toBe('ekm-connector')
  })
})

describe('SQL Server’s own numbers around keys of a provider', () => {
  it.each([
    [15535, 'ekm-credential-mapped'],
    [15541, 'ekm-credential-used'],
    [33026, 'sql-exists'],
    [33027, 'ekm-library'],
    [33029, 'ekm-library'],
    [33030, 'ekm-provider-unavailable'],
    [33031, 'ekm-provider-disabled'],
    [33042, 'ekm-credential-mapped'],
    [33043, 'ekm-credential-mapped'],
    [33044, 'ekm-provider-used'],
    [33045, 'ekm-not-mapped'],
    [33046, 'ekm-not-mapped'],
    [33047, 'ekm-secret-unreadable'],
    [33053, 'ekm-off'],
    [33054, 'ekm-edition'],
    [33067, 'ekm-secret-long'],
    [33081, 'ekm-library-signature'],
    [33085, 'ekm-library-other'],
    [33121, 'ekm-key-without-login'],
  ])('%i is %s', (number, code) => {
    expect(read(number, "about 'x'").code).toBe(code)
  })

  it.each([
    [
      "Cannot find server asymmetric key with thumbprint '0x0123456789ABCDEF0123456789ABCDEF01234567'.",
      'ekm-key-missing',
    ],
    [
      "Cannot find server certificate with thumbprint '0x0123456789ABCDEF0123456789ABCDEF01234567'.",
      'sql-key-missing',
    ],
    // Another language: only a certificate always has twenty bytes.
    ["Serverschlüssel mit Fingerabdruck '0x2C5677D76F76D77F80' nicht gefunden.", 'ekm-key-missing'],
    [
      "Serverschlüssel mit Fingerabdruck '0x0123456789ABCDEF0123456789ABCDEF01234567' nicht gefunden.",
      'sql-key-missing',
    ],
  ])('33111: %s', (text, code) => {
    expect(read(33111, text).code).toBe(code)
  })
})
