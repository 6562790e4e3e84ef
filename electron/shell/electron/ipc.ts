import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { ownOrigin, type Sender } from '../../ipc/router.ts'
import type { ShellProgram } from '../shell.ts'
import { askChannel } from './channels.ts'
import { isOwnAddress } from './own-origin.ts'

/** Doors of further windows of ours, by the id of their contents: each answers less than the one of the window. */
export type Doors = Map<number, Pick<ShellProgram, 'dispatch'>>

/**
 * The one door of the Electron shell. The sender is read before anything is awaited: `senderFrame` becomes null when
 * the frame navigates or goes away, and then nobody can say who had asked. Gives back a function that shuts the door.
 */
export const answerWindow = (
  ipcMain: Pick<IpcMain, 'handle' | 'removeHandler'>,
  windowContentsId: number,
  program: Pick<ShellProgram, 'dispatch'>,
  doors: Doors = new Map(),
): (() => void) => {
  ipcMain.handle(askChannel, (event, channel: unknown, request: unknown) => {
    const { id } = event.sender
    const other = doors.get(id)
    return other === undefined
      ? program.dispatch(senderOf(event, windowContentsId), channel, request)
      : other.dispatch(senderOf(event, id), channel, request)
  })
  return () => ipcMain.removeHandler(askChannel)
}

export const senderOf = (
  event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
  windowContentsId: number,
): Sender | null => {
  const frame = event.senderFrame
  if (frame === null) return null
  return {
    isMainFrame: event.sender.id === windowContentsId && frame === event.sender.mainFrame,
    origin: isOwnAddress(frame.url) ? ownOrigin : 'other',
  }
}
