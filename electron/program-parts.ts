import { userInfo } from 'node:os'
import type { ChannelName } from '../shared/ipc/contract.ts'
import type { AppState } from '../shared/ipc/schemas.ts'
import type { TargetId } from '../shared/model/ids.ts'
import type { Operator } from '../shared/model/record.ts'
import type { Environment } from '../shared/model/target.ts'
import type { Engine } from './engine/engine.ts'
import { openEscrow, type EscrowMeans } from './escrow/means.ts'
import type { EscrowRegister } from './escrow/register.ts'
import { findCopies } from './inventory/key-copies.ts'
import type { AzurePorts } from './ports/azure.ts'
import type { Keyring } from './ports/keyring.ts'
import type { SqlServers } from './ports/sql-server.ts'
import type { Verdicts } from './ports/verdicts.ts'
import { signsInByCode } from './profile/sign-in-by-code.ts'
import { refOf } from './profile/target-ref.ts'
import { readKeyPlaces } from './wizards/sqlserver/read-ekm.ts'
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

/** What has to be known of a connection before it is asked for its keys. */
export const sourceRules = (connections: Pick<Connections, 'list'>) => ({
  signsInByCode: signsInByCode(connections),
  /** Null: that connection is no vault. */
  vaultHost: (id: TargetId): string | null => {
    const connection = connections.list().find((one) => one.id === id)
    return connection?.kind === 'keyvault' ? connection.host : null
  },
})

/** Where copies of tokens’ keys are looked for: everything that is connected at the moment of asking. */
export const copiesFinder =
  (
    connections: Pick<Connections, 'list'>,
    servers: SqlServers,
    azure: AzurePorts,
    register: EscrowRegister,
  ): Verdicts['copies'] =>
  () =>
    findCopies({
      azure,
      targets: () => connections.list().map(refOf),
      ...sourceRules(connections),
      serverKeys: async (server, hosts) => readKeyPlaces(await servers.open(server), hosts),
      register,
    })

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
