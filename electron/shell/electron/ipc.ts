import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { ownOrigin, type Sender } from '../../ipc/router.ts'
import type { ShellProgram } from '../shell.ts'
import { askChannel } from './channels.ts'
import { isOwnAddress } from './own-origin.ts'

/**
 * The one door of the Electron shell. The sender is read before anything is awaited: `senderFrame` becomes null when
 * the frame navigates or goes away, and then nobody can say who had asked. Gives back a function that shuts the door.
 */
export const answerWindow = (
  ipcMain: Pick<IpcMain, 'handle' | 'removeHandler'>,
  windowContentsId: number,
  program: Pick<ShellProgram, 'dispatch'>,
): (() => void) => {
  ipcMain.handle(askChannel, (event, channel: unknown, request: unknown) =>
    program.dispatch(senderOf(event, windowContentsId), channel, request),
  )
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
