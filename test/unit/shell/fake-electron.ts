/**
 * What the shell uses of Electron, as recorders: no test ever loads the real package, which would look for its binary.
 */
import { EventEmitter } from 'node:events'
import { vi } from 'vitest'

export class FakeContents extends EventEmitter {
  id = 7
  sent: unknown[][] = []
  mainFrame = { url: 'keyturn://app/' }
  reload = vi.fn()
  setWindowOpenHandler = vi.fn()
  send(...parameters: unknown[]): void {
    this.sent.push(parameters)
  }
}

export class FakeWindow extends EventEmitter {
  static opened: FakeWindow[] = []
  webContents = new FakeContents()
  destroyed = false
  loaded: string[] = []
  minimized = false
  setContentProtection = vi.fn()
  show = vi.fn()
  focus = vi.fn()
  restore = vi.fn()
  readonly options: unknown
  constructor(options?: unknown) {
    super()
    this.options = options
    FakeWindow.opened.push(this)
  }
  async loadURL(url: string): Promise<void> {
    this.loaded.push(url)
  }
  isDestroyed(): boolean {
    return this.destroyed
  }
  isMinimized(): boolean {
    return this.minimized
  }
  destroy(): void {
    this.destroyed = true
    this.emit('closed')
  }
  /** As Electron does: listeners may prevent it. */
  close(): void {
    let prevented = false
    this.emit('close', { preventDefault: () => (prevented = true) })
    if (!prevented) this.destroy()
  }
}

export class FakeSession extends EventEmitter {
  webRequest = { onBeforeRequest: vi.fn() }
  protocol = { handle: vi.fn() }
  setPermissionRequestHandler = vi.fn()
  setPermissionCheckHandler = vi.fn()
  setDevicePermissionHandler = vi.fn()
  setDisplayMediaRequestHandler = vi.fn()
  setBluetoothPairingHandler = vi.fn()
  setCertificateVerifyProc = vi.fn()
  setSpellCheckerEnabled = vi.fn()
}

export class FakePowerMonitor extends EventEmitter {
  state: 'active' | 'idle' | 'locked' | 'unknown' = 'active'
  getSystemIdleState(): 'active' | 'idle' | 'locked' | 'unknown' {
    return this.state
  }
}

/** Seals by turning bytes round: enough to tell what was sealed from what was not. */
export class FakeSafeStorage {
  backend: 'basic_text' | 'gnome_libsecret' | 'kwallet' | 'kwallet5' | 'kwallet6' | 'unknown' =
    'gnome_libsecret'
  available = true
  refuses = false
  shouldReEncrypt = false
  getSelectedStorageBackend() {
    return this.backend
  }
  async isAsyncEncryptionAvailable(): Promise<boolean> {
    return this.available
  }
  async encryptStringAsync(text: string): Promise<Buffer> {
    if (this.refuses) throw new Error('temporarily unavailable')
    return Buffer.from(text).map((byte) => byte ^ 0x5a) as Buffer
  }
  async decryptStringAsync(sealed: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> {
    if (this.refuses) throw new Error('temporarily unavailable')
    const result = Buffer.from(sealed.map((byte) => byte ^ 0x5a)).toString()
    return { result, shouldReEncrypt: this.shouldReEncrypt }
  }
}

export const fakeElectron = () => {
  const session = new FakeSession()
  return {
    BrowserWindow: FakeWindow,
    Menu: { setApplicationMenu: vi.fn(), buildFromTemplate: vi.fn(() => null) },
    app: Object.assign(new EventEmitter(), {
      isPackaged: false,
      enableSandbox: vi.fn(),
      exit: vi.fn(),
      whenReady: vi.fn(async () => undefined),
      getPath: vi.fn(() => '/nowhere/crashes'),
      getAppPath: vi.fn(() => '/opt/keyturn'),
      setPath: vi.fn(),
      requestSingleInstanceLock: vi.fn(() => true),
      relaunch: vi.fn(),
    }),
    clipboard: { writeText: vi.fn<(text: string) => Promise<void>>(async () => undefined) },
    dialog: {
      showErrorBox: vi.fn(),
      showMessageBox: vi.fn(async () => ({ response: 0 })),
      showOpenDialog: vi.fn(async () => ({ canceled: true, filePaths: [] as string[] })),
    },
    ipcMain: { handle: vi.fn(), removeHandler: vi.fn() },
    powerMonitor: new FakePowerMonitor(),
    utilityProcess: { fork: vi.fn() },
    protocol: { registerSchemesAsPrivileged: vi.fn() },
    safeStorage: new FakeSafeStorage(),
    session: { fromPartition: vi.fn<(name: string) => FakeSession>(() => session), pages: session },
  }
}
