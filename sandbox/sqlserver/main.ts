/**
 * The process of the simulated SQL Servers and of simulated Azure: `main.ts CONFIG.json`. Prints one line of JSON when they answer, then takes
 * control commands (one JSON object per line) from stdin and from a socket in its data folder. It outlives its parent:
 * who comes later finds process, ports and socket in `sandbox.json`, or starts it again and gets the same line.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startAzure } from '../azure/start.ts'
import type { AzureSandbox } from '../azure/start.ts'
import { RehearsalToken } from '../hsm/simulated-token.ts'
import type { ShareOptions } from './disk.ts'
import type { EkmOptions } from './engine/ekm/ekm.ts'
import { parseConfig } from './host/config.ts'
import type { SandboxConfig } from './host/config.ts'
import { askControl, controlPath, listenForControl, serveLines } from './host/control.ts'
import type { Command, Reply } from './host/control.ts'
import { writeDurably } from '../common/durable-file.ts'
import { HostGroups } from './host/groups.ts'
import { reachAzure } from './host/ekm.ts'
import { ServerHost } from './host/server.ts'

async function main(): Promise<void> {
  const [configPath] = process.argv.slice(2)
  if (configPath === undefined) throw new Error('usage: main.ts CONFIG.json')
  const config = parseConfig(JSON.parse(readFileSync(configPath, 'utf8')))
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const control = controlPath(config.dataDir)
  const running = await askControl(control, { command: 'status' })
  if (running?.ok === true) {
    // Ends by itself under Node; under Electron only when it is told to.
    process.stdout.write(`${JSON.stringify({ ...running, alreadyRunning: true })}\n`, () => process.exit(0))
    return
  }
  const azure =
    config.azure === null
      ? null
      : await startAzure({ folder: join(config.dataDir, 'azure'), settings: config.azure.settings })
  const token = config.token === null ? null : new RehearsalToken(join(config.dataDir, 'hsm'), config.token)
  // It takes as long as the servers do.
  const tokenMade = token?.start()
  await serve(
    config,
    control,
    config.instances.map(
      (instance) => new ServerHost(instance, config.dataDir, sharesOf(config), ekmOf(azure)),
    ),
    azure,
    token,
    tokenMade,
  )
}

// Whoever started this may be gone, and with it the readers of these: a line that nobody reads is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

/** The folder of a share lies beside those of the servers: they come and go, it stays. */
const sharesOf = ({ dataDir, shares }: SandboxConfig): ShareOptions[] =>
  shares.map(({ unc, capacity }) => ({
    unc,
    capacity,
    folder: join(dataDir, 'shares', ...unc.slice(2).split('\\')),
  }))

const ekmOf = (azure: AzureSandbox | null): EkmOptions => (azure === null ? {} : { reach: reachAzure(azure) })

async function serve(
  config: SandboxConfig,
  control: string,
  hosts: readonly ServerHost[],
  azure: AzureSandbox | null,
  token: RehearsalToken | null,
  tokenMade: Promise<void> | undefined,
): Promise<void> {
  const { dataDir } = config
  const stateFile = join(dataDir, 'sandbox.json')
  for (const host of hosts) await host.start()
  await tokenMade
  const status = (): Reply => ({
    ok: true,
    ready: true,
    pid: process.pid,
    control,
    instances: hosts.map((host) => host.facts()),
    ...(azure === null ? {} : { azure: azure.facts() }),
    hsm: token === null ? { missing: 'no token was asked for' } : token.facts(),
  })
  const named = (name: string): ServerHost => {
    const host = hosts.find((candidate) => candidate.config.name === name)
    if (host === undefined) throw new Error(`there is no server ${name}`)
    return host
  }
  const groups = new HostGroups(dataDir, config.availabilityGroups, named)
  groups.start()
  const shutdown = async (): Promise<void> => {
    for (const host of hosts) await host.stop()
    await azure?.close()
    rmSync(stateFile, { force: true })
    if (process.platform !== 'win32') rmSync(control, { force: true })
  }
  const run = async (command: Command): Promise<Reply> => {
    switch (command.command) {
      case 'status':
        break
      case 'shutdown':
        await shutdown()
        // The answer goes out first.
        setImmediate(() => setImmediate(() => process.exit(0)))
        return { ok: true }
      case 'reset':
        groups.assertMayReset(command.instance)
        // Nobody's files are in a shared folder once every server is as new.
        if (command.instance === undefined) rmSync(join(dataDir, 'shares'), { recursive: true, force: true })
        for (const host of hosts)
          if (command.instance === undefined || command.instance === host.config.name) await host.reset()
        if (command.instance === undefined) await azure?.reset()
        if (command.instance === undefined) await token?.reset()
        if (command.instance === undefined) groups.reset()
        break
      case 'restart':
        await named(command.instance).restart()
        break
      case 'ekm':
        named(command.instance).atTheMachine(command.order)
        break
      case 'host':
        return { ok: true, replies: await named(command.instance).hostCalls(command.calls) }
      case 'loseKey':
        named(command.instance).loseKey(command.what, command.name)
        break
      case 'fault':
        await named(command.instance).fault(command.fault)
        break
      case 'clearFaults':
        named(command.instance).clearFaults()
        break
      case 'formGroup':
        groups.form({ name: command.name, replicas: command.replicas, databases: command.databases })
        await groups.settled()
        break
      case 'failOver':
        await groups.called(command.group).failOver(command.to)
        await groups.settled()
        break
      case 'holdRedo':
        for (const group of groups.with(command.instance)) group.hold(command.instance, command.hold)
        await groups.settled()
        break
      case 'clock':
        named(command.instance).moveClock(command.days)
        break
      case 'grant':
        return {
          ok: true,
          ran: named(command.instance).grant(command.path, command.account, command.rights),
        }
      case 'copyFile':
        named(command.from).copyFile(command.path, named(command.to), command.toPath)
        return { ok: true }
      case 'scan':
        named(command.instance).pace(command)
        break
      case 'azure':
        if (azure === null) throw new Error('there is no simulated Azure here')
        return { ok: true, ...(await azure.order(command.order)) }
      case 'locate':
        return { ok: true, path: named(command.instance).locate(command.path) }
    }
    return status()
  }
  await listenForControl(control, run)
  writeDurably(stateFile, JSON.stringify(status()))
  process.stdout.on('error', () => undefined)
  process.stdout.write(`${JSON.stringify(status())}\n`)
  serveLines(process.stdin, process.stdout, run)
  // A closed terminal or a dead parent is no reason to stop.
  process.on('SIGHUP', () => undefined)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void shutdown().then(() => process.exit(0)))
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
