import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { askSandbox } from '../../electron/rehearsal/sandbox-control.ts'
import { askControl, type Command } from '../../sandbox/sqlserver/host/control.ts'
import type { InstanceFacts } from '../../sandbox/sqlserver/host/server.ts'

const stateFile = (profileFolder: string): string => join(profileFolder, 'simulators', 'sandbox.json')

/** Ends the simulators of a rehearsal's data folder, if they run. */
export const stopSimulators = async (profileFolder: string): Promise<void> => {
  const file = stateFile(profileFolder)
  if (!existsSync(file)) return
  const { control } = JSON.parse(readFileSync(file, 'utf8')) as { control: string }
  await askSandbox(control, { command: 'shutdown' }).catch(() => undefined)
}

/**
 * Ends the simulators as a crash of their machine would, and waits until the process is gone. All simulated servers of a
 * rehearsal are one process. Starting the rehearsal's sandbox again brings them back on the same ports.
 */
export const killSimulators = async (profileFolder: string): Promise<void> => {
  const { pid } = JSON.parse(readFileSync(stateFile(profileFolder), 'utf8')) as { pid: number }
  process.kill(pid, 'SIGKILL')
  await simulatorsGone(profileFolder)
}

/** Waits until the simulators' process is no more, whoever ended it. */
export const simulatorsGone = async (profileFolder: string): Promise<void> => {
  const { pid } = JSON.parse(readFileSync(stateFile(profileFolder), 'utf8')) as { pid: number }
  while (isThere(pid)) await new Promise((resolve) => setImmediate(resolve))
}

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The test's own line to the simulators of a rehearsal: trouble to order, files to look at. The product has no such line. */
export interface Simulators {
  /** Throws what the simulators refuse. */
  order(command: Command): Promise<Readonly<Record<string, unknown>>>
  /** Where the bytes of a file on a simulated disk are. */
  locate(instance: string, path: string): Promise<string>
  facts(instance: string): Promise<InstanceFacts>
}

export const simulatorsOf = (profileFolder: string): Simulators => {
  const order: Simulators['order'] = async (command) => {
    const { control } = JSON.parse(readFileSync(stateFile(profileFolder), 'utf8')) as { control: string }
    const reply = await askControl(control, command)
    if (reply?.ok !== true) throw new Error(`${command.command}: ${reply?.error ?? 'no answer'}`)
    return reply
  }
  return {
    order,
    locate: async (instance, path) => String((await order({ command: 'locate', instance, path }))['path']),
    facts: async (instance) => {
      const { instances } = (await order({ command: 'status' })) as unknown as { instances: InstanceFacts[] }
      const found = instances.find(({ name }) => name === instance)
      if (!found) throw new Error(`no server ${instance}`)
      return found
    },
  }
}
