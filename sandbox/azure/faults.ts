import { z } from 'zod'
import type { AzureRequest } from './http.ts'

const matching = {
  /** Whole host name, or one that begins with `*.`, as `*.vault.azure.net`; absent: every host. */
  host: z.string().optional(),
  method: z.string().optional(),
  /** Text that the path contains, compared without case. */
  path: z.string().optional(),
  /** Matching requests that pass before the fault begins. */
  after: z.number().int().min(0).default(0),
  /** Requests that it hits; null: until the faults are cleared. */
  times: z.number().int().positive().nullable().default(1),
}

export const Fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('slow'),
    milliseconds: z.number().int().min(0).max(120_000),
    ...matching,
  }),
  /** Seconds for Retry-After; null: without, as Key Vault was seen to answer. */
  z.strictObject({
    kind: z.literal('throttle'),
    retryAfter: z.number().int().min(0).nullable(),
    ...matching,
  }),
  z.strictObject({
    kind: z.literal('fail'),
    status: z.number().int().min(400).max(599),
    code: z.string().default('InternalServerError'),
    message: z.string().default('An internal error occurred.'),
    /** Inner code, where the service sends one. */
    inner: z.string().optional(),
    ...matching,
  }),
  /** The connection ends: before the request has an effect, or after it. */
  z.strictObject({
    kind: z.literal('drop'),
    when: z.enum(['before', 'after']).default('before'),
    ...matching,
  }),
  /** The process ends as if killed. For a process of its own only. */
  z.strictObject({
    kind: z.literal('kill'),
    when: z.enum(['before', 'after']).default('before'),
    ...matching,
  }),
  /** Continuous access evaluation: the token is refused once, with claims that a new one must carry. */
  z.strictObject({ kind: z.literal('cae'), ...matching }),
])
export type Fault = z.infer<typeof Fault>

export interface Faults {
  add(fault: Fault): void
  clear(): void
  /** The faults that hit this request; counts it. */
  hitting(request: AzureRequest): Fault[]
}

export const makeFaults = (): Faults => {
  let orders: { fault: Fault; seen: number }[] = []
  return {
    add: (fault) => void orders.push({ fault, seen: 0 }),
    clear: () => {
      orders = []
    },
    hitting: (request) => {
      const hits: Fault[] = []
      for (const order of orders) {
        if (!fits(order.fault, request)) continue
        order.seen += 1
        if (order.seen > order.fault.after) hits.push(order.fault)
      }
      orders = orders.filter(({ fault, seen }) => fault.times === null || seen < fault.after + fault.times)
      return hits
    },
  }
}

/** A claims challenge answers a token; there must be one. */
const fits = ({ kind, host, method, path }: Fault, request: AzureRequest): boolean =>
  (kind !== 'cae' || request.headers.authorization !== undefined) &&
  (host === undefined || hostFits(host.toLowerCase(), request.host)) &&
  (method === undefined || method.toUpperCase() === request.method) &&
  (path === undefined || request.path.toLowerCase().includes(path.toLowerCase()))

const hostFits = (pattern: string, host: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
