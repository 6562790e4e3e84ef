import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { PackageId } from '../../../shared/model/ids.ts'
import type { Plan, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import { placeWords } from '../../scripts/escrow/package-work.ts'
import { note } from '../sqlserver/words.ts'
import { blockersFor } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import { itemsOf } from './items.ts'
import { containerNotes, containerWarnings, vaultKeyNotes, vaultKeyWarnings } from './azure-advice.ts'
import { usableRecipients } from '../escrow/recipients.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: EscrowExportDraft, facts: Facts, plan: Plan, id: PackageId): PlanAdvice => ({
  satisfied: [],
  blockers: blockersFor(draft, facts, plan),
  warnings: warningsOn(draft, facts),
  notes: notesOn(facts, id),
  factsAt: facts.readAt,
})

const warningsOn = (draft: EscrowExportDraft, facts: Facts): Warning[] => [
  ...(facts.places.length === 1
    ? [
        {
          what: 'The package is written to one place only',
          why: 'If that medium or disk is lost, the package is lost with it',
          screen: 'places',
        },
      ]
    : []),
  ...(facts.places.every(({ kind }) => kind === 'folder')
    ? [
        {
          what: 'Every place is a folder of this computer',
          why: 'What happens to this computer happens to the package. Take a copy elsewhere, and verify it there',
          screen: 'places',
        },
      ]
    : []),
  ...containerWarnings(facts),
  ...vaultKeyWarnings(draft, facts),
  ...(facts.group !== null && facts.group.facts.threshold === facts.group.facts.members.length
    ? [
        {
          what: `All ${facts.group.facts.threshold} holders of ${facts.group.facts.name} are needed`,
          why: 'One share that is lost, and the group opens this package no more',
          screen: 'recipients',
        },
      ]
    : []),
  ...usableRecipients(facts).flatMap(({ file, facts: { notBefore, notAfter } }): Warning[] => {
    const outside = notAfter.toISOString() <= facts.readAt || notBefore.toISOString() > facts.readAt
    return outside
      ? [
          {
            what: `The certificate in ${file} is valid from ${dayOf(notBefore)} to ${dayOf(notAfter)} (UTC)`,
            why: 'Its key opens the package all the same. Whether somebody still has that key is not known here',
            screen: 'recipients',
          },
        ]
      : []
  }),
  ...(usableRecipients(facts).length > 0
    ? [
        {
          what: `${usableRecipients(facts).length === 1 ? 'One certificate opens' : `Each of ${usableRecipients(facts).length} certificates opens`} the package alone`,
          why: 'Whoever has its private key needs no holder of the share group',
          screen: 'recipients',
        },
      ]
    : []),
  ...(draft.keptPasswords.length > 0 &&
  itemsOf(draft, facts).every(({ kind }) => kind === 'passphrase-record')
    ? [
        {
          what: 'The package holds passwords and no key',
          why: 'Keep the key files that they open where a recovery finds both',
          screen: 'keys',
        },
      ]
    : []),
]

const dayOf = (time: Date): string => time.toISOString().slice(0, 10)

const notesOn = (facts: Facts, id: PackageId): Evidence[] => {
  const own = (statement: string, value: string, source = 'Keyturn'): Evidence => ({
    statement,
    value,
    source,
    at: facts.readAt,
  })
  return [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    own('Package of this run', id),
    ...(facts.group === null
      ? []
      : [
          own(
            'Share group',
            `${facts.group.facts.name} (${facts.group.facts.id}): any ${facts.group.facts.threshold} of ${facts.group.facts.members.map(({ name }) => name).join(', ')}`,
            'Keyturn, list of share groups of this profile',
          ),
        ]),
    ...usableRecipients(facts).map(
      ({ file, facts: { subject, bits, notBefore, notAfter }, sha256, keyUsage }) =>
        own(
          `Certificate in ${file}`,
          `${subject}, RSA ${bits} bits, ${dayOf(notBefore)} to ${dayOf(notAfter)} (UTC), key usage ${keyUsage === null ? 'not limited' : keyUsage.join(', ')}, SHA-256 ${sha256}`,
          facts.recipients?.source ?? 'Keyturn',
        ),
    ),
    ...facts.places.flatMap((place, index) => [
      own(`Place ${index + 1}, ${placeWords[place.kind]}`, place.label ?? 'not known any more'),
      ...(place.kind === 'blob-container'
        ? containerNotes(place).map(([statement, value]) =>
            own(`Place ${index + 1}, ${statement}`, value, `${place.azure.name}, ${place.label}`),
          )
        : []),
    ]),
    ...vaultKeyNotes(facts).map(([statement, value, source]) => own(statement, value, source)),
  ]
}
