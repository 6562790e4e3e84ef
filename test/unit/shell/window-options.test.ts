import { describe, expect, it } from 'vitest'
import { menuTemplate } from '../../../electron/shell/electron/menu.ts'
import { windowOptions } from '../../../electron/shell/electron/window-options.ts'

const shape = { title: 'Keyturn', preload: '/p/preload.cjs', packaged: true, scheme: 'dark' } as const

describe('what the window may do', () => {
  it('is exactly this: each of these values closes a way in', () => {
    expect(windowOptions(shape).webPreferences).toEqual({
      preload: '/p/preload.cjs',
      partition: 'keyturn-window',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      plugins: false,
      spellcheck: false,
      devTools: false,
    })
  })

  it('keeps nothing of the window on disk', () => {
    expect(windowOptions(shape).webPreferences?.partition).not.toMatch(/^persist:/)
  })

  it('has developer tools only where it is not packaged', () => {
    expect(windowOptions({ ...shape, packaged: false }).webPreferences?.devTools).toBe(true)
  })

  it('is shown when its page is there, in the color of the chosen scheme', () => {
    expect(windowOptions(shape)).toMatchObject({ show: false, title: 'Keyturn', backgroundColor: '#121212' })
    expect(windowOptions({ ...shape, scheme: 'system' })).not.toHaveProperty('backgroundColor')
  })
})

describe('the menu', () => {
  it('is none where shortcuts do not come from it', () => {
    expect([menuTemplate('linux'), menuTemplate('win32')]).toEqual([null, null])
  })

  it('on macOS has editing and quitting, and no reload, developer tools or dictation', () => {
    const roles = JSON.stringify(menuTemplate('darwin')).match(/(?<="role":")\w+/g)
    expect(roles).toEqual(['hide', 'quit', 'undo', 'redo', 'cut', 'copy', 'paste', 'selectAll'])
  })
})
