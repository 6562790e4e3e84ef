import { isIP, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { SqlConnection } from '../../../shared/model/target.ts'
import { authoritiesOf, trustOf } from './config.ts'

/**
 * TLS before the first TDS packet (TDS 8.0). Verified by chain and name unless a pin stands in for both, which the
 * caller then compares before anything is sent. `rejectUnauthorized` is always said: its default can be turned off
 * from outside the program.
 */
export const strictTls = (
  socket: Socket,
  signal: AbortSignal,
  options: { connection: SqlConnection; look: boolean },
): Promise<TLSSocket> => {
  const { connection, look } = options
  const name = connection.certificateName ?? connection.host
  const tls = connect({
    socket,
    host: name,
    servername: isIP(name) === 0 ? name : '',
    ALPNProtocols: ['tds/8.0'],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !look && trustOf(connection)?.kind !== 'pin',
    ...authoritiesOf(connection),
  })
  return new Promise<TLSSocket>((resolve, reject) => {
    const end = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort)
      tls.destroy()
      socket.destroy()
      reject(error instanceof Error ? error : new Error('TLS ended'))
    }
    const onAbort = (): void => end(signal.reason)
    const onClose = (): void => end(new Error('closed during the TLS handshake'))
    tls.once('error', end)
    tls.once('close', onClose)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) return onAbort()
    tls.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort)
      tls.off('error', end)
      tls.off('close', onClose)
      // One TDS packet per TLS record: some servers drop a login whose packets arrive merged in one record.
      tls.setMaxSendFragment(4096)
      resolve(tls)
    })
  })
}
