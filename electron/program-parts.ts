import { userInfo } from 'node:os'
import type { ChannelName } from '../shared/ipc/contract.ts'
import type { AppState } from '../shared/ipc/schemas.ts'
import type { TargetId } from '../shared/model/ids.ts'
import type { Operator } from '../shared/model/record.ts'
import type { Environment } from '../shared/model/target.ts'
import type { Engine } from './engine/engine.ts'
import { openEscrow, type EscrowMeans } from './escrow/means.ts'
import type { Keyring } from './ports/keyring.ts'
import type { Connections } from './profile/connections.ts'
import type { PlaceStore } from './profile/places.ts'
import type { Profile } from './platform/paths.ts'
import { countersigningKey } from './record/countersign.ts'
import type { Record } from './record/record.ts'

/** What the first page needs to show its doors and to open a rehearsal. */
export const harmlessChannels = new Set<ChannelName>(['app.state', 'app.setScheme', 'app.openRehearsal'])

/** The account that Keyturn runs under. */
export const operatorOfThisProcess = (): Operator => {
  const { username } = userInfo()
  return { account: username, name: username }
}

/** Of the targets of a profile; none: `none`. */
export const mostDangerous = (environments: readonly Environment[]): AppState['environment'] =>
  (['production', 'test', 'rehearsal'] as const).find((one) => environments.includes(one)) ?? 'none'

interface EscrowParts {
  folder: string
  record: Record
  keyring: Keyring
  places: PlaceStore
}

/** The profile’s escrow. Errors: those of its register. */
export const escrowOf = (
  { profile, version }: { profile: Profile; version: string },
  { folder, record, keyring, places }: EscrowParts,
): Promise<EscrowMeans> =>
  openEscrow(
    folder,
    { key: () => countersigningKey(record, keyring), known: () => record.countersigners() },
    {
      program: version,
      environment: profile === 'rehearsal' ? 'rehearsal' : 'production',
      placeOf: (label) => places.find(label),
    },
  )

/** Those that hold a sign-in to Azure. */
export const azureTargetsOf = (connections: Pick<Connections, 'list'>): TargetId[] =>
  connections
    .list()
    .filter(({ kind }) => kind === 'azure' || kind === 'keyvault')
    .map(({ id }) => id)

/** Null: that connection is no vault. */
export const vaultHostOf = (connections: Pick<Connections, 'list'>, id: TargetId): string | null => {
  const connection = connections.list().find((one) => one.id === id)
  return connection?.kind === 'keyvault' ? connection.host : null
}

const underWay = new Set(['running', 'stopping', 'undoing'])

/** Resolves when no run is under way. */
export const untilIdle = (engine: Engine): Promise<void> =>
  new Promise((resolve) => {
    const isIdle = (): boolean => !engine.list().some(({ state }) => underWay.has(state))
    if (isIdle()) return resolve()
    const off = engine.events.on('run-changed', () => {
      if (!isIdle()) return
      off()
      resolve()
    })
  })
