import type { Fault } from './faults.ts'
import { graphError } from './graph/errors.ts'
import type { Service } from './hosts.ts'
import type { Reply } from './http.ts'
import { throttled, vaultError } from './keyvault/errors.ts'

/** What a fault answers instead of the service, in that service's form; null: it does something else. */
export const faultReply = (fault: Fault, service: Service | undefined): Reply | null => {
  switch (fault.kind) {
    case 'drop':
      return fault.when === 'before' ? { status: 0, drop: true } : null
    case 'throttle':
      return service === 'vault' || service === 'hsm'
        ? throttled(fault.retryAfter)
        : inForm(service, 429, 'TooManyRequests', 'The request is being throttled.', fault.retryAfter)
    case 'fail':
      return fault.inner === undefined
        ? inForm(service, fault.status, fault.code, fault.message, null)
        : vaultError(fault.status, fault.code, fault.message, fault.inner)
    case 'slow':
    case 'kill':
    case 'cae':
      return null
  }
}

const inForm = (
  service: Service | undefined,
  status: number,
  code: string,
  message: string,
  retryAfter: number | null,
): Reply => {
  const headers = retryAfter === null ? {} : { 'retry-after': String(retryAfter) }
  if (service === 'entra')
    return {
      status,
      headers,
      body: {
        error: status === 429 ? 'temporarily_unavailable' : code,
        error_description: message,
        error_codes: [],
      },
    }
  // Resource Manager's form is the vault's.
  return { ...(service === 'graph' ? graphError : vaultError)(status, code, message), headers }
}
