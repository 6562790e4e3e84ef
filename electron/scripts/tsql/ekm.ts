import { clientIdDigits, identityOf, managedIdentity, providerKeyName } from '../../../shared/model/ekm.ts'
import type { Script } from '../../../shared/model/script.ts'
import { literalWithSecret, name, script, text, tsql, word, type Fragment } from './fragment.ts'
import { refused } from './quote.ts'

/**
 * Statements on extensible key management. Each batch leaves the session in master. A value that no such statement can
 * hold is refused with the name of its field (`answers-incomplete`).
 */

/** The secret of the application; the client id in front of it is part of the statement. */
export const ekmSecretHole = 'ekm_client_secret'

const switches = ['0', '1'] as const
const option = (
  value: '0' | '1',
): Fragment => tsql`EXEC sp_configure N'EKM provider enabled', ${word(switches, value)};
RECONFIGURE;`

/**
 * The option is an advanced one: those are shown for as long as it takes and then as before. RECONFIGURE also brings
 * other pending values into use. ALTER SETTINGS. Can be sent again.
 */
const setOption = (value: '0' | '1', advancedWasShown: boolean): Script =>
  script(
    advancedWasShown
      ? option(value)
      : tsql`EXEC sp_configure N'show advanced options', 1;
RECONFIGURE;
${option(value)}
EXEC sp_configure N'show advanced options', 0;
RECONFIGURE;`,
  )

export const enableEkm = (advancedWasShown: boolean): Script => setOption('1', advancedWasShown)
export const disableEkm = (advancedWasShown: boolean): Script => setOption('0', advancedWasShown)

/** The longest path that the engine takes for a library. */
const longestLibrary = 256

const libraryPath = (path: string): Fragment => {
  if (path === '') throw refused('providerLibrary', 'The path of the library is empty. Enter it')
  if (path.length > longestLibrary) {
    throw refused(
      'providerLibrary',
      `The path of the library has ${path.length} characters; SQL Server takes ${longestLibrary}. Shorten it`,
    )
  }
  return text(path, 'providerLibrary')
}

/** The library must be signed, and its signature trusted by the machine of the server. CONTROL SERVER. */
export const createProvider = (provider: string, library: string): Script =>
  script(tsql`USE [master];
CREATE CRYPTOGRAPHIC PROVIDER ${name(provider, 'providerName')}
  FROM FILE = ${libraryPath(library)};`)

/** Another library, as after an upgrade. Sessions that are open keep the old one until the restart. CONTROL SERVER. */
export const alterProvider = (provider: string, library: string): Script =>
  script(tsql`USE [master];
ALTER CRYPTOGRAPHIC PROVIDER ${name(provider, 'providerName')}
  FROM FILE = ${libraryPath(library)};`)

const providerSwitches = ['ENABLE', 'DISABLE'] as const
export const switchProvider = (provider: string, to: (typeof providerSwitches)[number]): Script =>
  script(tsql`USE [master];
ALTER CRYPTOGRAPHIC PROVIDER ${name(provider, 'providerName')} ${word(providerSwitches, to)};`)

export const dropProvider = (provider: string): Script =>
  script(tsql`USE [master];
DROP CRYPTOGRAPHIC PROVIDER ${name(provider, 'providerName')};`)

export interface EkmCredential {
  name: string
  provider: string
  /** Host of the vault or managed HSM; the statement says what the connector wants of it. */
  host: string
  /** With hyphens, as Entra shows it; the statement has it without. */
  clientId: string
}

/** ONE literal: 32 digits of the client id, then the secret as it is, hyphens and all. */
const concatenation = (clientId: string): Fragment =>
  literalWithSecret(clientIdDigits(clientId), ekmSecretHole, 'ekm.client-secret')

/** ALTER ANY CREDENTIAL. */
export const createEkmCredential = ({ name: credential, provider, host, clientId }: EkmCredential): Script =>
  script(tsql`USE [master];
CREATE CREDENTIAL ${credentialName(credential)}
  WITH IDENTITY = ${text(identityOf(host), 'vaultHost')},
    SECRET = ${concatenation(clientId)}
  FOR CRYPTOGRAPHIC PROVIDER ${name(provider, 'providerName')};`)

/** For the identity of the machine: the credential is called like the vault's host, and there is no secret. */
export const createManagedIdentityCredential = (host: string, provider: string): Script => {
  // Refuses what is no host of a vault.
  identityOf(host)
  return script(tsql`USE [master];
CREATE CREDENTIAL ${credentialName(host)}
  WITH IDENTITY = ${text(managedIdentity)}
  FOR CRYPTOGRAPHIC PROVIDER ${name(provider, 'providerName')};`)
}

/**
 * Sets identity and secret anew: without a SECRET there would be none. `identity` is the one that the server shows, so
 * that the credential goes on leading where it led. Counts from the next restart of the service. ALTER ANY CREDENTIAL.
 */
export const alterEkmCredential = (credential: string, identity: string, clientId: string): Script =>
  script(tsql`USE [master];
ALTER CREDENTIAL ${credentialName(credential)}
  WITH IDENTITY = ${text(identity, 'identity')},
    SECRET = ${concatenation(clientId)};`)

/** Refused by the server while a login holds it. ALTER ANY CREDENTIAL. */
export const dropCredential = (credential: string): Script =>
  script(tsql`USE [master];
DROP CREDENTIAL ${credentialName(credential)};`)

/** A login holds one credential for a provider. ALTER ANY LOGIN. */
export const mapCredential = (login: string, credential: string): Script =>
  script(tsql`USE [master];
ALTER LOGIN ${name(login, 'login')}
  ADD CREDENTIAL ${credentialName(credential)};`)

export const unmapCredential = (login: string, credential: string): Script =>
  script(tsql`USE [master];
ALTER LOGIN ${name(login, 'login')}
  DROP CREDENTIAL ${credentialName(credential)};`)

export interface ServerKey {
  name: string
  provider: string
  /** Name of the key in the vault, and its version; null: the newest one at that moment. */
  vaultKey: string
  version: string | null
}

/** OPEN_EXISTING always: the default would ask the vault for a new key. CREATE ASYMMETRIC KEY on master. */
export const createAsymmetricKey = ({ name: key, provider, vaultKey, version }: ServerKey): Script =>
  script(tsql`USE [master];
CREATE ASYMMETRIC KEY ${name(key, 'keyName')}
  FROM PROVIDER ${name(provider, 'providerName')}
  WITH PROVIDER_KEY_NAME = ${text(providerKeyName(vaultKey, version))},
    CREATION_DISPOSITION = OPEN_EXISTING;`)

/** Never with REMOVE PROVIDER KEY: the key in the vault stays. CONTROL on the key. */
export const dropAsymmetricKey = (key: string): Script =>
  script(tsql`USE [master];
DROP ASYMMETRIC KEY ${name(key, 'keyName')};`)

/** The login as which the engine uses the key. ALTER ANY LOGIN. */
export const createKeyLogin = (login: string, key: string): Script =>
  script(tsql`USE [master];
CREATE LOGIN ${name(login, 'keyLogin')}
  FROM ASYMMETRIC KEY ${name(key, 'keyName')};`)

export const dropLogin = (login: string): Script =>
  script(tsql`USE [master];
DROP LOGIN ${name(login, 'keyLogin')};`)

/** Not one that begins with #: those are the engine's own, and the form says so. */
const credentialName = (credential: string): Fragment => name(credential, 'credentialName')
