import { sharesOf } from '../../../shared/forms/escrow-drill-draft.ts'
import type { EscrowRewrapDraft } from '../../../shared/forms/escrow-rewrap-draft.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import type { PackageId } from '../../../shared/model/ids.ts'
import type { PackageGroup } from '../../escrow/package/write.ts'
import { openingHoles, openPackageWork, type OpenedWith } from '../../scripts/escrow/drill-work.ts'
import {
  copyPackageWork,
  groupText,
  placeWords,
  registerPackageWork,
} from '../../scripts/escrow/package-work.ts'
import {
  keepPackageWork,
  listRemainsWork,
  removePackageWork,
  replacePackageWork,
  rewrapPackageWork,
} from '../../scripts/escrow/rewrap-work.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import { plannedRecipient, usableRecipients } from '../escrow/recipients.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts, FoundAt, OldPackage } from './facts-model.ts'

type Params = ParamsOf<'rewrap-escrow-package'>
type Place = Params['place']

/** A chosen package that can be wrapped anew: it was read and verified where it lies. */
export interface PlannedPackage {
  old: OldPackage
  whole: NonNullable<OldPackage['whole']>
  from: FoundAt
  /** Of the new one; `places` is empty while no folder is picked. */
  id: PackageId
  places: readonly Place[]
}

export const plannedPackages = (
  draft: Pick<EscrowRewrapDraft, 'packages' | 'placeMode'>,
  facts: Facts,
  idOf: (old: PackageId) => PackageId,
): PlannedPackage[] =>
  facts.packages.flatMap((old) => {
    const [from] = old.found
    const { whole } = old
    if (from === undefined || whole === null || !draft.packages.includes(old.listed.id)) return []
    const there = draft.placeMode === 'same' ? old.found : facts.place === null ? [] : [facts.place]
    const places = there.map(({ id, kind }) => ({ id, kind }))
    return [{ old, whole, from, id: idOf(old.listed.id), places }]
  })

const ordinals = ['first', 'second', 'third'] as const
const placeName = ({ kind }: Place, index: number, count: number): string =>
  count === 1 ? placeWords[kind] : `${ordinals[index] ?? 'next'} place (${placeWords[kind]})`

const onlyReads = { can: false, because: 'It changes nothing', leaves: 'nothing' } as const
const once = { stopNow: null } as const

export const rewrapSteps = (
  draft: EscrowRewrapDraft,
  facts: Facts,
  packages: readonly PlannedPackage[],
  group: PackageGroup,
): Draftstep[] => {
  const { old } = facts
  const [first] = packages
  if (old === null || first === undefined) return []
  const holes = sharesOf(draft).map((_, index) => openingHoles.share(index + 1))
  const opened: OpenedWith = { kind: 'shares', group: old.name, holes }
  const all = { draft, facts, group, holes, opened }
  return [
    {
      kind: 'open-escrow-package',
      title: `Old group: join its shares and open its key with package ${first.old.listed.id}`,
      now: 'Nothing of any package is open',
      after: 'The private key opened and belongs to the group; it is wiped again',
      scripts: [openPackageWork(packageFolderName(first.old.listed.id), opened)],
      params: {
        ...readingOf(first),
        folder: packageFolderName(first.old.listed.id),
        place: first.from.id,
        // What vouches for it is the list of this profile, which has the hash of its manifest.
        standing: first.whole.standing === 'known' ? 'known' : 'given',
        opening: { kind: 'shares', holes },
      },
      permission: 'Read access to its folder',
      undo: onlyReads,
      resume: 'marked',
      ...once,
    },
    ...packages.flatMap((one) => stepsOf(one, all)),
    {
      kind: 'list-escrow-remains',
      title: 'List what is to be destroyed now',
      now: 'Old folders and old shares are where they were',
      after: 'Old folders by their places, and whether the shares of the old group are still needed',
      scripts: [listRemainsWork(old.name)],
      params: {
        group: old.id,
        packages: packages.map(({ id, old: { listed } }) => ({ package: id, replaces: listed.id })),
      },
      permission: 'None',
      undo: onlyReads,
      resume: 'named',
      ...once,
    },
  ]
}

const readingOf = ({ old: { listed }, whole }: PlannedPackage) => ({
  package: listed.id,
  manifestSha256: listed.manifestSha256,
  signer: whole.signer,
})

interface All {
  draft: EscrowRewrapDraft
  facts: Facts
  group: PackageGroup
  holes: readonly string[]
  opened: OpenedWith
}

