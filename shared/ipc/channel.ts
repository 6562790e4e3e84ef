import type { z } from 'zod'

/** One row of the contract: what the window may ask and what it gets. */
export interface Channel<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  request: Request
  reply: Reply
  /** True where the keyring may be locked or absent; every other channel is refused then. */
  whileLocked?: boolean
}

export const channel = <Request extends z.ZodType, Reply extends z.ZodType>(
  request: Request,
  reply: Reply,
  options: { whileLocked?: boolean } = {},
): Channel<Request, Reply> => ({ request, reply, ...options })
