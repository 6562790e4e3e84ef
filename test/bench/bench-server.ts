import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startNodeChild } from '../../electron/platform/child-process.ts'
import { openSandbox, type Sandbox } from '../../electron/rehearsal/sandbox-process.ts'

export const serverName = 'ktr-bench-01'
/** What SQL Server gives the data file of a new database. */
const databaseBytes = 8 * 1024 * 1024

/**
 * A simulated server with empty keys and this many small databases, in the folder where the rehearsal of `profile`
 * looks for its own: the program finds it there and connects as to any other.
 */
export const startBenchServer = (profile: string, databases: readonly string[]): Promise<Sandbox> =>
  startBenchServers(profile, [
    {
      name: serverName,
      databases: databases.map((name) => ({ name, bytes: databaseBytes })),
      folders: ['D:\\Backup', 'D:\\Keys'],
    },
  ])

/** The same with any servers; each is what the simulators' configuration takes. */
export const startBenchServers = async (
  profile: string,
  instances: readonly Readonly<Record<string, unknown>>[],
): Promise<Sandbox> => {
  const folder = join(profile, 'simulators')
  mkdirSync(folder, { recursive: true })
  const config = join(folder, 'bench.json')
  writeFileSync(config, JSON.stringify({ dataDir: folder, instances, azure: {} }))
  const answered = Promise.withResolvers<string>()
  const errors: string[] = []
  const child = await startNodeChild({
    entry: sandboxEntry,
    args: [config],
    onLine: (line) => answered.resolve(line),
    onErrorLine: (line) => errors.push(line),
  })
  void child.exited.then(() => answered.reject(new Error(`the simulator ended: ${errors.join(' ')}`)))
  await answered.promise
  return openSandbox({ folder, entry: sandboxEntry })
}
