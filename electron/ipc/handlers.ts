import type { AppState } from '../../shared/ipc/schemas.ts'
import type { Engine } from '../engine/engine.ts'
import type { FactReader } from '../engine/contract.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Clock } from '../ports/clock.ts'
import type { Keyring } from '../ports/keyring.ts'
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
import type { SqlServersOwner } from '../targets/sqlserver/servers.ts'
import { testOf } from '../targets/sqlserver/test.ts'
import type { JobFronts } from '../wizards/front.ts'
import { appHandlers } from './handlers/app.ts'
import { auditHandlers } from './handlers/audit.ts'
import { connectionsHandlers } from './handlers/connections.ts'
import { drillsHandlers } from './handlers/drills.ts'
import { keyringHandlers } from './handlers/keyring.ts'
import { keysHandlers } from './handlers/keys.ts'
import { placesHandlers } from './handlers/places.ts'
import { rehearsalHandlers } from './handlers/rehearsal.ts'
import { runsHandlers } from './handlers/runs.ts'
import { settingsHandlers } from './handlers/settings.ts'
import { wizardHandlers } from './handlers/wizard.ts'
import { joinHandlers, type Handlers } from './router.ts'

/** Everything that the composition root made and handlers use. */
export interface HandlerParts {
  profile: Profile
  folder: string
  clock: Clock
  record: Record
  keyring: Keyring
  settings: JsonFile<Settings>
  connections: Connections
  places: PlaceStore
  drafts: Drafts
  servers: SqlServersOwner
  inventory: Inventory
  engine: Engine
  reader: FactReader
  fronts: JobFronts
  rehearsal: Rehearsal | null
  picker: FolderPicker
  state(): AppState
  stateChanged(): void
  shell(): Shell | null
  openProfile(profile: Profile): Promise<void>
}

export const handlersOf = (parts: HandlerParts): Handlers => {
  const { engine, connections, servers, settings, record, keyring, places, clock } = parts
  const rehearsal = parts.profile === 'rehearsal'
  const heldTargets = (): Set<string> =>
    new Set(
      engine
        .list()
        .filter(({ endedAt }) => endedAt === null)
        .flatMap(({ targets }) => targets.map(({ id }) => id)),
    )
  return joinHandlers(
    appHandlers({
      state: parts.state,
      setScheme: async (scheme) => {
        await settings.update((before) => ({ ...before, scheme }))
        parts.stateChanged()
      },
      copy: async (text) => parts.shell()?.copyText(text),
      openProfile: parts.openProfile,
    }),
    rehearsalHandlers({ rehearsal: parts.rehearsal, record, connections, servers }),
    keyringHandlers({
      keyring,
      record,
      places,
      runsGoOn: () => heldTargets().size > 0,
      onLock: async () => {
        const held = heldTargets()
        const free = connections.list().filter(({ id }) => !held.has(id))
        await Promise.all(free.map(({ id }) => servers.drop(id)))
      },
    }),
    connectionsHandlers({
      connections,
      keyring,
      record,
      inventory: parts.inventory,
      clock,
      rehearsal,
      test: testOf({ clock, openCredential: servers.openCredential }),
      connect: async (target) => void (await servers.open(refOf(connections.get(target)))),
      drop: (target) => servers.drop(target),
      assertFree: (target) => {
        const run = engine
          .list()
          .find(({ endedAt, targets }) => endedAt === null && targets.some(({ id }) => id === target))
        if (run)
          throw new KeyturnError('run-target-locked', {
            target: connections.get(target).name,
            holder: run.title,
          })
      },
    }),
    settingsHandlers({ settings, record, dataFolder: parts.folder }),
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
    keysHandlers({ inventory: parts.inventory, connections }),
    drillsHandlers({ record }),
    auditHandlers({ record }),
  )
}
