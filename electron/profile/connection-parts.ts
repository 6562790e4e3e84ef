import type { HandleId } from '../../shared/model/ids.ts'
import type { Connection } from '../../shared/model/target.ts'

/** What decides whom the secret would be sent to, or whom it is of. */
export const addressOf = (connection: Connection): string => {
  switch (connection.kind) {
    case 'sqlserver': {
      const { host, port, instanceName, encryption } = connection
      return JSON.stringify([host.toLowerCase(), port, instanceName?.toLowerCase() ?? null, encryption])
    }
    case 'azure': {
      const { cloud, tenantId, subscriptionId, signIn } = connection
      const client = 'clientId' in signIn ? signIn.clientId : null
      return JSON.stringify([cloud, tenantId, subscriptionId, signIn.kind, client])
    }
    case 'keyvault':
      return JSON.stringify([connection.host, connection.azure])
    case 'hsm':
      return JSON.stringify([connection.module, connection.serial])
  }
}

/** The handle of the sign-in's secret; null: none kept, or it needs none. */
export const credentialOf = (connection: SignInOf): HandleId | null => {
  switch (connection.kind) {
    case 'sqlserver': {
      const { authentication } = connection
      if (authentication.kind === 'entra-default') return null
      return authentication.kind === 'entra-service-principal'
        ? authentication.secret
        : authentication.password
    }
    case 'azure': {
      const { signIn } = connection
      if (signIn.kind === 'client-secret') return signIn.secret
      return signIn.kind === 'client-certificate' ? signIn.certificate : null
    }
    case 'keyvault':
      return null
    case 'hsm':
      return connection.pin
  }
}

/** Also answers that are no connection yet. */
type SignInOf =
  | Pick<Extract<Connection, { kind: 'sqlserver' }>, 'kind' | 'authentication'>
  | Pick<Extract<Connection, { kind: 'azure' }>, 'kind' | 'signIn'>
  | Pick<Extract<Connection, { kind: 'keyvault' }>, 'kind'>
  | Pick<Extract<Connection, { kind: 'hsm' }>, 'kind' | 'pin'>

export const withoutCredential = (connection: Connection): Connection => {
  switch (connection.kind) {
    case 'sqlserver': {
      const { authentication } = connection
      if (authentication.kind === 'entra-default') return connection
      return authentication.kind === 'entra-service-principal'
        ? { ...connection, authentication: { ...authentication, secret: null } }
        : { ...connection, authentication: { ...authentication, password: null } }
    }
    case 'azure': {
      const { signIn } = connection
      if (signIn.kind === 'client-secret') return { ...connection, signIn: { ...signIn, secret: null } }
      return signIn.kind === 'client-certificate'
        ? { ...connection, signIn: { ...signIn, certificate: null } }
        : connection
    }
    case 'keyvault':
      return connection
    case 'hsm':
      return { ...connection, pin: null }
  }
}
