import { packageFolderName } from '../../../shared/model/escrow.ts'
import type { PackageId } from '../../../shared/model/ids.ts'
import type { PackageGroup } from '../../escrow/package/write.ts'
import {
  copyPackageWork,
  groupText,
  placeWords,
  registerPackageWork,
  writePackageWork,
  type PackageFile,
} from '../../scripts/escrow/package-work.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import { fetchKeyPairOnce } from '../../scripts/tsql/certificate.ts'
import type { Draftstep, UndoPlan } from '../sqlserver/plan-parts.ts'
import type { PlannedItem } from './items.ts'
import { plannedRecipient, type UsableRecipient } from '../escrow/recipients.ts'

type Place = ParamsOf<'copy-escrow-package'>['place']

export interface PackagePlan {
  id: PackageId
  /** Null: none is chosen, and the review says so. */
  group: PackageGroup | null
  recipients: readonly UsableRecipient[]
  items: readonly PlannedItem[]
  places: readonly Place[]
  server: string
}

const ordinals = ['first', 'second', 'third'] as const
const wordsOf = (place: Place, index: number): string =>
  `${ordinals[index] ?? 'next'} place (${placeWords[place.kind]})`

const stays = (id: PackageId): UndoPlan => ({
  can: false,
  because: `A copy of keys is not deleted by an undo. Stays there: ${packageFolderName(id)}`,
})

/** Written once, copied to the other places as it is, read back from all of them. */
export const packageSteps = (plan: PackagePlan): Draftstep[] => {
  const { id, group, items, places } = plan
  const [first, ...others] = places
  if (group === null || group.facts.spkiSha256 === null || first === undefined || items.length === 0)
    return []
  const folder = packageFolderName(id)
  return [
    writeStep(plan, group, first),
    ...others.map((place, index): Draftstep => ({
      kind: 'copy-escrow-package',
      title: `Copy the package to the ${wordsOf(place, index + 1)}`,
      now: `No ${folder} there`,
      after: 'The same files are there, read back and compared',
      scripts: [copyPackageWork(folder, wordsOf(first, 0), wordsOf(place, index + 1))],
      params: { package: id, from: first, place, replaces: null },
      permission: 'Read access to the first place, write access to this one',
      undo: stays(id),
      resume: 'marked',
      stopNow: null,
    })),
    {
      kind: 'register-escrow-package',
      title: 'Read the package back from where it is kept, and register it as escrowed',
      now: 'It counts as written, not as escrowed',
      after: `Every file was read from ${places.length === 1 ? 'its place' : `all ${places.length} places`}, checked and compared; the list of packages says when`,
      scripts: [registerPackageWork(folder, places.map(wordsOf))],
      params: { package: id, places: [...places] },
      permission: 'Read access to each place',
      undo: { can: false, because: 'It changes only this profile’s list of packages', leaves: 'nothing' },
      resume: 'named',
      stopNow: null,
    },
  ]
}

const writeStep = (plan: PackagePlan, group: PackageGroup, first: Place): Draftstep => {
  const { id, recipients, items } = plan
  const folder = packageFolderName(id)
  const certificates = items.flatMap((item) => (item.kind === 'certificate' ? [item.certificate] : []))
  return {
    kind: 'write-escrow-package',
    title: `Seal ${items.length === 1 ? '1 item' : `${items.length} items`} and write the package to the ${wordsOf(first, 0)}`,
    now: `No ${folder} there`,
    after: 'It is there, signed; it was read back and is byte for byte what was written',
    scripts: [
      ...certificates.map(fetchKeyPairOnce),
      writePackageWork(folder, wordsOf(first, 0), filesOf(plan, group)),
    ],
    params: {
      package: id,
      group: { id: group.facts.id, spkiSha256: group.facts.spkiSha256 ?? '' },
      recipients: recipients.map(plannedRecipient),
      items: [...items],
      place: first,
    },
    permission:
      certificates.length === 0
        ? 'Write access to the place'
        : `CONTROL on ${certificates.length === 1 ? `certificate ${certificates.join('')}` : 'the certificates'} on ${plan.server}; write access to the place`,
    undo: stays(id),
    resume: 'marked',
    stopNow: null,
  }
}

const two = (index: number): string => String(index + 1).padStart(2, '0')

const filesOf = ({ recipients, items }: PackagePlan, { facts: group }: PackageGroup): PackageFile[] => [
  {
    path: 'group/',
    what: groupText(group),
  },
  ...recipients.map(({ facts, kind, sha256 }, index) => ({
    path: `recipients/${two(index)}.pem`,
    what: `${facts.subject}, ${kind === 'custodian' ? 'custodian' : 'recovery HSM'}, SHA-256 ${sha256}`,
  })),
  ...items.map((item, index) => ({
    path: `items/${two(index)}.p7`,
    what:
      item.kind === 'certificate'
        ? `${item.name} with its private key (${item.bits} bits), thumbprint ${item.thumbprint}`
        : item.kind === 'certificate-file'
          ? `${item.name} with its private key, opened here with its password`
          : item.name,
  })),
  { path: 'MANIFEST.json', what: 'public: what is in it, who opens it, SHA-256 of every file' },
  {
    path: 'MANIFEST.sig',
    what: 'signed by the key that countersigns the record; SIGNER.pem is its public half',
  },
  {
    path: 'README-RECOVER.txt',
    what: 'how it opens with OpenSSL and Python alone; recombine.py joins shares',
  },
]
