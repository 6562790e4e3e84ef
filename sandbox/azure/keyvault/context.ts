import type { Caller } from '../entra/access-token.ts'
import type { AzureRequest, Reply } from '../http.ts'
import type { World } from '../world.ts'
import type { Holder } from './holder.ts'
import type { Limits } from './limits.ts'
import type { Materials } from './materials.ts'

/** What an operation on keys works with; the caller has been let in already. */
export interface Context {
  world: World
  holder: Holder
  caller: Caller
  request: AzureRequest
  materials: Materials
  limits: Limits
  body(): Record<string, unknown>
}

export const ok = (body: unknown): Reply => ({ status: 200, body })
