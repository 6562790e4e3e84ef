import { useMemo, useSyncExternalStore } from 'react'
import { jobIds, type JobId } from '../../shared/model/job.ts'

export const escrowParts = ['ceremony', 'check', 'verify'] as const
export type EscrowPart = (typeof escrowParts)[number]

export type Route =
  | { page: 'overview' | 'setup' | 'keys' | 'backups' | 'calendar' }
  /** `about`: a share group, or `new`. */
  | { page: 'escrow'; part: EscrowPart | null; about: string | null }
  | { page: 'audit' | 'settings' | 'passwords' | 'start' | 'locked' }
  /** `connection`: an id, `new`, `new-azure`, `new-vault`, or null for the list. */
  | { page: 'connections'; connection: string | null; part: string | null }
  | { page: 'wizard'; job: JobId; draft: string | null; screen: string | null }
  | { page: 'run'; run: string }
  | { page: 'not-found' }

const plain = [
  'overview',
  'setup',
  'keys',
  'backups',
  'calendar',
  'audit',
  'settings',
  'passwords',
  'start',
  'locked',
] as const

const shortId = /^[a-z0-9-]{1,40}$/

/** Reads an address like `#/runs/abc`. Ids outside the closed alphabet lead nowhere. */
export const parseRoute = (hash: string): Route => {
  const [page = '', ...rest] = hash.replace(/^#\/?/, '').split('/')
  if (page === '') return { page: 'overview' }
  if (rest.some((part) => !shortId.test(part))) return { page: 'not-found' }
  const job = jobIds.find((id) => id === rest[0])
  if (page === 'setup' && job !== undefined && rest.length <= 3) {
    const draft = rest[1]
    return {
      page: 'wizard',
      job,
      draft: draft === undefined || draft === 'new' ? null : draft,
      screen: rest[2] ?? null,
    }
  }
  if (page === 'connections' && rest.length <= 2)
    return { page, connection: rest[0] ?? null, part: rest[1] ?? null }
  if (page === 'escrow' && rest.length <= 2) {
    const part = escrowParts.find((name) => name === rest[0])
    if (rest.length > 0 && part === undefined) return { page: 'not-found' }
    return { page, part: part ?? null, about: rest[1] ?? null }
  }
  const run = rest[0]
  if (page === 'runs' && run !== undefined && rest.length === 1) return { page: 'run', run }
  const known = plain.find((name) => name === page)
  return known && rest.length === 0 ? { page: known } : { page: 'not-found' }
}

export const hashOf = {
  run: (run: string): string => `#/runs/${run}`,
  wizard: (job: JobId, draft: string, screen?: string): string =>
    `#/setup/${job}/${draft}${screen === undefined ? '' : `/${screen}`}`,
  newWizard: (job: JobId): string => `#/setup/${job}/new`,
  escrow: (part?: EscrowPart, about?: string): string =>
    `#/escrow${part === undefined ? '' : `/${part}`}${about === undefined ? '' : `/${about}`}`,
  connections: '#/connections',
  newConnection: '#/connections/new',
  newAzure: '#/connections/new-azure',
  newVault: '#/connections/new-vault',
  newHsm: '#/connections/new-hsm',
  connection: (id: string, part?: 'edit' | 'test' | 'ekm' | 'keys'): string =>
    `#/connections/${id}${part === undefined ? '' : `/${part}`}`,
}

/** Asked before the page is left: null lets go, a text asks the person. */
type Guard = () => string | null

let guard: Guard | null = null
let shown = window.location.hash
let waiting: { hash: string; question: string } | null = null
const listeners = new Set<() => void>()
const tell = (): void => {
  for (const listener of listeners) listener()
}

window.addEventListener('hashchange', () => {
  const wanted = window.location.hash
  if (wanted === shown) return
  const question = guard?.() ?? null
  if (question !== null) {
    window.history.pushState(null, '', shown === '' ? '#/overview' : shown)
    waiting = { hash: wanted, question }
  } else {
    shown = wanted
    waiting = null
  }
  tell()
})

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Goes to a page; the guard of the present one is asked first. */
export const go = (hash: string): void => {
  window.location.hash = hash
}

/** Changes the address without a step in the history: a page that gave itself its final address. */
export const replaceHash = (hash: string): void => {
  window.history.replaceState(null, '', hash)
  shown = hash
  tell()
}

export const setLeaveGuard = (ask: Guard | null): void => {
  guard = ask
}

export const leaving = {
  stay: (): void => {
    waiting = null
    tell()
  },
  leave: (): void => {
    const target = waiting?.hash
    guard = null
    waiting = null
    if (target !== undefined) go(target)
    tell()
  },
}

export const useHash = (): string => useSyncExternalStore(subscribe, () => shown)
export const useRoute = (): Route => {
  const hash = useHash()
  return useMemo(() => parseRoute(hash), [hash])
}
export const useLeaving = (): { hash: string; question: string } | null =>
  useSyncExternalStore(subscribe, () => waiting)
