import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { Warning } from '../../../shared/model/plan.ts'
import { principalText } from '../azure/words.ts'
import { rightsFor } from '../azure/roles.ts'
import { sideOf } from '../escrow/azure-side.ts'
import type { ContainerFact } from '../escrow/read-container.ts'
import { restoresIn } from '../escrow/read-vault-keys.ts'
import type { Facts } from './facts-model.ts'
import { versionsOf } from './vault-items.ts'

/** What the review says of containers and vaults. Pure. */

const containersOf = ({ places }: Facts): ContainerFact[] =>
  places.flatMap((place) => (place.kind === 'blob-container' ? [place] : []))

export const containerWarnings = (facts: Facts): Warning[] =>
  containersOf(facts).flatMap((place) => {
    const { label, service, keeps, mayDelete, publicBlobs, problem } = place
    const warn = (what: string, why: string): Warning => ({ what, why, screen: 'places' })
    if (problem !== null) return []
    return [
      ...(service?.read === true && !service.value.versions
        ? [
            warn(
              `The account of ${label} keeps no versions`,
              'A blob that somebody deletes or writes over is gone. Turn versioning on at the account, or keep the package in a second place',
            ),
          ]
        : []),
      ...(keeps === null
        ? [
            warn(
              `Whether a policy of ${label} keeps blobs was not read`,
              `Then a run that breaks off can’t take back what it began, and an undo deletes nothing. Retention is ${place.retention}`,
            ),
          ]
        : []),
      ...(keeps === true
        ? [
            warn(
              `A policy of ${label} keeps what is written: ${place.retention}`,
              'That guards the package. What a run that broke off leaves there, and a package that nobody wants any more, stay until its days are over',
            ),
          ]
        : []),
      ...(mayDelete === false
        ? [
            warn(
              `This sign-in may not delete blobs in ${label}`,
              `A run that breaks off can’t take back what it began, and an undo deletes nothing: ${rightsFor.deleteBlobs.action} is missing`,
            ),
          ]
        : []),
      ...(publicBlobs
        ? [
            warn(
              `The account of ${label} allows public containers`,
              'This one is not public. Who may change containers can make it so: its blobs are sealed, and their names and the manifest are not',
            ),
          ]
        : []),
    ]
  })

export const vaultKeyWarnings = (draft: EscrowExportDraft, facts: Facts): Warning[] => {
  const side = sideOf(facts.azure)
  if (draft.vaultKeys.length === 0 || side === null || side.vault === null) return []
  return [
    {
      what: `${draft.vaultKeys.length === 1 ? 'The backup of the key of a vault is' : 'Backups of keys of a vault are'} no clear ${draft.vaultKeys.length === 1 ? 'key' : 'keys'}`,
      why: `Only ${restoresIn(side.identity, side.vault)} restores ${draft.vaultKeys.length === 1 ? 'it' : 'them'}. When the subscription is lost, so is what only such a backup holds. A key that is to open elsewhere has to come from an HSM token`,
      screen: 'keys',
    },
  ]
}

type Line = readonly [statement: string, value: string, source: string]

export const containerNotes = ({ retention, service }: ContainerFact): [string, string][] => [
  ['retention of its blobs', retention],
  [
    'what the account keeps of deleted blobs',
    service === null
      ? 'not read'
      : service.read
        ? `versions ${service.value.versions ? 'on' : 'off'}; deleted blobs ${
            service.value.deletedDays === null ? 'gone at once' : `kept ${service.value.deletedDays} days`
          }`
        : service.because,
  ],
]

export const vaultKeyNotes = (facts: Facts): Line[] => {
  const side = sideOf(facts.azure)
  const vault = side?.vault ?? null
  if (side === null || (vault === null && containersOf(facts).length === 0)) return []
  const signedIn: Line = ['Signed in as', principalText(side.principal), side.target.name]
  if (vault === null || !vault.chosen.read || vault.chosen.value.length === 0) return [signedIn]
  const source = `${side.target.name}, ${vault.host}`
  return [
    signedIn,
    ['Where backups of its keys open', restoresIn(side.identity, vault), source],
    ...vault.chosen.value.map(({ name, versions }): Line => {
      const ids = versionsOf(versions)
      return [`Versions of key ${name}, oldest first`, ids.join(', ') || 'none', source]
    }),
  ]
}
