import { join } from 'node:path'
import { KeyturnError } from '../shared/errors/problem.ts'
import type { AppState } from '../shared/ipc/schemas.ts'
import type { TargetId } from '../shared/model/ids.ts'
import type { LockReason } from '../shared/model/keyring.ts'
import type { SqlConnection } from '../shared/model/target.ts'
import type { FactReader } from './engine/contract.ts'
import type { EngineProbe } from './engine/engine-deps.ts'
import { createEngine, type Engine } from './engine/engine.ts'
import { watchShares } from './escrow/given-shares.ts'
import { openCeremonies } from './escrow/ceremony-home.ts'
import { createInventory } from './inventory/inventory.ts'
import { createVerdicts } from './inventory/verdicts.ts'
import { createEventSink } from './ipc/events.ts'
import { handlersOf } from './ipc/handlers.ts'
import { createRouter, type Router } from './ipc/router.ts'
import { createAutoLock } from './keyring/auto-lock.ts'
import { createKeyring } from './keyring/keyring.ts'
import { systemClock } from './platform/clock.ts'
import { guardEgress, type EgressGuard } from './platform/egress-guard.ts'
import type { StartFramedChild } from './platform/framed-child.ts'
import { lockProfile } from './platform/file-lock.ts'
import { createLog, errorFields, fileLogSink } from './platform/log.ts'
import { makeProfileDir, type Profile } from './platform/paths.ts'
import type { Clock } from './ports/clock.ts'
import type { Keyring } from './ports/keyring.ts'
import type { OsStore } from './ports/os-store.ts'
import type { KnownServer, SqlServers } from './ports/sql-server.ts'
import { openAzureSecret, openCredential } from './sign-in-secrets.ts'
import { openConnections } from './profile/connections.ts'
import { openDrafts } from './profile/drafts.ts'
import { createFolderPicker } from './profile/folder-picker.ts'
import { openPlaces } from './profile/places.ts'
import { openSettings } from './profile/settings.ts'
import { followKeyring } from './record/countersign.ts'
import { createRecord, type Record } from './record/record.ts'
import { startRehearsal, type Rehearsal } from './rehearsal/rehearsal.ts'
import type { Shell, ShellProgram } from './shell/shell.ts'
import { refOf } from './profile/target-ref.ts'
import { simulatedHosts, type AskSimulatedHost } from './rehearsal/simulated-hosts.ts'
import { createAzure, type AzureOwner } from './targets/azure/azure.ts'
import { internetMeans, rehearsalMeans, type AzureMeans } from './targets/azure/means.ts'
import { localHosts } from './targets/powershell/hosts.ts'
import { createSqlServers } from './targets/sqlserver/servers.ts'
import { openHsmParts, watchOpenKeys } from './hsm-parts.ts'
import { jobFronts } from './job-fronts.ts'
import {
  azureTargetsOf,
  copiesFinder,
  escrowOf,
  harmlessChannels,
  mostDangerous,
  operatorOfThisProcess,
  untilIdle,
  sourceRules,
} from './program-parts.ts'

export interface ProgramOptions {
  profile: Profile
  /** The profile's data folder; default: the platform's place for it. */
  dataFolder?: string
  version: string
  /** Entry of the simulators' process. */
  sandboxEntry: string
  /** Opens the window of another profile in a process of its own and ends this one. */
  openProfile(profile: Profile): Promise<void>
  clock?: Clock
  /** True where the window's browser can't be confined: nothing real may be typed or connected there. Default false. */
  rehearsalsOnly?: boolean
  /** Where main's folder list begins, in shells without a native dialog; default: the home folder. */
  startFolder?: string
  /** Starts the process of a PKCS#11 module; default: as a child of Node. */
  startHsmProcess?: StartFramedChild
  /** The operating system's store, where this shell reaches one. */
  osStore?: OsStore
  /** Crash tests only. */
  probe?: EngineProbe
}

export interface Program extends ShellProgram {
  readonly router: Router
  readonly engine: Engine
  readonly record: Record
  readonly servers: SqlServers
  readonly azure: AzureOwner
  readonly keyring: Keyring
  /** Null outside a rehearsal. */
  readonly rehearsal: Rehearsal | null
  /** Null outside a rehearsal. */
  readonly egress: EgressGuard | null
  attach(shell: Shell): void
  /** Resolves when a rehearsal's simulators answer; at once elsewhere. */
  ready(): Promise<void>
  /** The window is gone; a run may go on. A ceremony can't: its next holder has nothing to look at. */
  windowClosed(): void
  /** Resolves when no run is under way any more. */
  idle(): Promise<void>
  /** Ends open connections and writes; simulators go on. Repeating it is harmless. */
  close(): Promise<void>
}

/**
 * Puts the main process together; both shells and the command line start here. Throws `already-running` where another
 * process has this profile, and the errors of local files.
 */
