import type { AppState } from '../../shared/ipc/schemas.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { LockReason } from '../../shared/model/keyring.ts'
import type { Engine } from '../engine/engine.ts'
import type { FactReader } from '../engine/contract.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { AutoLock } from '../keyring/auto-lock.ts'
import type { Ceremonies } from '../escrow/ceremony.ts'
import type { EscrowMeans } from '../escrow/means.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Operator } from '../../shared/model/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Hsms } from '../ports/hsm.ts'
import type { HsmTargets } from '../ports/hsm-targets.ts'
import type { TokenReadings } from '../ports/token-readings.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { HsmModules } from '../profile/hsm-modules.ts'
import { hsmTestOf } from '../targets/hsm/test.ts'
import type { Profile } from '../platform/paths.ts'
import type { Connections } from '../profile/connections.ts'
import type { Drafts } from '../profile/drafts.ts'
import type { FolderPicker } from '../profile/folder-picker.ts'
import type { JsonFile } from '../profile/json-file.ts'
import type { PlaceStore } from '../profile/places.ts'
import { refOf } from '../profile/target-ref.ts'
import type { Settings } from '../profile/settings.ts'
import type { Record } from '../record/record.ts'
import type { Rehearsal } from '../rehearsal/rehearsal.ts'
import type { Shell } from '../shell/shell.ts'
import type { AzureOwner } from '../targets/azure/azure.ts'
import type { SqlServersOwner } from '../targets/sqlserver/servers.ts'
import { testOf } from '../targets/sqlserver/test.ts'
import type { JobFronts } from '../wizards/front.ts'
import { appHandlers } from './handlers/app.ts'
import { auditHandlers } from './handlers/audit.ts'
import { ceremonyHandlers } from './handlers/ceremony.ts'
import { connectionsHandlers } from './handlers/connections.ts'
import { doctorHandlers } from './handlers/doctor.ts'
import { drillsHandlers } from './handlers/drills.ts'
import { escrowDrillHandlers } from './handlers/escrow-drill.ts'
import { escrowHandlers } from './handlers/escrow.ts'
import { keyringHandlers } from './handlers/keyring.ts'
import { keyringCustodyHandlers } from './handlers/keyring-custody.ts'
import { keysHandlers } from './handlers/keys.ts'
import { placesHandlers } from './handlers/places.ts'
import { printHandlers } from './handlers/print.ts'
import { rehearsalHandlers } from './handlers/rehearsal.ts'
import { runsHandlers } from './handlers/runs.ts'
import { secretsHandlers } from './handlers/secrets.ts'
import { tokenKeysOf } from './handlers/token-keys.ts'
import { hsmHandlers } from './handlers/hsm.ts'
import { settingsHandlers } from './handlers/settings.ts'
import { tablesHandlers } from './handlers/tables.ts'
import { wizardHandlers } from './handlers/wizard.ts'
import { printPages } from './print-pages.ts'
import { joinHandlers, type Handlers } from './router.ts'

/** Everything that the composition root made and handlers use. */
export interface HandlerParts {
  profile: Profile
  folder: string
  clock: Clock
  operator: Operator
  record: Record
  keyring: Keyring
  settings: JsonFile<Settings>
  connections: Connections
  places: PlaceStore
  drafts: Drafts
  servers: SqlServersOwner
  azure: AzureOwner
  hsms: Hsms
  tokens: HsmTargets
  modules: HsmModules
  inventory: Inventory
  readings: TokenReadings
  engine: Engine
  reader: FactReader
  fronts: JobFronts
  escrow: EscrowMeans
  ceremonies: Ceremonies
  rehearsal: Rehearsal | null
  picker: FolderPicker
  state(): AppState
  stateChanged(): void
  shell(): Shell | null
  openProfile(profile: Profile): Promise<void>
  lock(because: LockReason): Promise<void>
  autoLock: Pick<AutoLock, 'active' | 'look'>
}

