import { randomBytes, randomUUID } from 'node:crypto'
import {
  APPLICATIONS,
  GROUPS,
  HSMS,
  STORAGE,
  SUBSCRIPTION,
  TENANT,
  USER,
  VAULTS,
  type ApplicationKey,
} from './estate-ids.ts'
import { groupKey } from './arm/subscriptions.ts'
import { seedKeys } from './estate-keys.ts'
import { hashSecret } from './entra/prove-client.ts'
import { vaultArmId } from './keyvault/holder.ts'
import { roleNamed } from './rbac/roles.ts'
import { storageArmId, type ManagedHsm, type Vault } from './state/model.ts'
import type { World } from './world.ts'

const DAY_MS = 86_400_000
/** Days until the secret ends. */
const SECRET_DAYS: Record<ApplicationKey, number> = { operator: 300, reader: 300, ekm: 12 }
const GRAPH_ROLES: Record<ApplicationKey, readonly string[]> = {
  operator: ['Application.ReadWrite.All', 'Directory.Read.All'],
  reader: ['Directory.Read.All'],
  ekm: [],
}

/** A small company, as a person finds it: one vault in order, one with much to mend, two managed HSMs. */
export const seedEstate = (
  world: World,
  secrets: Record<ApplicationKey, string>,
  storageKeys: readonly [string, string],
): void =>
  world.store.change(() => {
    world.subscriptions.put({
      id: SUBSCRIPTION,
      displayName: 'ktr-subscription',
      state: 'Enabled',
      providers: [
        'Microsoft.KeyVault',
        'Microsoft.Authorization',
        'Microsoft.Resources',
        'Microsoft.Insights',
        'Microsoft.Storage',
      ],
    })
    for (const [name, location] of [
      [GROUPS.weu, 'westeurope'],
      [GROUPS.neu, 'northeurope'],
    ] as const)
      world.groups.put({
        id: groupKey(SUBSCRIPTION, name),
        subscription: SUBSCRIPTION,
        name,
        location,
        tags: { environment: 'rehearsal' },
        created: world.now() - 400 * DAY_MS,
      })
    seedDirectory(world, secrets)
    seedVaults(world)
    seedStorage(world, storageKeys)
    seedRoles(world)
    seedKeys(world)
  })

const seedDirectory = (world: World, secrets: Record<ApplicationKey, string>): void => {
  const now = world.now()
  for (const key of ['operator', 'reader', 'ekm'] as const) {
    const { name, appId, applicationId, objectId } = APPLICATIONS[key]
    const salt = randomBytes(16).toString('hex')
    const value = secrets[key]
    world.applications.put({
      id: applicationId,
      appId,
      displayName: name,
      created: now - 353 * DAY_MS,
      notes: null,
      tags: [],
      passwords: [
        {
          keyId: randomUUID(),
          displayName: 'seeded',
          hint: value.slice(0, 3),
          start: now - 353 * DAY_MS,
          end: now + SECRET_DAYS[key] * DAY_MS,
          usableFrom: 0,
          salt,
          hash: hashSecret(salt, value),
        },
      ],
      certificates: [],
    })
    world.principals.put({
      id: objectId,
      kind: 'application',
      displayName: name,
      appId,
      userPrincipalName: null,
      enabled: true,
      graphRoles: GRAPH_ROLES[key],
      sessionsValidFrom: 0,
      created: now - 353 * DAY_MS,
    })
  }
  world.principals.put({
    id: USER.objectId,
    kind: 'user',
    displayName: USER.name,
    appId: null,
    userPrincipalName: USER.userPrincipalName,
    enabled: true,
    graphRoles: ['Application.ReadWrite.All', 'Directory.Read.All'],
    sessionsValidFrom: 0,
    created: now - 900 * DAY_MS,
  })
}

/** In order, unless something else is said. */
export const seededVault = (world: World, name: string, said: Partial<Vault>): Vault => ({
  id: name,
  name,
  subscription: SUBSCRIPTION,
  group: GROUPS.weu,
  location: 'westeurope',
  tags: {},
  sku: 'premium',
  rbac: true,
  retentionDays: 90,
  purgeProtection: true,
  publicAccess: 'Enabled',
  network: null,
  accessPolicies: [],
  privateEndpoints: [],
  created: world.now() - 350 * DAY_MS,
  createdBy: APPLICATIONS.operator.objectId,
  resolvesAt: 0,
  deleted: null,
  ...said,
})

/** ARM id of a seeded vault of the first group. */
export const seededVaultId = (name: string): string =>
  vaultArmId({ subscription: SUBSCRIPTION, group: GROUPS.weu, name })

