/** What a login is answered with, in the order that clients expect (MS-TDS 2.2.6.4 and its examples). */
import type { ServerError, TdsEngine } from './contract.ts'
import type { Login7 } from './login7.ts'
import { INITIAL_PACKET_BYTES } from './packets.ts'
import {
  DoneToken,
  collationChanged,
  databaseChanged,
  doneToken,
  errorToken,
  infoToken,
  languageChanged,
  loginAck,
  packetSizeChanged,
  utf8Acknowledged,
} from './tokens.ts'

const LANGUAGE = 'us_english'

function end(error: boolean): Buffer {
  return doneToken(DoneToken.done, { more: false, error, count: null, afterRows: false })
}

export function loginAccepted(login: Login7, database: string, engine: TdsEngine): Buffer {
  const info = (number: number, state: number, message: string): Buffer =>
    infoToken({ number, state, severity: 0, message }, engine.serverName)
  return Buffer.concat([
    databaseChanged(database, 'master'),
    info(5701, 2, `Changed database context to '${database}'.`),
    collationChanged(),
    languageChanged(LANGUAGE),
    info(5703, 1, `Changed language setting to ${LANGUAGE}.`),
    loginAck(login.tdsVersionCode, engine.programVersion),
    packetSizeChanged(login.packetSize, INITIAL_PACKET_BYTES),
    ...(login.asksUtf8 ? [utf8Acknowledged()] : []),
    end(false),
  ])
}

/** tedious shows only the last error's text. */
export function loginRefused(errors: ServerError[], serverName: string): Buffer {
  return Buffer.concat([...errors.map((error) => errorToken(error, serverName)), end(true)])
}
