import type { TLSSocket } from 'node:tls'
import { Connection, Request } from 'tedious'
import type { ServerAddress } from './address.ts'
import type { Answer, Asker, RowSet } from './answer.ts'
import { declaredType } from './declared-type.ts'

const connectTimeoutMs = 30_000
const requestTimeoutMs = 60_000

/**
 * Logs in with `tedious`, encrypted. Throws where the server can't be reached, shows another certificate than the
 * pinned one (before the password is sent), or refuses the login.
 */
export const connectAsker = async (address: ServerAddress): Promise<Asker> => {
  const { encryption } = address
  const { trust } = encryption
  if (encryption.mode === 'strict' && trust.kind === 'pin')
    throw new Error('with encryption=strict a certificate is checked by ca, not by pin')
  const connection = new Connection({
    server: address.host,
    authentication: { type: 'default', options: { userName: address.user, password: address.password } },
    options: {
      port: address.port,
      encrypt: encryption.mode === 'strict' ? 'strict' : true,
      tdsVersion: encryption.mode === 'strict' ? '8_0' : '7_4',
      trustServerCertificate: trust.kind === 'pin',
      cryptoCredentialsDetails: { minVersion: 'TLSv1.2', ...(trust.kind === 'ca' ? { ca: trust.pem } : {}) },
      appName: 'Keyturn conformance',
      connectTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      maxRetriesOnTransientErrors: 0,
      useColumnNames: false,
    },
  })
  const certificate = { refused: false }
  connection.on('error', () => undefined)
  connection.on('secure', (tls: TLSSocket) => {
    if (trust.kind !== 'pin' || printOf(tls) === trust.sha256) return
    certificate.refused = true
    tls.destroy()
    connection.close()
  })
  const failure = await new Promise<Error | undefined>((resolve) => {
    connection.connect(resolve)
  })
  if (certificate.refused) throw new Error('the server showed another certificate than the pinned one')
  if (failure !== undefined) throw new Error(`no connection: ${failure.message}`)
  return {
    ask: (batch) => ask(connection, batch),
    close: async () => {
      const ended = new Promise<void>((resolve) => connection.once('end', () => resolve()))
      connection.close()
      await ended
    },
  }
}

const printOf = (tls: TLSSocket): string =>
  tls.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '') ?? ''

interface Message {
  number: number
  class: number
  message: string
}

const ask = (connection: Connection, batch: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const answer: Answer = { sets: [], messages: [] }
    let current: RowSet | undefined
    const keep = ({ number, class: severity, message }: Message): void =>
      void answer.messages.push({ number, severity, text: message })
    const request = new Request(batch, (error) => {
      connection.off('errorMessage', keep)
      connection.off('infoMessage', keep)
      if (error !== undefined && error !== null && answer.messages.every(({ severity }) => severity <= 10))
        reject(new Error(`the session was lost: ${error.message}`))
      else resolve(answer)
    })
    request.on('columnMetadata', (columns) => {
      const list = Array.isArray(columns) ? columns : Object.values(columns)
      current = { columns: list.map((one) => ({ name: one.colName, type: declaredType(one) })), rows: [] }
      answer.sets.push(current)
    })
    request.on('row', (cells: { value: unknown }[]) => {
      current?.rows.push(cells.map(({ value }) => asText(value)))
    })
    connection.on('errorMessage', keep)
    connection.on('infoMessage', keep)
    connection.execSqlBatch(request)
  })

const asText = (value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex').toUpperCase()}`
  return value instanceof Date ? value.toISOString() : String(value)
}
