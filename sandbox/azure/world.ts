import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { makeFaults, type Faults } from './faults.ts'
import type { Service } from './hosts.ts'
import { DEFAULT_SETTINGS, Settings } from './settings.ts'
import type {
  Application,
  AuditEntry,
  DiagnosticSetting,
  Key,
  Lock,
  ManagedHsm,
  OwnKey,
  Principal,
  ResourceGroup,
  RoleAssignment,
  StorageAccount,
  StorageContainer,
  Subscription,
  Vault,
} from './state/model.ts'
import type { Collection, Store } from './state/store.ts'

export interface Tenant {
  id: string
  name: string
  domain: string
}

/** Everything that the services share. */
export interface World {
  readonly tenant: Tenant
  readonly store: Store
  readonly applications: Collection<Application>
  readonly principals: Collection<Principal>
  readonly subscriptions: Collection<Subscription>
  readonly groups: Collection<ResourceGroup>
  readonly vaults: Collection<Vault>
  readonly hsms: Collection<ManagedHsm>
  readonly assignments: Collection<RoleAssignment>
  readonly locks: Collection<Lock>
  readonly diagnostics: Collection<DiagnosticSetting>
  readonly keys: Collection<Key>
  readonly storageAccounts: Collection<StorageAccount>
  readonly storageContainers: Collection<StorageContainer>
  readonly faults: Faults
  settings(): Settings
  set(change: Partial<Settings>): void
  /** Milliseconds since 1970 on the estate's clock, which orders can move by days; with the skew of a service. */
  now(service?: Service): number
  /** The clock of a service as its clients meet it, in tokens and Date headers: days that were let pass do not count. */
  wireNow(service?: Service): number
  /** A key pair of the simulator's own, made at its first use. */
  ownKey(id: string): Promise<KeyObject>
  /**
   * Adds to the log of the data plane. Written to disk within a second, when somebody asks for the log, and at the end:
   * requests stay fast, a kill may lose the last ones. Does nothing after the end, which a request may outlive.
   */
  note(entry: Omit<AuditEntry, 'id'>): void
  /** Oldest first; ids grow in this order, whatever the clock did meanwhile. */
  auditEntries(): AuditEntry[]
  close(): void
}

const makePair = promisify(generateKeyPair)

export const newRsaKey = async (bits: number): Promise<KeyObject> =>
  (await makePair('rsa', { modulusLength: bits })).privateKey

const SETTINGS_ID = 'settings'
/** Older entries of the log go. */
const MOST_AUDIT_ENTRIES = 20_000

export const makeWorld = (store: Store, tenant: Tenant, initial: Partial<Settings>): World => {
  const kept = store.collection<{ id: string; settings: Settings }>('settings')
  const ownKeys = store.collection<OwnKey>('own-key')
  const audit = store.collection<AuditEntry>('audit')
  const opened = new Map<string, Promise<KeyObject>>()
  const settings = (): Settings => kept.get(SETTINGS_ID)?.settings ?? { ...DEFAULT_SETTINGS, ...initial }
  let waiting: AuditEntry[] = []
  let lastEntry = Number.parseInt(audit.all().at(-1)?.id ?? '0', 10)
  let timer: NodeJS.Timeout | undefined
  let ended = false
  const writeAudit = (): void => {
    clearTimeout(timer)
    timer = undefined
    const entries = waiting
    waiting = []
    if (entries.length === 0) return
    store.change(() => {
      for (const entry of entries) audit.put(entry)
      const all = audit.all()
      for (const { id } of all.slice(0, Math.max(0, all.length - MOST_AUDIT_ENTRIES))) audit.delete(id)
    })
  }
  return {
    tenant,
    store,
    applications: store.collection('application'),
    principals: store.collection('principal'),
    subscriptions: store.collection('subscription'),
    groups: store.collection('resource-group'),
    vaults: store.collection('vault'),
    hsms: store.collection('managed-hsm'),
    assignments: store.collection('role-assignment'),
    locks: store.collection('lock'),
    diagnostics: store.collection('diagnostic-setting'),
    keys: store.collection('key'),
    storageAccounts: store.collection('storage-account'),
    storageContainers: store.collection('storage-container'),
    faults: makeFaults(),
    settings,
    set: (change) => {
      const next = Settings.parse({ ...settings(), ...change })
      store.change(() => kept.put({ id: SETTINGS_ID, settings: next }))
    },
    now: (service) => Date.now() + settings().clockOffsetMs + skewOf(settings(), service),
    wireNow: (service) => Date.now() + skewOf(settings(), service),
    ownKey: (id) => {
      const known = opened.get(id)
      if (known) return known
      const made = openOwnKey(store, ownKeys, id)
      opened.set(id, made)
      return made
    },
    note: (entry) => {
      if (ended) return
      lastEntry += 1
      waiting.push({ id: String(lastEntry).padStart(15, '0'), ...entry })
      timer ??= setTimeout(writeAudit, 1000).unref()
    },
    auditEntries: () => {
      writeAudit()
      return audit.all()
    },
    close: () => {
      ended = true
      writeAudit()
      store.close()
    },
  }
}

const skewOf = ({ skewMs }: Settings, service: Service | undefined): number => {
  if (service === 'entra') return skewMs.entra
  if (service === 'vault' || service === 'hsm') return skewMs.vault
  return service === 'arm' ? skewMs.arm : 0
}

const openOwnKey = async (store: Store, ownKeys: Collection<OwnKey>, id: string): Promise<KeyObject> => {
  const kept = ownKeys.get(id)
  if (kept) return createPrivateKey({ key: Buffer.from(kept.pkcs8, 'base64'), format: 'der', type: 'pkcs8' })
  const key = await newRsaKey(2048)
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  store.change(() => ownKeys.put({ id, pkcs8 }))
  return key
}