export const startProgram = async (options: ProgramOptions): Promise<Program> => {
  const { profile, clock = systemClock } = options
  const rehearsing = profile === 'rehearsal'
  const folder = makeProfileDir(profile, options.dataFolder)
  const lock = lockProfile(folder)
  const egress = rehearsing ? guardEgress() : null
  const log = createLog(clock, fileLogSink(join(folder, 'keyturn.log')))
  const operator = operatorOfThisProcess()

  const record = createRecord({ file: join(folder, 'record.db'), clock, operator })
  const keyring = createKeyring({
    path: join(folder, 'keyring.json'),
    clock,
    osStore: options.osStore ?? null,
    namePrefix: rehearsing ? 'REHEARSAL-' : '',
  })
  const watch = followKeyring(record, keyring)
  const settings = await openSettings(folder)
  const connections = await openConnections(folder)
  const places = await openPlaces(folder)
  const escrow = await escrowOf(options, { folder, record, keyring, places })
  const drafts = await openDrafts(folder, clock, operator.account)
  const servers = createSqlServers({
    connectionOf: (id: TargetId) => connections.sqlServer(id),
    secretOf: (connection: SqlConnection) => openCredential(keyring, connection),
    rememberIdentity: (id, identity) => connections.rememberIdentity(id, identity),
  })
  const azure = createAzure({
    connectionOf: (id) => connections.azure(id),
    vaultOf: (id) => connections.vault(id),
    secretOf: (connection) => openAzureSecret(keyring, connection),
    means: () => azureMeans(),
    rememberIdentity: (id, identity) => connections.rememberIdentity(id, identity),
    changed: () => stateChanged(),
    clock,
  })
  const hsmParts = await openHsmParts(folder, connections, keyring, clock, options.startHsmProcess)
  const hosts = rehearsing ? simulatedHosts((server, calls) => askSimulatedHost(server, calls)) : localHosts()
  const inventory = createInventory({
    servers,
    azure,
    readings: hsmParts.readings,
    ...sourceRules(connections),
    clock,
  })
  const fronts = jobFronts(connections, escrow, { ...hsmParts, openKeys: () => openKeys.list() })
  const knownServers = (): KnownServer[] =>
    connections
      .sqlServers()
      .map((one) => ({ ref: refOf(one), host: one.host, serverName: one.identity?.serverName ?? null }))
  const verdicts = createVerdicts(servers, copiesFinder(connections, servers, azure, escrow.register))
  const common = { azure, hosts, hsms: hsmParts.tokens, knownServers, verdicts, clock, places }
  const reader: FactReader = {
    ...common,
    sqlServer: (target) => servers.open(target),
    secretInfo: (handle) => keyring.list().find(({ id }) => id === handle) ?? null,
    keptFor: (target, purpose) => keyring.list({ target, purpose }),
  }
  const engine = createEngine({
    ...common,
    jobs: [...fronts.values()].map(({ job }) => job),
    record,
    keyring,
    servers,
    operator,
    ...(options.probe ? { probe: options.probe } : {}),
  })
  const openKeys = watchOpenKeys(record, engine)
  let shell: Shell | null = null
  const ceremonies = await openCeremonies({
    register: escrow.register,
    record,
    places,
    clock,
    rehearsal: rehearsing,
    operator: operator.account,
    countersigned: () => watch.settled(),
    printPdf: async (route, given) => {
      if (shell === null) throw new KeyturnError('print-failed')
      return shell.printPdf(route, given)
    },
  })
  record.append({ kind: 'program-started', body: { version: options.version, profile }, outcome: 'done' })

  const events = createEventSink((name, value) => shell?.send(name, value))
  const stateChanged = (): void => events.emit('app.changed', '', state)
  const rehearsal: Rehearsal | null = rehearsing
    ? startRehearsal({
        folder,
        entry: options.sandboxEntry,
        keyring,
        connections,
        record,
        onChange: stateChanged,
        onReset: () => {
          for (const id of azureTargetsOf(connections)) azure.drop(id)
        },
      })
    : null

  const azureMeans = (): AzureMeans => {
    if (egress === null) return internetMeans(settings.content)
    const simulated = rehearsal?.azure() ?? null
    if (simulated === null)
      throw new KeyturnError('sandbox-failed', { what: 'the simulated Azure is not there yet' })
    return rehearsalMeans(simulated, egress.refuse)
  }

  const askSimulatedHost: AskSimulatedHost = async (server, calls) => {
    if (rehearsal === null) throw new KeyturnError('internal')
    return rehearsal.askHost(server, calls)
  }

  const lockKeyring = async (because: LockReason): Promise<void> => {
    keyring.lock({ keepRuns: true })
    const held = new Set(
      engine
        .list()
        .filter(({ endedAt }) => endedAt === null)
        .flatMap(({ targets: named }) => named.map(({ id }) => id)),
    )
    record.append({ kind: 'keyring-locked', body: { runsGoOn: held.size > 0, because }, outcome: 'done' })
    for (const id of azureTargetsOf(connections)) if (!held.has(id)) azure.drop(id)
    await Promise.all(
      connections
        .sqlServers()
        .filter(({ id }) => !held.has(id))
        .map(({ id }) => servers.drop(id)),
    )
  }
  const lockUnasked = (because: LockReason): void => {
    if (keyring.status().state !== 'unlocked') return
    lockKeyring(because).catch((thrown: unknown) =>
      log.event('app.fault', { ...errorFields(thrown), where: 'lock' }),
    )
  }
  const autoLock = createAutoLock({
    clock,
    minutes: () => settings.content.autoLockMinutes,
    lock: lockUnasked,
    changed: stateChanged,
  })

  const state = (): AppState => {
    const { state: keyringState, waitSeconds } = keyring.status()
    const locked = keyringState !== 'unlocked'
    return {
      version: options.version,
      shell: shell?.kind ?? 'chromium',
      profile,
      rehearsalsOnly: options.rehearsalsOnly ?? false,
      environment: mostDangerous(connections.list().map(({ environment }) => environment)),
      keyring: { state: keyringState, waitSeconds },
      operator: operator.account,
      upkeep: locked ? null : keyring.upkeep(),
      autoLock: {
        minutes: settings.content.autoLockMinutes,
        warning: autoLock.warning(),
        watches: shell?.watchPower === undefined ? 'window' : 'system',
      },
      rehearsalPassphrase: rehearsal?.passphrase() ?? null,
      rehearsal: rehearsal?.state() ?? null,
      signIns: locked ? [] : azure.pendingSignIns(),
      runs: locked && keyringState === 'locked' ? [] : engine.list(),
      openKeys: locked ? [] : [...openKeys.list()],
      scheme: settings.content.scheme,
    }
  }

  const handlers = handlersOf({
    profile,
    folder,
    clock,
    operator,
    record,
    keyring,
    settings,
    connections,
    places,
    drafts,
    servers,
    azure,
    ...hsmParts,
    inventory,
    engine,
    rehearsal,
    picker: createFolderPicker(options.startFolder),
    reader,
    fronts,
    escrow,
    ceremonies,
    state,
    stateChanged,
    shell: () => shell,
    openProfile: options.openProfile,
    lock: lockKeyring,
    autoLock,
  })
  const router = createRouter({
    handlers,
    isLocked: () => keyring.status().state !== 'unlocked',
    refusal: (channel) =>
      options.rehearsalsOnly && !rehearsing && !harmlessChannels.has(channel)
        ? new KeyturnError('needs-browser-sandbox')
        : null,
    onRefused: (channel, problem) => {
      log.event('ipc.refused', { channel, code: problem.code })
      if (problem.code !== 'keyring-locked') {
        record.append({
          kind: 'refused',
          body: { action: channel, about: null, problem },
          outcome: 'refused',
        })
      }
    },
    onFault: (channel, thrown) => log.event('ipc.failed', { channel, ...errorFields(thrown) }),
  })

  const offEngine = engine.events.on('run-changed', (view) => {
    events.emit('run.changed', view.id, () => engine.get(view.id))
    stateChanged()
    shares.runHas(view.plan.secrets)
  })
  const shares = watchShares(keyring, (thrown) =>
    log.event('app.fault', { ...errorFields(thrown), where: 'shares' }),
  )
  let counting = false
  /** Without a window nobody could say that they are there: the command line ends with its run. */
  const countIdleTime = (): void => {
    const counts = shell !== null && keyring.status().state === 'unlocked'
    if (counts !== counting) (counts ? autoLock.start : autoLock.stop)()
    counting = counts
  }
  const offKeyring = keyring.onChange(() => {
    shares.keyringChanged()
    if (keyring.status().state !== 'unlocked') ceremonies.breakOff('locked')
    countIdleTime()
    stateChanged()
  })
  let offPower = (): void => undefined

  let closed = false
  return {
    router,
    engine,
    record,
    servers,
    azure,
    keyring,
    rehearsal,
    egress,
    dispatch: (sender, channel, request) => router.dispatch(sender, channel, request),
    scheme: () => settings.content.scheme,
    windowTitle: () => (rehearsing ? 'Keyturn (REHEARSAL)' : 'Keyturn'),
    attach: (attached) => {
      shell = attached
      countIdleTime()
      offPower()
      offPower = attached.watchPower?.(lockUnasked) ?? ((): void => undefined)
      stateChanged()
    },
    ready: () => rehearsal?.ready() ?? Promise.resolve(),
    windowClosed: () => ceremonies.breakOff('closed'),
    idle: () => untilIdle(engine),
    close: async () => {
      if (closed) return
      closed = true
      offEngine()
      openKeys.stop()
      offKeyring()
      offPower()
      autoLock.stop()
      events.close()
      ceremonies.breakOff('closed')
      await ceremonies.settled()
      await rehearsal?.close()
      await engine.close()
      await servers.closeAll()
      azure.closeAll()
      await hsmParts.hsms.close()
      await watch.settled()
      watch.stop()
      keyring.lock()
      record.endEpoch('end')
      record.close()
      egress?.lift()
      lock.release()
    },
  }
}
