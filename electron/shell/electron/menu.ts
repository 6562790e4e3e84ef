import type { MenuItemConstructorOptions } from 'electron'

/**
 * No menu, and with it no shortcuts for reload and developer tools. Only macOS takes copy, paste and quit from a menu,
 * so it gets one with just these; dictation and services are left out, which would hand text to other programs.
 */
export const menuTemplate = (platform: NodeJS.Platform): MenuItemConstructorOptions[] | null =>
  platform === 'darwin'
    ? [
        { label: 'Keyturn', submenu: [{ role: 'hide' }, { type: 'separator' }, { role: 'quit' }] },
        {
          label: 'Edit',
          submenu: [
            { role: 'undo' },
            { role: 'redo' },
            { type: 'separator' },
            { role: 'cut' },
            { role: 'copy' },
            { role: 'paste' },
            { role: 'selectAll' },
          ],
        },
      ]
    : null
