import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { startNodeChild } from '../../electron/platform/child-process.ts'
import type { ServerAddress } from './address.ts'

const entry = join(import.meta.dirname, '../sqlserver/main.ts')
/** Versions that can be simulated: 2016 to 2025. */
const versions = [13, 14, 15, 16, 17] as const

const started = z.object({
  instances: z.array(
    z.object({
      host: z.string(),
      port: z.number(),
      caPem: z.string(),
      logins: z.array(z.object({ name: z.string(), password: z.string() })).min(1),
    }),
  ),
})

export interface Simulators {
  addresses: ServerAddress[]
  /** Ends the process and removes its folder. */
  stop(): Promise<void>
}

/** Starts that many empty simulated servers of one version, in a process and a temporary folder of their own. */
export const startSimulators = async (count: number, majorVersion = 16): Promise<Simulators> => {
  const version = versions.findLast((one) => one <= majorVersion) ?? versions[0]
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-conformance-'))
  const config = join(folder, 'config.json')
  const instances = Array.from({ length: count }, (_none, at) => ({ name: `ktr-conf-${at + 1}`, version }))
  writeFileSync(config, JSON.stringify({ dataDir: folder, instances }))
  const said = Promise.withResolvers<string>()
  const errors: string[] = []
  const child = await startNodeChild({
    entry,
    args: [config],
    onLine: (line) => said.resolve(line),
    onErrorLine: (line) => errors.push(line),
  })
  void child.exited.then(() => said.reject(new Error(`the simulator ended: ${errors.join(' ')}`)))
  const stop = async (): Promise<void> => {
    await child.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const facts = started.parse(JSON.parse(await said.promise))
    return { addresses: facts.instances.map(addressOf), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const addressOf = ({
  host,
  port,
  caPem,
  logins: [login],
}: z.infer<typeof started>['instances'][number]): ServerAddress => ({
  host,
  port,
  user: login?.name ?? '',
  password: login?.password ?? '',
  encryption: { mode: 'mandatory', trust: { kind: 'ca', pem: caPem } },
})
