import type { SqlConnection } from '../../../shared/model/target.ts'

/** How errors name the server and the login; nothing secret. */
export interface Peer {
  name: string
  /** `host:port` or `host\instance`. */
  address: string
  login: string
}

export const peerOf = (
  connection: Pick<SqlConnection, 'name' | 'host' | 'port' | 'instanceName' | 'authentication'>,
): Peer => ({
  name: connection.name,
  address:
    connection.port === null
      ? `${connection.host}\\${connection.instanceName ?? ''}`
      : `${connection.host}:${connection.port}`,
  login: loginOf(connection),
})

const loginOf = ({ authentication }: Pick<SqlConnection, 'authentication'>): string => {
  switch (authentication.kind) {
    case 'sql-login':
      return authentication.user
    case 'ntlm':
      return `${authentication.domain}\\${authentication.user}`
    case 'entra-service-principal':
      return authentication.clientId
    case 'entra-default':
      return 'the Entra account of this computer'
  }
}
