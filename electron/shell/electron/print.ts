import type { BrowserWindow, BrowserWindowConstructorOptions } from 'electron'
import type { PrintDocument } from '../../../shared/model/print.ts'
import { openPrintDoor } from '../print-door.ts'
import type { ShellProgram } from '../shell.ts'
import type { Doors } from './ipc.ts'
import { windowAddress } from './own-origin.ts'

export interface PrintParts {
  program: Pick<ShellProgram, 'dispatch'>
  doors: Doors
  /** Options of the window itself: what prints is guarded like what is shown. */
  options: BrowserWindowConstructorOptions
  open(options: BrowserWindowConstructorOptions): BrowserWindow
}

/** A print page in a window that is never shown, as PDF. The window goes, whatever happens. */
export const printPdf = async (
  { program, doors, options, open }: PrintParts,
  route: string,
  given?: PrintDocument,
): Promise<Uint8Array> => {
  const door = openPrintDoor(program, given)
  const window = open({ ...options, show: false, backgroundColor: '#ffffff' })
  const { id } = window.webContents
  doors.set(id, door)
  try {
    await window.loadURL(`${windowAddress}${route}`)
    await door.ready()
    return await window.webContents.printToPDF({
      pageSize: 'A4',
      printBackground: true,
      preferCSSPageSize: true,
      generateTaggedPDF: true,
    })
  } finally {
    doors.delete(id)
    if (!window.isDestroyed()) window.destroy()
  }
}
