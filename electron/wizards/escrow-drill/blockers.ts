import { sharesOf, type EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import { existingNameProblem } from '../../../shared/forms/names.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import { keySizeProblem } from '../../formats/key-files.ts'
import { pinHole } from '../../scripts/pkcs11/calls.ts'
import { shareBlockers } from '../escrow/blockers.ts'
import { nameBlockers, rightBlocker, secretBlockers } from '../sqlserver/certificate-advice.ts'
import type { Facts, PackageFact, TargetFacts } from './facts-model.ts'
import { namesUnfit } from './own-names.ts'
import { packageOf } from './plan.ts'
import { plannedItems, type PlannedItem } from './plan-parts.ts'
import { tokenBlockers } from './token-blockers.ts'

const block = (screen: string | null, what: string, measured: string, limit: string): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

export const blockersFor = (draft: EscrowDrillDraft, facts: Facts, plan: Plan, runId: RunId): Blocker[] => {
  const found = packageOf(facts)
  if (found === null)
    return [
      block(
        'package',
        'The package was not read and verified',
        facts.package?.read === false ? facts.package.because : 'No folder is picked',
        'A whole package, signed, each file as its manifest lists it',
      ),
    ]
  const items = plannedItems(draft, found, runId)
  return [
    ...packageBlockers(draft, found, items),
    ...openingBlockers(draft, facts, found),
    ...(draft.putOn === 'token'
      ? tokenBlockers(draft, facts, items)
      : serverBlockers(draft, facts.target, items)),
    ...secretBlockers(plan, facts.secrets, (hole) =>
      hole === 'dmk_password' || hole === pinHole.hole ? 'server' : 'opening',
    ),
  ]
}

export const selfVouched = (found: PackageFact): boolean => found.signer.standing === 'package-only'

const packageBlockers = (
  draft: EscrowDrillDraft,
  found: PackageFact,
  items: readonly PlannedItem[],
): Blocker[] => [
  ...(selfVouched(found)
    ? [
        block(
          'package',
          'Nobody vouches for the package but the package itself',
          `Signed by the key ${found.signer.fingerprint}, which this profile does not know and nobody gave`,
          'The fingerprint from where it was noted when the package was made, typed by a person who compared it',
        ),
      ]
    : []),
  ...(found.listed === 'other'
    ? [
        block(
          'package',
          'This profile lists another package under this id',
          `SHA-256 of MANIFEST.json: ${found.manifestSha256}`,
          'The package that was written, byte for byte',
        ),
      ]
    : []),
  ...(items.length < draft.items.length || items.length === 0
    ? [
        block(
          'package',
          'A chosen item is not in the package',
          `${items.length} of ${draft.items.length} are`,
          `Items 1 to ${found.manifest.items.length}`,
        ),
      ]
    : []),
  ...sameKeys(items).map((same) =>
    block(
      'package',
      `Items ${same.map(({ item }) => item.number).join(' and ')} hold the same key`,
      `SHA-256 of its public half: ${same[0]?.item.spkiSha256 ?? ''}`,
      'A server holds each certificate once: choose one of them',
    ),
  ),
  ...namesBlockers(draft, found),
  ...items.flatMap(({ item, certificate }) => {
    if (certificate === null) return []
    const size = item.bits === null ? null : keySizeProblem(item.bits, false)
    return size === null
      ? []
      : [block('package', `SQL Server can’t take item ${item.number}`, `${item.bits} bits`, size)]
  }),
]

const namesBlockers = (draft: EscrowDrillDraft, { manifest }: PackageFact): Blocker[] => {
  const unfit =
    draft.purpose === 'recovery' && draft.putOn === 'server' ? namesUnfit(draft, manifest.items) : null
  return unfit === null
    ? []
    : [
        block(
          'package',
          'The names of certificates that came from files do not fit the chosen items',
          unfit,
          'One line for each of them',
        ),
      ]
}

/** Certificates of one key, where there is more than one of it: the second would be refused half way (SQL 15232). */
const sameKeys = (items: readonly PlannedItem[]): PlannedItem[][] =>
  [
    ...Map.groupBy(
      items.filter(({ item, certificate }) => certificate !== null && item.spkiSha256 !== null),
      ({ item }) => item.spkiSha256,
    ).values(),
  ].filter(({ length }) => length > 1)

/** Whether two different keys would get one name; the same key twice is told as that. */
const sameNames = (items: readonly PlannedItem[]): boolean => {
  const again = new Set(sameKeys(items).flatMap(([, ...others]) => others))
  const names = items.flatMap((one) => (again.has(one) ? [] : (one.certificate?.toLowerCase() ?? [])))
  return new Set(names).size < names.length
}

const openingBlockers = (draft: EscrowDrillDraft, facts: Facts, { manifest }: PackageFact): Blocker[] => {
  if (draft.openWith === 'recipient') {
    const { keyFile } = facts
    if (manifest.recipients.length === 0)
      return [
        block(
          'opening',
          'The package has no recipients',
          'Only its share group opens it',
          'Shares of its holders',
        ),
      ]
    return keyFile?.read === true && keyFile.value.sha256 !== null
      ? []
      : [
          block(
            'opening',
            'The private key file was not read',
            keyFile === null ? 'No folder is picked' : keyFile.read ? 'Not in that folder' : keyFile.because,
            'A file of the picked folder',
          ),
        ]
  }
  const shares = sharesOf(draft)
  const { group } = manifest
  return shareBlockers(group, shares, facts.given, { screen: 'opening', for: 'package' })
}

const serverBlockers = (
  draft: EscrowDrillDraft,
  target: TargetFacts | null,
  items: readonly PlannedItem[],
): Blocker[] => {
  const on = (what: string, measured: string, limit: string): Blocker =>
    block('server', what, measured, limit)
  if (target === null) return [on('No server is chosen', 'None', 'A connected SQL Server')]
  const names = items.flatMap(({ certificate }) => certificate ?? [])
  if (names.length === 0) return []
  return [
    ...(draft.purpose === 'drill' ? emptyBlockers(target, on) : []),
    ...masterKeyBlockers(draft, target, on),
    ...names.flatMap((name) => {
      const problem = existingNameProblem(name, 'The name of the certificate in the manifest')
      return problem === null
        ? nameBlockers(target, name, 'server')
        : [
            block(
              'package',
              'A certificate can’t get its own name back',
              problem,
              'A drill gives its own names',
            ),
          ]
    }),
    ...(sameNames(items)
      ? [
          block(
            'package',
            'Two of the items would get one name',
            names.join(', '),
            'One of them on this server, the other on another one: a recovery leaves each under its own name',
          ),
        ]
      : []),
    ...rightBlocker(
      target,
      'createCertificate',
      'CREATE CERTIFICATE in master',
      'Needed to restore',
      'server',
    ),
    ...rightBlocker(target, 'controlMaster', 'CONTROL on master', 'Needed for its master key', 'server'),
    ...(draft.backupFiles === ''
      ? []
      : rightBlocker(target, 'createDatabase', 'CREATE ANY DATABASE', 'Needed to read a backup', 'server')),
  ]
}

type On = (what: string, measured: string, limit: string) => Blocker

const emptyBlockers = ({ userDatabases, target }: TargetFacts, on: On): Blocker[] => {
  if (!userDatabases.read)
    return [on(`Databases of ${target.name} were not read`, userDatabases.because, 'None may be there')]
  return userDatabases.value.length === 0
    ? []
    : [
        on(
          `${target.name} is not empty`,
          userDatabases.value.slice(0, 3).join(', ') +
            (userDatabases.value.length > 3 ? ` and ${userDatabases.value.length - 3} more` : ''),
          'No user databases: a drill must not be able to touch anybody’s data',
        ),
      ]
}

const masterKeyBlockers = (draft: EscrowDrillDraft, { masterKey }: TargetFacts, on: On): Blocker[] => {
  if (!masterKey.read)
    return [on('The master key of the server was not read', masterKey.because, 'The plan needs it')]
  if (draft.masterKeyMode !== 'use')
    return masterKey.value === null
      ? []
      : [
          on(
            'The server has a master key already',
            `${masterKey.source}: ${masterKey.value.keyGuid}`,
            'Choose to use it',
          ),
        ]
  if (masterKey.value === null)
    return [on('The server has no master key', `${masterKey.source}: no row`, 'Choose to create one')]
  return masterKey.value.opensByItself
    ? []
    : [
        on(
          'The server’s master key does not open by itself',
          'No copy under its service master key',
          'Repair it there, or use another server',
        ),
      ]
}