const stepsOf = (one: PlannedPackage, all: All): Draftstep[] => {
  const { id, places } = one
  const [first, ...others] = places
  if (first === undefined) return []
  const old = one.old.listed.id
  const [folder, oldFolder] = [packageFolderName(id), packageFolderName(old)]
  const words = places.map((place, index) => placeName(place, index, places.length))
  const replaces: Params['replaces'] = {
    ...readingOf(one),
    place: { id: one.from.id, kind: one.from.kind },
  }
  const undoAt = (place: string) =>
    ({
      can: true,
      action: `Take ${folder} away from the ${place} again`,
      script: removePackageWork(folder, place),
    }) as const
  return [
    rewrapStep(one, all, { place: first, words: words[0] ?? '', replaces, undo: undoAt(words[0] ?? '') }),
    ...others.map((place, index): Draftstep => ({
      kind: 'copy-escrow-package',
      title: `${old}: copy the new package to the ${words[index + 1] ?? ''}`,
      now: `No ${folder} there`,
      after: 'The same files are there, read back and compared',
      scripts: [copyPackageWork(folder, words[0] ?? '', words[index + 1] ?? '')],
      params: { package: id, from: first, place, replaces },
      permission: 'Read access to the first place, write access to this one',
      undo: undoAt(words[index + 1] ?? ''),
      resume: 'marked',
      ...once,
    })),
    {
      kind: 'register-escrow-package',
      title: `${old}: read the new package back, and register it as escrowed`,
      now: 'It counts as written, not as escrowed',
      after:
        'Every file was read from where it is kept, checked and compared; the list of packages says when',
      scripts: [registerPackageWork(folder, words)],
      params: { package: id, places: [...places] },
      permission: 'Read access to each place',
      undo: { can: false, because: 'It changes only this profile’s list of packages', leaves: 'nothing' },
      resume: 'named',
      ...once,
    },
    {
      kind: 'replace-escrow-package',
      title: `${old}: mark it as replaced by ${id}`,
      now: 'It counts as the package of its keys',
      after: 'The list of packages says which one took its place; its folders stay',
      scripts: [replacePackageWork(oldFolder, folder)],
      params: { package: id, replaces },
      permission: 'Read access to the old folder',
      undo: { can: true, action: `Take the mark off ${oldFolder}`, script: keepPackageWork(oldFolder) },
      resume: 'named',
      ...once,
    },
  ]
}

const rewrapStep = (
  { old: { listed }, whole, id }: PlannedPackage,
  { draft, facts, group, holes, opened }: All,
  at: { place: Place; words: string; replaces: Params['replaces']; undo: Draftstep['undo'] },
): Draftstep => {
  const keep = draft.recipientMode === 'keep'
  const chosen = usableRecipients(facts)
  const certificates = keep
    ? whole.recipients.map(({ name }) => name)
    : chosen.map(({ facts: { subject } }) => subject)
  const { facts: to } = group
  return {
    kind: 'rewrap-escrow-package',
    title: `${listed.id}: wrap it anew as ${id}, in the ${at.words}`,
    now: `${itemsText(listed.items.length)}, for ${facts.old?.name ?? ''}`,
    after: `The same items, for ${to.name}, in a folder of its own; signed, read back, byte for byte what was written`,
    scripts: [
      rewrapPackageWork({
        old: packageFolderName(listed.id),
        folder: packageFolderName(id),
        place: at.words,
        opened,
        openers: [to.name, ...certificates],
        files: filesOf(listed, to, certificates),
      }),
    ],
    params: {
      package: id,
      replaces: at.replaces,
      holes: [...holes],
      group: { id: to.id, spkiSha256: to.spkiSha256 ?? '' },
      recipients: keep ? null : chosen.map(plannedRecipient),
      place: at.place,
    },
    permission: 'Read access to the old folder, write access to the place',
    undo: at.undo,
    resume: 'marked',
    stopNow: null,
  }
}

const itemsText = (count: number): string => (count === 1 ? '1 item' : `${count} items`)
const two = (number: number): string => String(number).padStart(2, '0')

const filesOf = (
  { items, id }: OldPackage['listed'],
  group: PackageGroup['facts'],
  certificates: readonly string[],
) => [
  {
    path: 'group/',
    what: groupText(group),
  },
  ...certificates.map((what, index) => ({ path: `recipients/${two(index + 1)}.pem`, what })),
  ...items.map(({ number, name, kind }) => ({
    path: `items/${two(number)}.p7`,
    what: `${name}; its encrypted content as it was${kind === 'hsm-key' ? `, and items/${two(number)}.halves.json` : ''}`,
  })),
  { path: 'MANIFEST.json', what: `as any package; names ${id} as the one that it replaces` },
]
