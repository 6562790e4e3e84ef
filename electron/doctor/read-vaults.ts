import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import { vaultPlaceOf } from '../../shared/model/azure.ts'
import type { AzureConnection, Connection, TargetRef } from '../../shared/model/target.ts'
import type { AzureControl, VaultSettings } from '../ports/azure-control.ts'
import type { KeyVault } from '../ports/key-vault.ts'
import type { Read } from '../wizards/sqlserver/facts-model.ts'
import type { DoctorFacts, PlacedKey, VaultSide } from './facts-model.ts'
import { keyAddressOf, placeOf, vaultHostsOf } from './places.ts'
import { keysOf } from './of-connector.ts'
import type { DoctorPorts, DoctorWish } from './ports.ts'
import { applicationReader } from './read-applications.ts'

/** A subscription that a person connected, or why it did not answer. */
interface Opened {
  ref: TargetRef
  control: AzureControl | null
  vaults: readonly VaultSettings[]
  because: string | null
  /** It was not even asked: a person would have to enter a code first. Its vaults are not, either. */
  waits: boolean
}

type Reader = <Value>(source: string, read: () => Promise<Value>) => Promise<Read<Value>>

/** What the vaults have that the server names, as far as connections lead there. */
export const readVaults = async (
  ports: DoctorPorts,
  wish: DoctorWish,
  facts: Pick<DoctorFacts, 'ekm' | 'host'>,
): Promise<VaultSide[]> => {
  const hosts = vaultHostsOf(facts)
  if (hosts.length === 0) return []
  const opened: Opened[] = []
  for (const connection of ports.connections())
    if (connection.kind === 'azure') opened.push(await openSubscription(ports, wish, connection))
  const sides: VaultSide[] = []
  for (const host of hosts) sides.push(await readSide(ports, wish, facts, opened, host))
  return sides
}

const openSubscription = async (
  { azure, signsInByCode }: DoctorPorts,
  { again }: DoctorWish,
  { id, kind, name, environment }: AzureConnection,
): Promise<Opened> => {
  const ref: TargetRef = { id, kind, name, environment }
  const silent = { ref, control: null, vaults: [] }
  if (!again && signsInByCode(id)) {
    const { problem } = new KeyturnError('azure-sign-in-waits', { target: name })
    return { ...silent, because: problem.title, waits: true }
  }
  try {
    const control = await azure.controls.open(ref)
    return { ref, control, vaults: await control.vaults(), because: null, waits: false }
  } catch (error) {
    return { ...silent, because: problemOf(error).title, waits: false }
  }
}

const partReader =
  (ports: DoctorPorts, name: string): Reader =>
  async (what, read) => {
    const source = `${name}, ${what}`
    try {
      return { read: true, value: await read(), source, at: ports.clock.now().toISOString() }
    } catch (error) {
      // Each part of Azure is looked at for itself: one that does not answer takes no other away.
      return { read: false, because: problemOf(error).title, source, at: ports.clock.now().toISOString() }
    }
  }

const readSide = async (
  ports: DoctorPorts,
  wish: DoctorWish,
  facts: Pick<DoctorFacts, 'ekm' | 'host'>,
  opened: readonly Opened[],
  host: string,
): Promise<VaultSide> => {
  const way = wayTo(host, opened, ports.connections())
  if (typeof way === 'string') {
    const unread = { read: false, because: way, source: 'Keyturn', at: '' } as const
    return {
      host,
      settings: unread,
      clock: unread,
      keys: placedIn(facts, host).map((key) => ({ ...key, key: unread, applications: unread })),
    }
  }
  const { ref, control, settings, open } = way
  const part = partReader(ports, vaultPlaceOf(host)?.name ?? host)
  const applications = applicationReader(ports, wish, { ref, control, settings, host })
  const keys: PlacedKey[] = []
  let vault: Promise<KeyVault> | null = null
  const opening = (): Promise<KeyVault> => (vault ??= open(ports))
  for (const key of placedIn(facts, host)) {
    keys.push({
      ...key,
      key: await part(`key ${key.name}`, async () =>
        (await opening()).key(key.name, ...(key.version === null ? [] : [key.version])),
      ),
      applications: await part(`who may use ${key.name}`, () => applications(key)),
    })
  }
  await (vault as Promise<KeyVault> | null)?.then((one) => one.close()).catch(() => undefined)
  return {
    host,
    settings: await part('settings', async () => settings),
    clock: await part('Date of an answer', () => ports.azure.vaults.clockOf(ref, host)),
    keys,
  }
}

interface Way {
  ref: TargetRef
  control: AzureControl | null
  settings: VaultSettings | null
  open(ports: DoctorPorts): Promise<KeyVault>
}

/** The subscription that has the vault, else a connection of the vault itself; a sentence where there is neither. */
const wayTo = (host: string, opened: readonly Opened[], connections: readonly Connection[]): Way | string => {
  for (const { ref, control, vaults } of opened) {
    const settings = vaults.find((one) => one.host.toLowerCase() === host)
    if (settings !== undefined)
      return { ref, control, settings, open: ({ azure }) => azure.vaults.at(ref, host) }
  }
  const own = connections.find((one) => one.kind === 'keyvault' && one.host.toLowerCase() === host)
  if (own?.kind === 'keyvault') {
    const { id, kind, name, environment } = own
    const through = opened.find(({ ref }) => ref.id === own.azure)
    if (through !== undefined && !through.waits)
      return {
        ref: through.ref,
        control: null,
        settings: null,
        open: ({ azure }) => azure.vaults.open({ id, kind, name, environment }),
      }
  }
  const silent = opened.filter(({ because }) => because !== null)
  return silent.length > 0
    ? `no connected subscription shows ${host}; ${silent.map(({ ref, because }) => `${ref.name}: ${because ?? ''}`).join('; ')}`
    : `no connected subscription and no connected vault is ${host}`
}

type Placed = Omit<PlacedKey, 'key' | 'applications'>

const placedIn = ({ ekm, host: windows }: Pick<DoctorFacts, 'ekm' | 'host'>, host: string): Placed[] => {
  const keys = keysOf(ekm)
  return !keys.read
    ? []
    : keys.value.flatMap((key) => {
        const place = placeOf(key, windows)
        const uri = place.read ? place.value : null
        const address = uri === null ? null : keyAddressOf(uri)
        if (uri === null || address === null || address.host !== host) return []
        const { name, version } = address
        return [{ serverKey: key.name, thumbprint: key.thumbprint, uri, name, version }]
      })
}
