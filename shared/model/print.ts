import type { ShareGroup } from './escrow.ts'
import type { RunView } from './plan.ts'

/** Pages that main can print. A new one is added here, in `electron/ipc/print-pages.ts` and in `renderer/print/pages.tsx`. */
export const printPageNames = ['run', 'recovery-sheet', 'ceremony', 'share-sheet'] as const
export type PrintPageName = (typeof printPageNames)[number]

/** What stands at the head of every printed page, so that it can be read without the program. */
export interface PrintHead {
  /** A fact or the name of the sheet; REHEARSAL is put before it by the page. */
  title: string
  rehearsal: boolean
  /** In words: "Production", "Test", "This computer". */
  environment: string
  madeBy: string
  /** ISO time at which main read what is printed. */
  madeAt: string
  scope: string
  /** Per source the time of the newest reading; ISO. */
  sources: readonly { source: string; asOf: string }[]
  /** Sources that did not answer. Empty: none is known of. */
  silent: readonly string[]
  /** SHA-256 (hex) over the canonical JSON of the content: two prints of the same state have the same one. */
  digest: string
}

/** The data of each page. But for `share-sheet` it holds no secret: it is what the window may see as well. */
export interface PrintContents {
  run: RunView
  'recovery-sheet': { sections: readonly { heading: string; lines: readonly string[] }[] }
  ceremony: CeremonyReport
  /** The one page with a secret: main hands it to the door of the window that prints, and to nobody who asks for it. */
  'share-sheet': { text: Uint8Array }
}

/** What the record has of a ceremony. */
export interface CeremonyReport {
  group: ShareGroup
  witnesses: readonly string[]
  /** Fingerprint of the key in the keyring that countersigns the record; null: none yet. */
  countersigner: string | null
  entries: readonly { seq: number; at: string; sentence: string; hash: string }[]
}

export type PrintDocument = {
  [Name in PrintPageName]: { page: Name; head: PrintHead; content: PrintContents[Name] }
}[PrintPageName]

/** Address of a print page in the window's bundle. */
export const printRoute = (page: PrintPageName, id: string | null): string =>
  `#/print/${page}${id === null ? '' : `/${id}`}`

/** The page and object of such an address; null for every other address. */
export const parsePrintRoute = (hash: string): { page: PrintPageName; id: string | null } | null => {
  const [first, name, id, ...rest] = hash.replace(/^#\/?/, '').split('/')
  const page = printPageNames.find((one) => one === name)
  if (first !== 'print' || page === undefined || rest.length > 0) return null
  return id === undefined || /^[a-z0-9-]{1,40}$/.test(id) ? { page, id: id ?? null } : null
}
