import type { TargetId } from '../../shared/model/ids.ts'
import type { Connections } from './connections.ts'

/** Whether a person has to enter a code before Azure answers for this target; of a vault, as its subscription signs in. */
export const signsInByCode = (connections: Pick<Connections, 'list'>) => {
  const byCode = (id: TargetId): boolean => {
    const connection = connections.list().find((one) => one.id === id)
    if (connection?.kind === 'keyvault') return byCode(connection.azure)
    return connection?.kind === 'azure' && connection.signIn.kind === 'device-code'
  }
  return byCode
}
