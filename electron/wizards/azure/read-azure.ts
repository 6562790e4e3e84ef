import { problemOf } from '../../../shared/errors/problem.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { AzureControl, ManagedHsmState, VaultSettings } from '../../ports/azure-control.ts'
import type { Directory } from '../../ports/directory.ts'
import type { KeyVault } from '../../ports/key-vault.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type {
  ApplicationFacts,
  AssignmentsAt,
  AzureFacts,
  KeyFacts,
  RightsAt,
  VaultFacts,
} from './facts-model.ts'

/** Only the id counts: name and environment come back from the connection itself. */
export const azureRef = (answer: unknown): TargetRef => {
  const id = asTargetId(String(answer ?? ''))
  return { id, kind: 'azure', name: id, environment: 'production' }
}

export type AzurePart = <Value>(source: string, read: () => Promise<Value>) => Promise<Read<Value>>

const noRight = new Set([
  'azure-no-permission',
  'directory-no-permission',
  'vault-no-permission',
  'vault-no-policy',
])

/** A refused read is an answer; a service that is gone or not itself is not, and ends the reading. */
export const azurePart =
  (target: TargetRef, now: () => string): AzurePart =>
  async (what, read) => {
    const source = `${target.name}, ${what}`
    try {
      return { read: true, value: await read(), source, at: now() }
    } catch (error) {
      const problem = problemOf(error)
      const isAnswer =
        problem.kind === 'refused' || problem.kind === 'unreachable' || problem.code === 'azure-too-much'
      if (!isAnswer) throw error
      const because = noRight.has(problem.code)
        ? 'no right to read it with this sign-in'
        : `not read: ${problem.title}`
      return { read: false, because, source, at: now() }
    }
  }

/** Reads what any job in a subscription stands on; changes nothing. The parts are asked for at the same time. */
export const readAzureFacts = async (
  control: AzureControl,
  { clock, plannedAt }: Pick<PlanReader, 'clock' | 'plannedAt'>,
): Promise<AzureFacts> => {
  const now = (): string => clock.now().toISOString()
  const part = azurePart(control.ref, now)
  const readAt = now()
  const [subscriptions, regions, groups, vaults, managedHsms, deletedVaults] = await Promise.all([
    part('subscriptions', () => control.subscriptions()),
    part('locations', () => control.regions()),
    part('resource groups', () => control.resourceGroups()),
    part('key vaults', () => control.vaults()),
    part('managed HSMs', () => control.managedHsms()),
    part('deleted key vaults', () => control.deletedVaults()),
  ])
  return {
    target: control.ref,
    identity: control.identity,
    cloud: control.cloud,
    principal: control.principal,
    plannedAt: plannedAt.toISOString(),
    readAt,
    subscriptions,
    regions,
    groups,
    vaults,
    managedHsms,
    deletedVaults,
  }
}

/** A vault as far as its settings and the signed-in principal's rights let it be read. */
export const readVault = async (
  control: AzureControl,
  found: VaultSettings | ManagedHsmState,
  openVault: (host: string) => Promise<KeyVault>,
  part: AzurePart,
): Promise<VaultFacts> => {
  const settings = 'rights' in found ? found : null
  const { id, name, host } = found
  const [locks, diagnostics, keys] = await Promise.all([
    part(`locks of ${name}`, () => control.locks(id)),
    part(`diagnostic settings of ${name}`, () => control.diagnosticSettings(id)),
    part(`keys of ${name}`, async () => {
      const vault = await openVault(host)
      return vault.keys().finally(() => vault.close())
    }),
  ])
  return {
    service: settings === null ? 'managed-hsm' : 'vault',
    id,
    name,
    host,
    settings,
    locks,
    diagnostics,
    keys,
  }
}

export const readKey = async (
  host: string,
  name: string,
  openVault: (host: string) => Promise<KeyVault>,
  part: AzurePart,
): Promise<Read<KeyFacts>> =>
  part(`key ${name} of ${host}`, async () => {
    const vault = await openVault(host)
    try {
      const key = await vault.key(name)
      return { name, key, deleted: key === null ? await vault.deletedKey(name) : null }
    } finally {
      await vault.close()
    }
  })

export const readApplication = (
  openDirectory: () => Promise<Directory>,
  clientId: string,
  part: AzurePart,
): Promise<Read<ApplicationFacts | null>> =>
  part(`application ${clientId}`, async () => {
    const directory = await openDirectory()
    const application = await directory.application(clientId)
    return application === null
      ? null
      : { application, servicePrincipal: await directory.servicePrincipal(clientId) }
  })

export const readRights = async (
  control: AzureControl,
  scope: string,
  part: AzurePart,
): Promise<RightsAt> => ({
  scope,
  permissions: await part(`permissions at ${scope}`, () => control.ownPermissions(scope)),
})

export const readAssignments = async (
  control: AzureControl,
  scope: string,
  principalId: string,
  part: AzurePart,
): Promise<AssignmentsAt> => ({
  scope,
  principalId,
  assignments: await part(`role assignments at ${scope}`, () => control.roleAssignments(scope, principalId)),
})
