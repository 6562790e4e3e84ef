import type { ConnectionConfiguration } from 'tedious'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SqlConnection } from '../../../shared/model/target.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Limits } from './limits.ts'
import { peerOf } from './peer.ts'

export interface LinkOptions {
  /** Shown by the server as program_name. */
  programName: string
  limits: Limits
  /** `look` ends before any login packet: it shows the certificate and nothing else. */
  purpose: 'login' | 'look'
}

/**
 * The driver's configuration. The secret is a string from here until `forgetLogin`, because the driver takes nothing
 * else. `trustServerCertificate` is true only where our own check of the certificate stands in for the chain
 * (`GuardedConnection`): with a pin, and when looking without logging in.
 */
export const driverConfig = (
  connection: SqlConnection,
  secret: SecretBytes | null,
  options: LinkOptions,
): ConnectionConfiguration => {
  const { encryption } = connection
  const strict = encryption.mode === 'strict'
  return {
    server: connection.host,
    authentication: options.purpose === 'look' ? noLogin : authenticationOf(connection, secret),
    options: {
      ...placeOf(connection),
      encrypt: encryptOf(connection, options.purpose),
      trustServerCertificate: options.purpose === 'look' || trustOf(connection)?.kind === 'pin',
      cryptoCredentialsDetails: { minVersion: 'TLSv1.2', ...authoritiesOf(connection) },
      ...(connection.certificateName === null ? {} : { serverName: connection.certificateName }),
      tdsVersion: strict ? '8_0' : '7_4',
      appName: options.programName,
      connectTimeout: options.limits.connectTimeoutMs,
      cancelTimeout: options.limits.cancelTimeoutMs,
      // A batch has its own clock: the driver's stops at the first byte of an answer.
      requestTimeout: 0,
      maxRetriesOnTransientErrors: 0,
      multiSubnetFailover: false,
      useUTC: true,
      useColumnNames: false,
      rowCollectionOnDone: false,
      rowCollectionOnRequestCompletion: false,
    },
  }
}

/** What the driver would otherwise keep for as long as the connection lives. */
export const forgetLogin = (config: { authentication: { options?: object } }): void => {
  Object.assign(config.authentication.options ?? {}, { password: undefined, clientSecret: undefined })
}

export const authoritiesOf = (connection: SqlConnection): { ca?: string } => {
  const trust = trustOf(connection)
  return trust?.kind === 'ca' ? { ca: trust.pem } : {}
}

export const trustOf = ({ encryption }: SqlConnection) =>
  encryption.mode === 'off' ? null : encryption.trust

const noLogin = { type: 'default', options: { userName: '', password: '' } } as const

const placeOf = (connection: SqlConnection): { port: number } | { instanceName: string } => {
  if (connection.port !== null && connection.instanceName === null) return { port: connection.port }
  if (connection.port === null && connection.instanceName !== null)
    return { instanceName: connection.instanceName }
  throw new KeyturnError('internal')
}

/** Without the person's own sentence there is no clear text, whatever else the connection says. */
const encryptOf = ({ encryption }: SqlConnection, purpose: LinkOptions['purpose']): boolean | 'strict' => {
  if (encryption.mode === 'strict') return 'strict'
  if (encryption.mode === 'mandatory' || purpose === 'look') return true
  if (encryption.acceptedInWords.trim() === '') throw new KeyturnError('internal')
  return false
}

const authenticationOf = (
  connection: SqlConnection,
  secret: SecretBytes | null,
): NonNullable<ConnectionConfiguration['authentication']> => {
  const { authentication } = connection
  switch (authentication.kind) {
    case 'sql-login':
      return {
        type: 'default',
        options: { userName: authentication.user, password: textOf(connection, secret) },
      }
    case 'ntlm':
      return {
        type: 'ntlm',
        options: {
          domain: authentication.domain,
          userName: authentication.user,
          password: textOf(connection, secret),
        },
      }
    case 'entra-service-principal':
      return {
        type: 'azure-active-directory-service-principal-secret',
        options: {
          tenantId: authentication.tenantId,
          clientId: authentication.clientId,
          clientSecret: textOf(connection, secret),
        },
      }
    case 'entra-default':
      return { type: 'azure-active-directory-default', options: {} }
  }
}

const textOf = (connection: SqlConnection, secret: SecretBytes | null): string => {
  if (secret === null) {
    throw new KeyturnError('not-found', { what: `The password of ${peerOf(connection).login}` })
  }
  return secret.use((bytes) => bytes.toString('utf8'))
}
