import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { Blocker } from '../../../shared/model/plan.ts'
import { permits, rightsFor } from '../azure/roles.ts'
import { hsmRefusal, sameId } from '../azure/words.ts'
import { sideOf } from '../escrow/azure-side.ts'
import type { VaultSide } from '../escrow/read-vault-keys.ts'
import type { Facts } from './facts-model.ts'
import { mostVersions, versionsOf } from './vault-items.ts'

const block = (what: string, measured: string, limit: string): Blocker => ({
  what,
  measured,
  limit,
  screen: 'keys',
})

/** Why backups of the chosen keys can’t be taken. That Azure did not answer is said once, elsewhere. */
export const vaultKeyBlockers = (draft: EscrowExportDraft, { azure }: Facts): Blocker[] => {
  const side = sideOf(azure)
  if (draft.vaultKeys.length === 0 || side === null) return []
  const { vault } = side
  if (vault === null)
    return [
      block(
        `The vault ${draft.vault} is not visible with this sign-in`,
        side.vaults.read ? `${side.vaults.value.length} vaults of the subscription are` : side.vaults.because,
        'A vault or managed HSM of the subscription',
      ),
    ]
  const inactive = vault.hsm === null ? null : hsmRefusal(vault.hsm)
  if (inactive !== null)
    return [block(`The managed HSM ${vault.name} gives no keys`, inactive, 'An activated managed HSM')]
  return [...rightBlockers(vault, side.principal.objectId), ...keyBlockers(draft, vault)]
}

/** What a managed HSM gives is not told by Azure Resource Manager: its own answer counts then. */
const rightBlockers = ({ name, settings, rights }: VaultSide, principal: string): Blocker[] => {
  const { backUpKeys } = rightsFor
  if (rights?.read === true && !permits(rights.value, backUpKeys))
    return [
      block(
        `This sign-in may not take backups of keys of ${name}`,
        `its roles do not hold ${backUpKeys.action}`,
        `${backUpKeys.helps} on the vault`,
      ),
    ]
  if (settings?.rights !== 'access-policies') return []
  const own = settings.accessPolicies.find(({ objectId }) => sameId(objectId, principal))
  return own?.keys.some((key) => ['backup', 'all'].includes(key.toLowerCase())) === false
    ? [
        block(
          `This sign-in may not take backups of keys of ${name}`,
          `its access policy holds ${own.keys.join(', ') || 'nothing for keys'}`,
          'An access policy with the right “backup” for keys',
        ),
      ]
    : []
}

const keyBlockers = (draft: EscrowExportDraft, { name, chosen }: VaultSide): Blocker[] => {
  if (!chosen.read)
    return [
      block(`Keys of ${name} were not read`, chosen.because, `${rightsFor.readKeys.action} in the vault`),
    ]
  return draft.vaultKeys.flatMap((key) => {
    const found = chosen.value.find((one) => one.name === key)
    if (found === undefined)
      return [block(`Key ${key} is not in ${name}`, 'Not there, or deleted', 'A key of the chosen vault')]
    const count = versionsOf(found.versions).length
    return count > mostVersions
      ? [
          block(
            `Key ${key} has too many versions for one item`,
            `${count} versions, about ${Math.ceil((count * 8) / 1024)} MB`,
            `${mostVersions} versions: an item holds 1 MB. The job “Vault” writes a backup as a file`,
          ),
        ]
      : []
  })
}
