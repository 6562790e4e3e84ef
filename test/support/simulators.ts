import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { askSandbox } from '../../electron/rehearsal/sandbox-control.ts'

/** Ends the simulators of a rehearsal's data folder, if they run. */
export const stopSimulators = async (profileFolder: string): Promise<void> => {
  const file = join(profileFolder, 'simulators', 'sandbox.json')
  if (!existsSync(file)) return
  const { control } = JSON.parse(readFileSync(file, 'utf8')) as { control: string }
  await askSandbox(control, { command: 'shutdown' }).catch(() => undefined)
}