export const handlersOf = (parts: HandlerParts): Handlers => {
  const { engine, connections, servers, azure, settings, record, keyring, places, clock, escrow } = parts
  const rehearsal = parts.profile === 'rehearsal'
  const runOn = (target: TargetId) =>
    engine.list().find(({ endedAt, targets }) => endedAt === null && targets.some(({ id }) => id === target))
  const testSqlServer = testOf({ clock, openCredential: servers.openCredential })
  const testToken = hsmTestOf({ hsms: parts.hsms, tokens: parts.tokens, clock })
  const assertFree = (target: TargetId): void => {
    const run = runOn(target)
    if (run)
      throw new KeyturnError('run-target-locked', { target: connections.get(target).name, holder: run.title })
  }
  const tokenKeys = tokenKeysOf({
    tokens: parts.tokens,
    readings: parts.readings,
    verdicts: parts.reader.verdicts,
    inventory: parts.inventory,
    connections,
    keyring,
    record,
    openKeys: () => parts.state().openKeys,
    runs: () => engine.list(),
    clock,
  })
  return joinHandlers(
    tokenKeys.handlers,
    appHandlers({
      state: parts.state,
      setScheme: async (scheme) => {
        await settings.update((before) => ({ ...before, scheme }))
        parts.stateChanged()
      },
      copy: async (text) => parts.shell()?.copyText(text),
      openProfile: parts.openProfile,
      active: () => parts.autoLock.active(),
    }),
    rehearsalHandlers({ rehearsal: parts.rehearsal, record, connections, servers }),
    keyringHandlers({ keyring, record, places, clock, rehearsal: parts.rehearsal, lock: parts.lock }),
    keyringCustodyHandlers({
      keyring,
      record,
      places,
      rehearsal: parts.rehearsal,
      undecidedRuns: () =>
        engine
          .list()
          .filter(({ endedAt }) => endedAt === null)
          .map(({ id }) => id),
    }),
    escrowDrillHandlers({ keyring, places, register: escrow.register }),
    secretsHandlers({ keyring, record, connections, drafts: parts.drafts, clock }),
    connectionsHandlers({
      connections,
      keyring,
      record,
      inventory: parts.inventory,
      clock,
      rehearsal,
      test: (connection) =>
        connection.kind === 'sqlserver'
          ? testSqlServer(connection)
          : connection.kind === 'hsm'
            ? testToken(connection)
            : azure.test(connection, { inUse: runOn(connection.id) !== undefined }),
      connect: async (target) => {
        const ref = refOf(connections.get(target))
        if (ref.kind === 'sqlserver') await servers.open(ref)
        else if (ref.kind === 'hsm') await (await parts.tokens.open(ref)).close()
        else await azure.connect(ref)
      },
      moduleOf: (id) => parts.modules.pinOf(id),
      drop: (target) => {
        azure.drop(target)
        parts.readings.forget(target)
        return servers.drop(target)
      },
      assertFree,
    }),
    hsmHandlers({
      hsms: parts.hsms,
      tokens: parts.tokens,
      modules: parts.modules,
      connections,
      keyring,
      record,
      rehearsal,
      assertFree,
    }),
    settingsHandlers({
      settings,
      record,
      dataFolder: parts.folder,
      autoLockChanged: () => {
        parts.autoLock.look()
        parts.stateChanged()
      },
    }),
    placesHandlers({
      places,
      picker: parts.picker,
      pickNatively: () => parts.shell()?.pickFolder ?? null,
      servers,
      connections,
      clock,
    }),
    wizardHandlers({
      fronts: parts.fronts,
      drafts: parts.drafts,
      engine,
      reader: parts.reader,
      connections,
      places,
      record,
      rehearsal,
    }),
    runsHandlers({ engine, places, record, rehearsal }),
    printHandlers({
      pages: printPages({
        engine,
        keyring,
        record,
        register: () => escrow.register,
        clock,
        rehearsal,
        operator: parts.operator.account,
      }),
      places,
      record,
      rehearsal,
      shell: parts.shell,
    }),
    tablesHandlers({
      settings,
      register: () => escrow.register,
      inventory: parts.inventory,
      connections,
      drafts: parts.drafts,
      keyring,
      record,
      places,
      clock,
      tokenKeys: tokenKeys.rows,
      rehearsal,
    }),
    keysHandlers({ inventory: parts.inventory, connections }),
    doctorHandlers({ reader: parts.reader, connections, keyring, record, places, rehearsal }),
    drillsHandlers({ record }),
    escrowHandlers({ escrow, record, places, clock }),
    ceremonyHandlers({ ceremonies: parts.ceremonies }),
    auditHandlers({ record, places, clock, operator: parts.operator, rehearsal }),
  )
}
