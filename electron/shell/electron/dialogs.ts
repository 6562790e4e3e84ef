import type { BrowserWindow, Dialog } from 'electron'

/** The operating system's own dialog, before its window. Null: closed without a choice. The path stays in main. */
export const pickFolder = async (
  dialog: Pick<Dialog, 'showOpenDialog'>,
  window: BrowserWindow,
): Promise<string | null> => {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: 'Choose a folder',
    properties: ['openDirectory', 'createDirectory', 'dontAddToRecent'],
  })
  return canceled ? null : (filePaths[0] ?? null)
}
