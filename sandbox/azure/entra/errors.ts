import { randomUUID } from 'node:crypto'
import { refuse, type Reply } from '../http.ts'

/** Numbers and OAuth codes of what the token endpoint refuses. */
const KINDS = {
  7000215: [401, 'invalid_client'],
  7000222: [401, 'invalid_client'],
  7000218: [401, 'invalid_client'],
  700027: [401, 'invalid_client'],
  700024: [401, 'invalid_client'],
  700016: [400, 'unauthorized_client'],
  7000112: [400, 'unauthorized_client'],
  7000229: [400, 'unauthorized_client'],
  90002: [400, 'invalid_request'],
  900144: [400, 'invalid_request'],
  500011: [400, 'invalid_resource'],
  70011: [400, 'invalid_scope'],
  70008: [400, 'invalid_grant'],
  50057: [400, 'invalid_grant'],
  70016: [400, 'authorization_pending'],
  70018: [400, 'bad_verification_code'],
  70020: [400, 'expired_token'],
  70021: [400, 'authorization_declined'],
} as const satisfies Record<number, readonly [number, string]>

export type EntraErrorNumber = keyof typeof KINDS

export const entraError = (number: EntraErrorNumber, text: string, now: number): Reply => {
  const [status, error] = KINDS[number]
  const [trace, correlation] = [randomUUID(), randomUUID()]
  const time = new Date(now)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${number}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${time}`,
      error_codes: [number],
      timestamp: time,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    },
  }
}

export const refuseToken = (number: EntraErrorNumber, text: string, now: number): never =>
  refuse(entraError(number, text, now))
