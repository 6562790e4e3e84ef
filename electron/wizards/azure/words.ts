import type { AzurePrincipal } from '../../../shared/model/azure.ts'
import type { ManagedHsmState, VaultNetwork, VaultRights, VaultSettings } from '../../ports/azure-control.ts'
import type { DirectoryApplication } from '../../ports/directory.ts'
import type { VaultKeyFacts } from '../../ports/key-vault.ts'
import { dayIn } from './key-rules.ts'

export const principalText = ({ name, objectId, kind }: AzurePrincipal): string =>
  name === null ? `${kind === 'user' ? 'user' : 'service'} ${objectId}` : `${name} (${objectId})`

export const rightsText = (rights: VaultRights): string =>
  rights === 'roles' ? 'roles (Azure RBAC)' : 'access policies'

export const networkText = ({
  publicAccess,
  otherwise,
  addresses,
  subnets,
  trustedServices,
}: VaultNetwork): string => {
  const trusted = trustedServices ? 'trusted services let in' : 'trusted services kept out'
  if (!publicAccess) return `private endpoints only; ${trusted}`
  if (otherwise === 'allow') return 'every network'
  return `${addresses.length} addresses and ${subnets.length} subnets; ${trusted}`
}

export const sameNetwork = (one: VaultNetwork, other: VaultNetwork): boolean =>
  one.publicAccess === other.publicAccess &&
  one.otherwise === other.otherwise &&
  // With every network let in, the rules and exceptions do nothing.
  (one.publicAccess && one.otherwise === 'allow'
    ? true
    : one.trustedServices === other.trustedServices &&
      sameSet(one.addresses.map(withoutSingle), other.addresses.map(withoutSingle)) &&
      sameSet(
        one.subnets.map((id) => id.toLowerCase()),
        other.subnets.map((id) => id.toLowerCase()),
      ))

/** Azure gives one address back as a range of one. */
const withoutSingle = (address: string): string => address.replace(/\/32$/, '')

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  new Set(one).size === new Set(other).size && one.every((item) => other.includes(item))

export const retentionText = ({ softDelete, retentionDays, purgeProtection }: VaultSettings): string =>
  softDelete
    ? `${retentionDays ?? 'not said'} days, purge protection ${purgeProtection ? 'on' : 'off'}`
    : 'soft delete off'

export const keyText = ({ enabled, expires }: VaultKeyFacts): string =>
  [enabled ? 'enabled' : 'disabled', expires === null ? 'no expiry' : `expires ${dayIn(expires)}`].join(', ')

/** What keeps a managed HSM from taking keys; null: nothing. */
export const hsmRefusal = ({ activation, provisioning, statusMessage }: ManagedHsmState): string | null => {
  if (provisioning !== null && !/^(succeeded|activated)$/i.test(provisioning) && activation !== 'active') {
    return `Azure says ${provisioning}${statusMessage === null ? '' : `: ${statusMessage}`}`
  }
  switch (activation) {
    case 'active':
      return null
    case 'not-activated':
      return 'not activated: one of its administrators has to download its security domain first (at least 3 RSA keys, a quorum of 2 or more)'
    case 'failed':
      return `its activation failed${statusMessage === null ? '' : `: ${statusMessage}`}`
    case 'not-read':
      return 'whether it is activated was not read'
  }
}

/** `https://host/keys/name` without the scheme: what a person recognizes. */
export const keyAt = (host: string, key: string): string => `${host}, key ${key}`

/** Where a backup of a key of this vault can be restored. */
export const backupOpensIn = (service: 'vault' | 'managed-hsm'): string =>
  service === 'vault'
    ? 'a vault of the same subscription and geography'
    : 'a managed HSM with the same security domain'

export const sameId = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** True where `scope` is `place` itself or something above it: what is given there holds at `place`. */
export const holdsAt = (scope: string, place: string): boolean =>
  scope === '/' || sameId(scope, place) || place.toLowerCase().startsWith(`${scope.toLowerCase()}/`)

/** Secrets of an application by name (or first characters) with their ends; no value is ever known. */
export const secretsText = ({ secrets }: DirectoryApplication): string =>
  secrets
    .map(({ name, hint, expires }) => `${name || `${hint}…`} until ${expires?.slice(0, 10) ?? 'not said'}`)
    .join(', ') || 'none'