const seedVaults = (world: World): void => {
  const now = world.now()
  world.vaults.put(
    seededVault(world, VAULTS.good, {
      network: {
        bypass: 'AzureServices',
        defaultAction: 'Deny',
        ipRules: [{ value: `${world.settings().clientAddress}/32` }],
        virtualNetworkRules: [],
      },
    }),
  )
  world.vaults.put(
    seededVault(world, VAULTS.wrong, {
      group: GROUPS.neu,
      location: 'northeurope',
      sku: 'standard',
      rbac: false,
      retentionDays: 7,
      purgeProtection: false,
      accessPolicies: [
        policy(APPLICATIONS.operator.objectId, ['get', 'list', 'create', 'update', 'import', 'delete']),
        policy(USER.objectId, ['all']),
        // More than EKM needs: it could delete and purge what it depends on.
        policy(APPLICATIONS.ekm.objectId, ['all', 'purge']),
      ],
    }),
  )
  world.vaults.put(
    seededVault(world, VAULTS.gone, {
      purgeProtection: false,
      deleted: { at: now - 20 * DAY_MS, purgeAt: now + 70 * DAY_MS },
    }),
  )
  const goodId = seededVaultId(VAULTS.good).toLowerCase()
  world.locks.put({
    id: `${goodId}/providers/microsoft.authorization/locks/ktr-no-delete`,
    scope: goodId,
    name: 'ktr-no-delete',
    level: 'CanNotDelete',
    notes: 'Keys of this vault open databases and backups.',
  })
  world.diagnostics.put({
    id: `${goodId}/providers/microsoft.insights/diagnosticsettings/ktr-audit`,
    scope: goodId,
    name: 'ktr-audit',
    properties: {
      workspaceId: `${groupKey(SUBSCRIPTION, GROUPS.weu)}/providers/microsoft.operationalinsights/workspaces/ktr-logs`,
      logs: [{ category: 'AuditEvent', enabled: true }],
      metrics: [],
    },
  })
  const hsm = (name: string, activated: boolean): ManagedHsm => ({
    id: name,
    name,
    subscription: SUBSCRIPTION,
    group: GROUPS.weu,
    location: 'westeurope',
    tags: {},
    activated,
    retentionDays: 90,
    purgeProtection: true,
    publicAccess: 'Enabled',
    network: null,
    initialAdmins: [APPLICATIONS.operator.objectId],
    created: now - 200 * DAY_MS,
  })
  world.hsms.put(hsm(HSMS.active, true))
  world.hsms.put(hsm(HSMS.inactive, false))
}

/** Its container is made in Azurite at the first use of storage. */
const seedStorage = (world: World, [key1, key2]: readonly [string, string]): void => {
  const created = world.now() - 300 * DAY_MS
  const { account, container } = STORAGE
  world.storageAccounts.put({
    id: account,
    name: account,
    subscription: SUBSCRIPTION,
    group: GROUPS.weu,
    location: 'westeurope',
    tags: {},
    kind: 'StorageV2',
    sku: 'Standard_GRS',
    accessTier: 'Hot',
    minimumTls: 'TLS1_2',
    blobPublicAccess: false,
    sharedKeyAccess: true,
    httpsOnly: true,
    publicAccess: 'Enabled',
    network: null,
    versioning: false,
    softDeleteDays: null,
    keys: [
      { name: 'key1', value: key1, created },
      { name: 'key2', value: key2, created },
    ],
    created,
    createdBy: APPLICATIONS.operator.objectId,
  })
  world.storageContainers.put({
    id: `${account}/${container}`,
    account,
    name: container,
    made: false,
    immutability: null,
  })
}

const policy = (objectId: string, keys: string[]): Vault['accessPolicies'][number] => ({
  tenantId: TENANT.id,
  objectId,
  permissions: { keys, secrets: [], certificates: [] },
})

const seedRoles = (world: World): void => {
  const { operator, reader, ekm } = APPLICATIONS
  const subscription = `/subscriptions/${SUBSCRIPTION}`
  const storage = storageArmId({ subscription: SUBSCRIPTION, group: GROUPS.weu, name: STORAGE.account })
  const good = seededVaultId(VAULTS.good)
  const hsm = `hsm:${HSMS.active}/`
  const grants: readonly (readonly [string, string, string])[] = [
    ...[operator.objectId, USER.objectId].flatMap((id) => [
      [id, 'Owner', subscription] as const,
      [id, 'Key Vault Crypto Officer', good] as const,
      [id, 'Storage Blob Data Contributor', storage] as const,
      [id, 'Managed HSM Administrator', hsm] as const,
      [id, 'Managed HSM Crypto Officer', hsm] as const,
      [id, 'Managed HSM Crypto User', hsm] as const,
    ]),
    [reader.objectId, 'Reader', subscription],
    [ekm.objectId, 'Key Vault Crypto Service Encryption User', good],
    [ekm.objectId, 'Managed HSM Crypto Service Encryption User', `${hsm}keys`],
  ]
  for (const [principalId, role, scope] of grants) putAssignment(world, principalId, roleNamed(role), scope)
}

/** In force at once. Inside a change. */
export const putAssignment = (world: World, principalId: string, role: string, scope: string): void => {
  const name = randomUUID()
  const shownScope = scope.startsWith('hsm:') ? scope.slice(scope.indexOf('/')) : scope
  world.assignments.put({
    id: `${scope.toLowerCase()}|${name}`,
    name,
    scope: scope.toLowerCase(),
    scopeShown: shownScope,
    role,
    principalId,
    principalType: world.principals.get(principalId)?.kind === 'user' ? 'User' : 'ServicePrincipal',
    created: world.now(),
    createdBy: APPLICATIONS.operator.objectId,
    from: 0,
    until: null,
  })
}
