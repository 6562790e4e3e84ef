import { escrowLimits } from '../../../shared/model/escrow.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import type { AzureSide } from '../escrow/azure-side.ts'
import { restoresIn, type VaultKeyChoice, type VaultSide } from '../escrow/read-vault-keys.ts'

type PlannedItem = ParamsOf<'write-escrow-package'>['items'][number]

/** Azure gives about so much for each version of a key, sealed; measured on recordings of the real service. */
const bytesPerVersion = 8 * 1024
/** As many versions as surely fit in one item. */
export const mostVersions = Math.floor((1024 * 1024) / bytesPerVersion)

/** One for each chosen key that was read, in the order of the form. */
export const vaultKeyItems = (
  side: AzureSide | null,
  plain: (text: string, most?: number) => string,
): PlannedItem[] =>
  side?.vault?.chosen.read === true
    ? side.vault.chosen.value.flatMap((choice) => {
        const item = itemOf(side, side.vault as VaultSide, choice, plain)
        return item === null ? [] : [item]
      })
    : []

const itemOf = (
  side: AzureSide,
  vault: VaultSide,
  { name, key, versions }: VaultKeyChoice,
  plain: (text: string, most?: number) => string,
): PlannedItem | null => {
  const ids = versionsOf(versions)
  if (ids.length === 0) return null
  return {
    kind: 'vault-key',
    azure: { id: side.target.id, name: side.target.name },
    host: vault.host,
    key: name,
    versions: ids,
    name: plain(`Vault key ${name} of ${vault.name}, ${versionWords(ids)}`, escrowLimits.longestName),
    from: {
      target: plain(`${side.target.name}, ${vault.name}`),
      identity: plain(`${vault.host}, ${vault.region}`),
    },
    purpose: plain(
      `restores the key into ${restoresIn(side.identity, vault)}; gives no clear key and opens nowhere else`,
    ),
    state: key.expires !== null && key.expires <= side.readAt ? 'deactivated' : 'active',
    sqlNames: [],
    originatorPeriod: { from: isoOf(key.created), to: isoOf(key.expires) },
    recipientPeriod: { from: isoOf(key.created), to: null },
  }
}

const isoOf = (time: string | null): string | null => (time === null ? null : new Date(time).toISOString())

export const versionsOf = (versions: VaultKeyChoice['versions']): string[] =>
  versions.flatMap(({ version }) => (version === null ? [] : [version]))

const versionWords = (ids: readonly string[]): string =>
  ids.length === 1 ? `version ${ids[0] ?? ''}` : `${ids.length} versions, newest ${ids.at(-1) ?? ''}`

/** Full names of the versions, the newest ones where there are more than a manifest holds. */
export const kidsOf = ({ host, key, versions }: { host: string; key: string; versions: readonly string[] }) =>
  versions.slice(-16).map((version) => `https://${host}/keys/${key}/${version}`)
