import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { StartFramedChild } from '../../platform/framed-child.ts'
import { hsmModuleVariables, type HsmCallOptions, type HsmModuleRef } from '../../ports/hsm.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Named } from './errors.ts'
import { openLink, type Link } from './link.ts'
import type { Gives } from './messages.ts'
import { pinnedModule } from './module-file.ts'

export interface HsmMeans {
  /** Starts a process: Node's here, a utility process under Electron. */
  start: StartFramedChild
  /** Entry of a module's process. */
  entry: string
  clock: Clock
  /** Ends of a module's process that nobody asked for, until it is not started again for a while. */
  crashes?: { times: number; minutes: number }
  /** Each process that was started. */
  onProcess?: (pid: number) => void
}

export interface Processes {
  /** A process with the module loaded. The file is checked each time before it starts. */
  start(
    module: HsmModuleRef,
    named: Named,
    events: { onLost(): void },
    options: HsmCallOptions,
  ): Promise<{ link: Link; info: Gives<'load'> }>
  endAll(): Promise<void>
}

const usualCrashes = { times: 5, minutes: 10 }

export const createProcesses = (means: HsmMeans): Processes => {
  const { times, minutes } = means.crashes ?? usualCrashes
  const running = new Set<Link>()
  /** When processes of a module ended by themselves, by the module's hash. */
  const crashes = new Map<string, number[]>()

  const recent = (sha256: string): number[] => {
    const from = means.clock.monotonicMs() - minutes * 60_000
    return (crashes.get(sha256) ?? []).filter((at) => at >= from)
  }
  return {
    start: async (module, named, { onLost }, options) => {
      if (recent(module.sha256).length >= times)
        throw new KeyturnError('hsm-module-keeps-crashing', { path: module.path, times, minutes })
      const { realPath, sha256 } = await pinnedModule(module)
      const link = await openLink({
        start: means.start,
        entry: means.entry,
        environment: environmentOf(module),
        named,
        onLost,
        onCrash: () => crashes.set(sha256, [...recent(sha256), means.clock.monotonicMs()]),
      })
      running.add(link)
      void link.ended.then(() => running.delete(link))
      means.onProcess?.(link.pid)
      try {
        return { link, info: await link.ask('load', { path: realPath, sha256 }, options) }
      } catch (thrown) {
        await link.end()
        throw thrown
      }
    },
    endAll: async () => {
      await Promise.all([...running].map((link) => link.end()))
    },
  }
}

/** Only variables that modules are known to read, each a path. */
const environmentOf = ({ configuration = {} }: HsmModuleRef): Record<string, string> =>
  Object.fromEntries(
    hsmModuleVariables.flatMap((name) => {
      const value = configuration[name]
      return value === undefined || value.includes('\0') ? [] : [[name, value]]
    }),
  )
