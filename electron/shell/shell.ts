import type { Answer, EventName } from '../../shared/ipc/contract.ts'
import type { PrintDocument } from '../../shared/model/print.ts'
import type { Sender } from '../ipc/router.ts'

/** What a shell needs of the program: one door in, and what to serve. */
export interface ShellProgram {
  dispatch(sender: Sender | null, channel: unknown, request: unknown): Promise<Answer<unknown>>
  scheme(): 'light' | 'dark' | 'system'
  windowTitle(): string
}

/** What the program needs of a shell. All that differs between Electron and Chromium is behind this. */
export interface Shell {
  readonly kind: 'electron' | 'chromium'
  send(event: EventName, value: unknown): void
  /** Null where the shell has no native dialog: main's own picker is used then. */
  pickFolder: (() => Promise<string | null>) | null
  /**
   * A print page of the window's bundle (`printRoute`) as PDF, A4 and light, made in a window that nobody sees. It may ask
   * for its own data only. `given` is that data where nobody may ask main for it. `print-failed`; repeating it is harmless.
   */
  printPdf(route: string, given?: PrintDocument): Promise<Uint8Array>
  /** Tells when the system locks its screen or goes to sleep; the result stops it. Absent: this shell can't know. */
  watchPower?: (lock: (because: 'screen-lock' | 'suspend') => void) => () => void
  copyText(text: string): Promise<void>
  close(): Promise<void>
}
