import { createHash } from 'node:crypto'
import type {
  HostAnswer,
  HostCall,
  HostCallName,
  HostRefusal,
  HostReply,
} from '../../../shared/model/host-calls.ts'
import { OsError } from '../disk.ts'
import { libraryIn } from '../engine/ekm/library.ts'
import type { Instance } from '../engine/instance.ts'
import { sidOf } from './accounts.ts'
import { testConnection } from './network.ts'
import {
  EXIT,
  PUBLISHER,
  installPackage,
  installedConnectors,
  installedRuntimes,
  isMissing,
  uninstallPackage,
} from './packages.ts'
import { createRegistryKey, exportRegistry, readRegistryKey } from './registry-calls.ts'

/** The computer that one simulated server runs on. */
export interface WindowsHost {
  /** Another object after a reset. */
  instance(): Instance
  /** Restarts the service; resolves when its databases came up or did not. */
  restart(): Promise<void>
  /** Stops and starts the service by themselves; absent: that is not simulated here. */
  service?: { isStopped(): boolean; stop(): Promise<void>; start(): Promise<void> }
}

/** Default instances only: nobody makes another one here. */
const SERVICE = 'MSSQLSERVER'
const EVENT_SOURCES = {
  connector: 'SQL Server Connector for Microsoft Azure Key Vault',
  'sql-server': SERVICE,
}
const LONGEST_LIBRARY = 4 * 2 ** 20

class Refused extends Error {
  readonly refusal: HostRefusal
  constructor(refusal: HostRefusal, message: string) {
    super(message)
    this.refusal = refusal
  }
}

/** Carries out calls in their order and ends at the first that is refused. */
export async function runHostCalls(host: WindowsHost, calls: readonly HostCall[]): Promise<HostReply[]> {
  const replies: HostReply[] = []
  for (const call of calls) {
    const reply = await replyTo(host, call)
    replies.push(reply)
    if (!reply.ok) break
  }
  return replies
}

async function replyTo(host: WindowsHost, call: HostCall): Promise<HostReply> {
  try {
    const { faults } = host.instance()
    return { ok: true, answer: await faults.aroundCall(`host ${call.call}`, () => answer(host, call)) }
  } catch (error) {
    const { refusal, message } = refused(error)
    return { ok: false, refusal, message }
  }
}

function refused(error: unknown): Refused {
  if (error instanceof Refused) return error
  if (!(error instanceof OsError)) throw error
  if (isMissing(error)) return new Refused('not-there', error.text)
  if (error.code === 5) return new Refused('access-denied', error.text)
  return new Refused(error.code === 80 ? 'already-there' : 'failed', error.text)
}

/** The answer of one call: its form is that of `hostAnswers`. */
async function answer(host: WindowsHost, call: HostCall): Promise<HostAnswer<HostCallName>> {
  const instance = host.instance()
  switch (call.call) {
    case 'read-system':
      return {
        computer: instance.serverName.toUpperCase(),
        windows: 'Windows Server 2022 Datacenter 10.0.20348 (simulated)',
        powerShell: '5.1.20348.2849',
        is64Bit: true,
        administrator: true,
      }
    case 'read-service':
      return isService(call.service) ? serviceOf(instance, host.service?.isStopped() ?? false) : null
    case 'export-registry':
      return exportRegistry(instance, call.key, call.path)
    case 'read-registry':
      return readRegistryKey(instance, call.key)
    case 'create-registry-key':
      if (sidOf(call.account) === null)
        throw new Refused('not-there', `Windows does not know the account ${call.account}.`)
      return createRegistryKey(instance, call.key, call.account)
    case 'read-library':
      return libraryFacts(instance, call.path)
    case 'read-installed':
      return call.what === 'connector' ? installedConnectors(instance) : installedRuntimes(instance)
    case 'read-events':
      return events(instance, call)
    case 'restart-service': {
      if (!isService(call.service)) throw new Refused('not-there', `There is no service ${call.service}.`)
      await host.restart()
      return { startedAt: host.instance().startedAt.toISOString(), restarted: [SERVICE] }
    }
    case 'stop-service':
      await serviceOfHost(host, call.service).stop()
      return { stopped: [SERVICE] }
    case 'start-service':
      await serviceOfHost(host, call.service).start()
      return { startedAt: host.instance().startedAt.toISOString() }
    case 'install-package':
      return ended(installPackage(instance, call.path))
    case 'uninstall-package':
      return ended(uninstallPackage(instance, call.productCode), EXIT.unknownProduct)
    case 'read-proxy':
      return isService(call.service) ? { enabled: false, server: null, bypass: null, script: null } : null
    case 'test-connection':
      return Promise.all(call.hosts.map((name) => testConnection(instance.options.ekm?.reach, name)))
    case 'read-clock':
      return { at: instance.now().toISOString(), zone: 'UTC', source: 'simulated' }
    case 'list-cluster-resources':
      return null
    case 'read-cluster-checkpoints':
    case 'add-cluster-checkpoint':
    case 'restart-cluster-resource':
      throw new Refused('no-command', 'This computer is in no failover cluster.')
  }
}

function serviceOfHost(
  { service }: WindowsHost,
  name: string,
): Required<Pick<WindowsHost, 'service'>>['service'] {
  if (!isService(name)) throw new Refused('not-there', `There is no service ${name}.`)
  if (service === undefined) throw new Refused('not-simulated', 'Stopping the service is not simulated here.')
  return service
}

const isService = (service: string): boolean => service.toUpperCase() === SERVICE

const serviceOf = (instance: Instance, stopped: boolean): HostAnswer<'read-service'> => ({
  service: SERVICE,
  account: instance.serviceAccount,
  sid: sidOf(instance.serviceAccount),
  state: stopped ? 'stopped' : 'running',
  startedAt: stopped ? null : instance.startedAt.toISOString(),
  automatic: true,
})

/** A setup that did nothing is refused with what msiexec ended with. */
function ended(exitCode: number, alsoWell: number = EXIT.done): HostAnswer<'install-package'> {
  if (exitCode !== EXIT.done && exitCode !== EXIT.restart && exitCode !== alsoWell)
    throw new Refused('failed', `msiexec ended with ${exitCode}`)
  return { exitCode, restartNeeded: exitCode === EXIT.restart }
}

function events(
  instance: Instance,
  { source, service, since, most }: Extract<HostCall, { call: 'read-events' }>,
): HostAnswer<'read-events'> {
  if (source === 'sql-server' && !isService(service)) return []
  return instance.events
    .read(source, new Date(since), most)
    .map(({ at, id, level, message }) => ({ at, id, level, source: EVENT_SOURCES[source], message }))
}

/** Of the file's own making: a library of the rehearsal says what it is. */
function libraryFacts({ disk }: Instance, path: string): HostAnswer<'read-library'> {
  let bytes: Buffer
  try {
    bytes = disk.readFile(path, 'C:\\', LONGEST_LIBRARY)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  const library = libraryIn(bytes.toString('utf8'))
  return {
    path,
    version: library?.version ?? '0.0.0.0',
    company: library === undefined ? '' : PUBLISHER,
    sha256: createHash('sha256').update(bytes).digest('hex').toUpperCase(),
    signature:
      library?.signed === true
        ? {
            state: 'valid',
            signer: 'CN=Keyturn rehearsal signer (simulated)',
            thumbprint: createHash('sha1').update('Keyturn rehearsal signer').digest('hex').toUpperCase(),
          }
        : { state: 'not-signed', signer: null, thumbprint: null },
  }
}
