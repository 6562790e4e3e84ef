import { join } from 'node:path'
import { _electron as electron, type ElectronApplication } from 'playwright-core'
import type { Profile } from '../../electron/platform/paths.ts'
import type { Seat } from './scenario.ts'

export interface ElectronSeat extends Seat {
  app: ElectronApplication
}

export interface ElectronSeatOptions {
  executablePath: string
  profile: Profile
  dataFolder: string
  /** `chooseFolder` names folders inside this one. */
  startFolder: string
}

const entry = join(import.meta.dirname, '../../out/main/electron.js')

/** The program's own Electron entry. Its native folder dialog, which no test can press, waits for `chooseFolder`. */
export const openElectron = async (options: ElectronSeatOptions): Promise<ElectronSeat> => {
  const app = await electron.launch({
    executablePath: options.executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      entry,
      `--profile=${options.profile}`,
      `--data=${options.dataFolder}`,
    ],
  })
  await app.evaluate(({ dialog }) => {
    const chosen: string[] = []
    const asking: ((path: string) => void)[] = []
    const place = globalThis as unknown as { keyturnChoose: (path: string) => void }
    place.keyturnChoose = (path) => {
      const next = asking.shift()
      if (next) next(path)
      else chosen.push(path)
    }
    dialog.showOpenDialog = async () => {
      const path = chosen.shift() ?? (await new Promise<string>((resolve) => asking.push(resolve)))
      return { canceled: false, filePaths: [path] }
    }
  })
  const page = await app.firstWindow()
  page.setDefaultTimeout(30_000)
  return {
    app,
    page,
    chooseFolder: (name) =>
      app.evaluate(
        (_electron, path) => {
          const place = globalThis as unknown as { keyturnChoose: (path: string) => void }
          place.keyturnChoose(path)
        },
        join(options.startFolder, name),
      ),
  }
}
