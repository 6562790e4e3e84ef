import type { z } from 'zod'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { azureConnectionAnswers, vaultConnectionAnswers } from '../../../shared/forms/azure-connection.ts'
import { hsmConnectionAnswers } from '../../../shared/forms/hsm-connection.ts'
import { sqlConnectionAnswers } from '../../../shared/forms/connection.ts'
import type { ConnectionTest, ConnectionView } from '../../../shared/ipc/schemas.ts'
import type { HsmModulePin } from '../../../shared/model/hsm.ts'
import type { AzureConnection, Connection } from '../../../shared/model/target.ts'
import type { ConnectionAnswers, Connections } from '../../profile/connections.ts'
import { peerOf } from '../../targets/sqlserver/peer.ts'

/** What differs between the kinds of connections, for the page that lists them all. */

/**
 * The kind is in the answers; a SQL Server's need none. `answers-incomplete` names the fields. `moduleOf` gives the file
 * that a token's answers name; for null the one that the connection has.
 */
export const parsedAnswers = (
  given: Readonly<Record<string, unknown>>,
  moduleOf: (id: string | null) => HsmModulePin,
): Required<Pick<ConnectionAnswers, 'kind'>> & ConnectionAnswers => {
  switch (given['kind'] ?? 'sqlserver') {
    case 'sqlserver':
      return { kind: 'sqlserver', ...parsed(sqlConnectionAnswers, given) }
    case 'azure':
      return { kind: 'azure', ...parsed(azureConnectionAnswers, given) }
    case 'keyvault':
      return { kind: 'keyvault', ...parsed(vaultConnectionAnswers, given) }
    case 'hsm': {
      const { module, ...rest } = parsed(hsmConnectionAnswers, given)
      return { kind: 'hsm', ...rest, module: moduleOf(module) }
    }
    default:
      throw new KeyturnError('ipc-payload', { where: 'connection.kind' })
  }
}

const parsed = <Answers>(schema: z.ZodType<Answers>, given: unknown): Answers => {
  const answers = schema.safeParse(given)
  if (answers.success) return answers.data
  const fields = answers.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
  throw new KeyturnError('answers-incomplete', { count: fields.length }, { fields })
}

/** As whom Keyturn signs in there. */
export const accountOf = (connection: Connection, connections: Pick<Connections, 'list'>): string => {
  switch (connection.kind) {
    case 'sqlserver':
      return peerOf(connection).login
    case 'azure':
      return azureAccount(connection)
    case 'keyvault': {
      const azure = connections.list().find(({ id }) => id === connection.azure)
      return azure?.kind === 'azure' ? azureAccount(azure) : 'none: its Azure connection was removed'
    }
    case 'hsm':
      return connection.pin === null
        ? 'the token’s user; no PIN is kept'
        : 'the token’s user, with the kept PIN'
  }
}

const azureAccount = ({ signIn }: AzureConnection): string => {
  switch (signIn.kind) {
    case 'client-secret':
    case 'client-certificate':
      return signIn.clientId
    case 'device-code':
      return 'a person, by device code'
    case 'managed-identity':
      return 'the managed identity of this computer'
    case 'azure-cli':
      return 'the Azure CLI sign-in of this computer'
  }
}

export const addressWords = (answers: ConnectionAnswers): string => {
  switch (answers.kind) {
    case 'azure':
      return `subscription ${answers.subscriptionId} in tenant ${answers.tenantId}`
    case 'keyvault':
      return answers.host
    case 'hsm':
      return `token ${answers.label}, serial ${answers.serial}, by ${answers.module.path}`
    default:
      return peerOf(answers).address
  }
}

const changedCodes = new Set([
  'sql-identity-changed',
  'azure-identity-changed',
  'vault-identity-changed',
  'hsm-identity-changed',
])

export const stateAfter = (
  { problem, checks }: ConnectionTest,
  connection: Connection,
): ConnectionView['state'] => {
  if (problem === null) return checks.some(({ state }) => state === 'failed') ? 'rights-missing' : 'connected'
  const pinned =
    connection.kind === 'sqlserver' &&
    connection.encryption.mode !== 'off' &&
    connection.encryption.trust.kind === 'pin'
  if (changedCodes.has(problem.code) || (pinned && problem.code === 'sql-certificate-not-trusted')) {
    return 'identity-changed'
  }
  if (problem.code.startsWith('hsm-pin-') || problem.code === 'hsm-no-pin') return 'signed-out'
  if (problem.code === 'sql-login-refused' || problem.code.startsWith('azure-sign-in-')) return 'signed-out'
  return problem.code.endsWith('-no-permission') ? 'rights-missing' : 'unreachable'
}
