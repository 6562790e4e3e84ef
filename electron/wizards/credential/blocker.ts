import type { Blocker } from '../../../shared/model/plan.ts'

export const block = (what: string, measured: string, limit: string, screen: string | null): Blocker => ({
  what,
  measured,
  limit,
  screen,
})
