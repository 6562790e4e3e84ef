import { create } from 'zustand'
import { emptiedOnLock } from './page-stores.ts'

export type Tone = 'info' | 'attention' | 'failed'

/** A strip at the top of the page. It stays until the person closes it. */
export interface Notice {
  id: string
  tone: Tone
  title: string
  body?: string
  link?: { label: string; hash: string }
}

/** The one short-lived message: Copied, or an act with Undo. */
export interface Snack {
  text: string
  undo?: { label: string; act: () => void }
  /** How long it stays when nobody points at it. */
  seconds: number
}

interface NoticeStore {
  notices: readonly Notice[]
  snack: (Snack & { serial: number }) | null
}

const nothing: NoticeStore = { notices: [], snack: null }

export const useNotices = create<NoticeStore>()(() => nothing)

let serial = 0

/** Puts a strip on top; one with the same id replaces the older one. */
export const notify = (notice: Notice): void =>
  useNotices.setState(({ notices }) => ({
    notices: [notice, ...notices.filter(({ id }) => id !== notice.id)],
  }))

export const dismiss = (id: string): void =>
  useNotices.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }))

export const snack = (text: string, undo?: Snack['undo']): void => {
  serial += 1
  useNotices.setState({ snack: { text, ...(undo ? { undo } : {}), seconds: undo ? 10 : 6, serial } })
}

export const closeSnack = (): void => useNotices.setState({ snack: null })

emptiedOnLock(() => useNotices.setState(nothing))
