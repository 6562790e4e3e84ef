import { entryOf } from '../errors/catalogue.ts'
import {
  carriers,
  connectorCodeIn,
  connectorError,
  connectorSays,
  ekmNumbers,
  type ConnectorErrorCode,
} from '../errors/connector-codes.ts'
import type { MendingJob } from './ekm-doctor.ts'

/** What a number means, why, how to test it and what mends it: for somebody who has an error text and nothing else. */
export interface CodeAnswer {
  number: number
  /** Whose number it is: the same one can be of both. */
  of: 'connector' | 'server'
  says: string
  causes: readonly string[]
  byHand: string
  fix: string
  job: MendingJob | null
}

export interface CodeHelp {
  answers: readonly CodeAnswer[]
  /** What else the number could be, or what is missing from the text; null: nothing. */
  note: string | null
}

type ServerErrorCode = (typeof ekmNumbers)[number][0] | 'ekm-key-missing'

/** How a person tests it, and the job that mends it. Causes and next steps are those of the catalogue. */
const tests: Readonly<Record<ConnectorErrorCode | ServerErrorCode, Pick<CodeAnswer, 'byHand' | 'job'>>> = {
  'ekm-sign-in': {
    byHand: 'az login --service-principal with client id and secret; look at the secret’s end in Entra',
    job: 'credential',
  },
  'ekm-no-token': {
    byHand:
      'Ask the instance metadata service of the machine for a token: http://169.254.169.254, resource https://vault.azure.net',
    job: 'credential',
  },
  'ekm-forbidden': {
    byHand:
      'az role assignment list at the key’s scope, or the vault’s access policies; its page Networking; the key’s state',
    job: 'vault',
  },
  'ekm-key-not-found': {
    byHand:
      'az keyvault key list --vault-name … and az keyvault key list-deleted; compare with IDENTITY and the key’s name',
    job: 'vault',
  },
  'ekm-key-name-long': { byHand: 'Count the characters of the key’s name in the vault', job: 'vault' },
  'ekm-secret-short': {
    byHand:
      'SECRET can’t be read back: 32 digits of the client id, then the secret, make more than 32 characters',
    job: 'credential',
  },
  'ekm-connector-memory': { byHand: 'Look at the memory of the machine when the error comes', job: null },
  'ekm-no-mapping': {
    byHand:
      'regedit on the host: … \\SQL Server Cryptographic Provider\\Azure Key Vault\\<vault>\\<thumbprint>, value KeyUri',
    job: 'tde-vault-key',
  },
  'ekm-registry': {
    byHand:
      'On the host, in the 64-bit regedit: is HKLM\\SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider there, and has the account of the running service Full Control of it?',
    job: 'tde-vault-key',
  },
  'ekm-throttled': { byHand: 'The vault’s page Metrics: saturation and total requests', job: null },
  'ekm-bad-request': {
    byHand: 'Compare the name in PROVIDER_KEY_NAME with the vault’s, letter by letter',
    job: null,
  },
  'ekm-service-fault': { byHand: 'Azure’s status page for Key Vault in the region', job: null },
  'ekm-network': {
    byHand:
      'Test-NetConnection login.microsoftonline.com -Port 443 and the same for the vault, as the service account',
    job: null,
  },
  'ekm-host': { byHand: 'Resolve-DnsName <vault>.vault.azure.net on the host', job: 'credential' },
  'ekm-answer-unreadable': {
    byHand:
      'Compare the version of the library with the newest one; open the vault’s address in a browser of the service account’s profile',
    job: 'connector-upgrade',
  },
  'ekm-connector': {
    byHand: 'Read the Application log of the host, source SQL Server Connector for Microsoft Azure Key Vault',
    job: null,
  },
  'ekm-off': {
    byHand: "SELECT value, value_in_use FROM sys.configurations WHERE name = 'EKM provider enabled';",
    job: 'tde-vault-key',
  },
  'ekm-edition': { byHand: "SELECT SERVERPROPERTY('Edition');", job: null },
  'ekm-library': {
    byHand:
      'Is the file at the path of sys.cryptographic_providers, and the Visual C++ runtime installed on the host?',
    job: 'connector-upgrade',
  },
  'ekm-library-signature': {
    byHand: 'Get-AuthenticodeSignature for the library, on the host',
    job: 'connector-upgrade',
  },
  'ekm-library-other': {
    byHand: 'SELECT name, dll_path FROM sys.cryptographic_providers;',
    job: 'tde-vault-key',
  },
  'ekm-provider-disabled': { byHand: 'SELECT name, is_enabled FROM sys.cryptographic_providers;', job: null },
  'ekm-provider-unavailable': {
    byHand: 'Compare the version of the file with that of sys.cryptographic_providers',
    job: 'connector-upgrade',
  },
  'ekm-provider-used': {
    byHand: 'SELECT name FROM master.sys.asymmetric_keys; SELECT name FROM sys.credentials;',
    job: null,
  },
  'ekm-credential-mapped': {
    byHand: 'SELECT principal_id, credential_id FROM sys.server_principal_credentials;',
    job: 'credential',
  },
  'ekm-not-mapped': {
    byHand: 'SELECT principal_id, credential_id FROM sys.server_principal_credentials;',
    job: 'credential',
  },
  'ekm-credential-used': {
    byHand: 'SELECT principal_id, credential_id FROM sys.server_principal_credentials;',
    job: null,
  },
  'ekm-secret-unreadable': {
    byHand: 'Was the service master key restored or regenerated, or master restored on another machine?',
    job: 'credential',
  },
  'ekm-secret-long': {
    byHand: 'Count the characters of the secret: 88 are left beside the client id',
    job: 'credential',
  },
  'ekm-key-without-login': {
    byHand: "SELECT name FROM sys.server_principals WHERE type = 'K';",
    job: 'tde-vault-key',
  },
  'ekm-key-missing': {
    byHand:
      'SELECT name, thumbprint FROM master.sys.asymmetric_keys; compare with the thumbprint in the error',
    job: 'connector-upgrade',
  },
}

