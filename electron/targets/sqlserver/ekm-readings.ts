import {
  carriers,
  connectorCodeIn,
  connectorError,
  ekmNumbers,
} from '../../../shared/errors/connector-codes.ts'
import type { Reading } from './answers.ts'
import { quotedIn } from './answer-words.ts'

/** Errors of extensible key management. The connector's own number stands in the text and is found there. */

/** 33028, 33049 and their kin carry a code; without one, the text says what there is. */
const ofConnector: Reading = ({ text }) => {
  const code = connectorCodeIn(text)
  return code === null
    ? ['ekm-connector', { code: 'none', what: text }]
    : [connectorError(code), { code, what: quotedIn(text) ?? text }]
}

export const ekmReadings: readonly [number, Reading][] = [
  ...carriers.map((number): [number, Reading] => [number, ofConnector]),
  ...ekmNumbers.flatMap(([code, numbers]) =>
    numbers.map((number): [number, Reading] => [number, ({ text }) => [code, { what: text }]]),
  ),
  ...[33024, 33026].map((number): [number, Reading] => [
    number,
    ({ text }) => ['sql-exists', { what: `A provider (${text})` }],
  ]),
]

/** By the English words; where those are not there, a thumbprint of another length than 20 bytes is no certificate’s. */
export const isAsymmetricKey = (text: string, thumbprint: string): boolean =>
  /asymmetric key/i.test(text) ||
  (!/certificate/i.test(text) && /^[0-9A-F]+$/.test(thumbprint) && thumbprint.length !== 40)
