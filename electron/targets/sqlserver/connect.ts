import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SqlConnection } from '../../../shared/model/target.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import type { CertificateFacts } from './certificate.ts'
import { forgetLogin, type LinkOptions } from './config.ts'
import { connectProblem, type ServerMessage } from './connect-errors.ts'
import { GuardedConnection } from './link.ts'
import { defaultLimits, type Limits } from './limits.ts'

/**
 * Logs in. The secret stays the caller's to wipe. Errors: `sql-unreachable`, `sql-timeout`, `sql-no-encryption`,
 * `sql-certificate-not-trusted`, `sql-identity-changed`, `sql-login-refused`, `sql-protocol`, `sql-refused`; after
 * each of them the socket is closed.
 */
export const connectLink = async (
  connection: SqlConnection,
  secret: SecretBytes | null,
  options: LinkOptions,
): Promise<GuardedConnection> => {
  const link = new GuardedConnection(connection, secret, options)
  const messages: ServerMessage[] = []
  const keep = (message: ServerMessage): void => {
    if (messages.length < 10) messages.push(message)
  }
  link.on('errorMessage', keep)
  try {
    const failure = await attempt(link, options.limits)
    if (failure === null && link.refusal === null) return link
    link.close()
    throw connectProblem({ link, failure, messages, secret, limits: options.limits })
  } finally {
    link.off('errorMessage', keep)
    forgetLogin(link.config)
  }
}

/**
 * The certificate that this server shows, whether it is trusted or not, so that a person can compare and pin it.
 * Sends PRELOGIN and the TLS handshake; no login, no password. Errors as for a connection.
 */
export const probeCertificate = async (
  connection: SqlConnection,
  limits: Limits = defaultLimits,
): Promise<CertificateFacts> => {
  const link = new GuardedConnection(connection, null, { programName: 'Keyturn', limits, purpose: 'look' })
  const failure = await attempt(link, limits)
  link.close()
  if (link.certificate !== null) return link.certificate
  throw connectProblem({ link, failure, messages: [], secret: null, limits })
}

/** Null when logged in, else what the driver said. */
const attempt = (link: GuardedConnection, limits: Limits): Promise<unknown> =>
  new Promise((resolve) => {
    // The driver's own limit starts again at each address that it is led to.
    const overall = setTimeout(() => {
      const seconds = Math.ceil(limits.connectTimeoutMs / 1000)
      link.refuse(new KeyturnError('sql-timeout', { target: link.peer.name, seconds }))
    }, limits.connectTimeoutMs + 2_000)
    link.once('connect', (error?: Error) => {
      clearTimeout(overall)
      resolve(error ?? null)
    })
    link.connect()
  })