/** What some numbers of the connector are as numbers of SQL Server. */
const alsoServer: Readonly<Record<number, string>> = {
  3009: 'an entry of the backup history was not written',
  3013: 'BACKUP or RESTORE ended, because of the error before it',
  3101: 'the database is in use',
  3102: 'the database is in use',
  3117: 'no files are ready to roll forward',
  3118: 'the database of the log is not there',
  3201: 'a backup device was not opened',
  3202: 'a backup device was not written',
  3203: 'a backup device was not read',
}

const serverError = (number: number): ServerErrorCode | null =>
  number === 33111
    ? 'ekm-key-missing'
    : (ekmNumbers.find(([, numbers]) => numbers.some((one) => one === number))?.[0] ?? null)

const answerFor = (
  number: number,
  of: CodeAnswer['of'],
  says: string,
  error: ConnectorErrorCode | ServerErrorCode,
): CodeAnswer => {
  const { causes, next } = entryOf(error)
  return { number, of, says, causes, fix: next, ...tests[error] }
}

const ofConnector = (code: number): CodeAnswer =>
  answerFor(
    code,
    'connector',
    connectorSays(code) ?? 'not on Microsoft’s list of its numbers',
    connectorError(code),
  )

const ofServer = (number: number): CodeAnswer | null => {
  const error = serverError(number)
  if (error === null) return null
  return answerFor(number, 'server', serverSays[error], error)
}

const serverSays: Readonly<Record<ServerErrorCode, string>> = {
  'ekm-off': 'extensible key management is off',
  'ekm-edition': 'the edition has no extensible key management',
  'ekm-library': 'the library of the provider was not loaded',
  'ekm-library-signature': 'the signature of the library is not trusted',
  'ekm-library-other': 'the library is no provider of keys',
  'ekm-provider-disabled': 'the provider is disabled',
  'ekm-provider-unavailable': 'the provider does not answer',
  'ekm-provider-used': 'the provider is used by a login',
  'ekm-credential-mapped': 'the credential was not mapped',
  'ekm-not-mapped': 'the login has no credential for the provider',
  'ekm-credential-used': 'the credential is used by a login',
  'ekm-secret-unreadable': 'the secret of the credential can’t be read',
  'ekm-secret-long': 'the secret is too long',
  'ekm-key-without-login': 'the engine can’t use the key by itself',
  'ekm-key-missing': 'no key with that thumbprint is in master',
}

const noCode = (number: number): string =>
  `SQL ${number} alone only says that a key or a session was not opened. Why stands behind “Provider error code”: enter the whole text, or that number`

/**
 * A number, or a whole error text. Numbers of the connector and of SQL Server overlap: in a text the place tells them
 * apart (behind “Provider error code”, or behind “Msg”); of a number alone, what it is as the other is said too.
 */
export const helpFor = (entered: string): CodeHelp => {
  const text = entered.trim()
  if (text === '') return { answers: [], note: null }
  if (/^\d{1,6}$/.test(text)) return helpForNumber(Number(text))
  const number = serverNumberIn(text)
  const code = connectorCodeIn(text)
  if (code !== null)
    return {
      answers: [ofConnector(code)],
      note: `${number === null ? 'The error of SQL Server' : `SQL ${number}`} says only that a key or a session was not opened: the connector’s ${code} is the reason`,
    }
  if (number === null)
    return { answers: [], note: 'No number was found in the text. Enter it with its first line' }
  if (carriers.includes(number)) return { answers: [], note: noCode(number) }
  const answer = ofServer(number)
  return answer === null
    ? { answers: [], note: `SQL ${number} is not about providers and their keys` }
    : { answers: [answer], note: null }
}

const helpForNumber = (number: number): CodeHelp => {
  if (number === 0) return { answers: [], note: 'The connector’s 0 is success: nothing is to be mended' }
  if (carriers.includes(number)) return { answers: [], note: noCode(number) }
  const server = ofServer(number)
  if (server !== null) return { answers: [server], note: null }
  if (connectorSays(number) === null)
    return {
      answers: [],
      note: `${number} is no number of the connector that Microsoft lists, and none of SQL Server about keys of providers`,
    }
  const also = alsoServer[number]
  return {
    answers: [ofConnector(number)],
    note:
      number < 3000
        ? null
        : `This is ${number} behind “Provider error code”. In front of a text, as “Msg ${number}”, it is another error, of SQL Server${
            also === undefined ? '' : `: ${also}`
          }`,
  }
}

/** `Msg 33049, Level 16`, `SQL 33049`, `Error: 33049`, `(33049)`. */
const serverNumberIn = (text: string): number | null => {
  const found =
    /\b(?:Msg|SQL|Error|Fehler|Erreur)\b[\s:]*(\d{3,6})\b/i.exec(text)?.[1] ??
    /\b(15\d{3}|33\d{3})\b/.exec(text)?.[1]
  return found === undefined ? null : Number(found)
}
