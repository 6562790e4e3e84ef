import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { ShareGroup } from '../../../shared/model/escrow.ts'
import { stateWords } from '../escrow/blockers.ts'
import { fileRows, groupRow } from '../escrow/rows.ts'
import { packageRefusal } from './blockers.ts'
import { mostPackagesPerRun } from '../../../shared/forms/escrow-rewrap-draft.ts'
import type { Facts, OldPackage } from './facts-model.ts'
import { textsOf } from './facts.ts'

/** What one screen shows of the facts. */
export const formFacts = (screen: string, answers: Answers, facts: Facts): FormFacts => ({
  options: {
    oldGroups: facts.groups.map((group) => oldGroupRow(group, facts.waiting.get(group.id) ?? 0)),
    packages: facts.packages.map(packageRow),
    newGroups: facts.groups.map((group) =>
      group.id === facts.old?.id ? groupRow(group, 'it is the old one') : groupRow(group),
    ),
    certificateFiles: fileRows(facts.recipients?.read === true ? facts.recipients.value : null),
  },
  shown: shownOn(screen, answers, facts),
  flags: Object.fromEntries(
    Array.from({ length: facts.old?.threshold ?? 0 }, (_, index) => [`share-${index + 1}`, true]),
  ),
  suggested: suggestedBy(facts),
  checks: checksOn(screen, answers, facts),
  readAt: facts.readAt,
})

const oldGroupRow = (group: ShareGroup, waiting: number): FactOption => {
  const was = group.state === 'replaced' || group.state === 'active'
  const reason = !was ? stateWords[group.state] : waiting === 0 ? 'no package is left to it' : null
  return {
    ...groupRow(group, reason),
    detail: `${group.state}; ${waiting === 1 ? '1 package' : `${waiting} packages`} that no other one replaced`,
  }
}

const packageRow = (one: OldPackage): FactOption => {
  const { listed, found, missing } = one
  const refusal = packageRefusal(one)
  return {
    value: listed.id,
    label: listed.id,
    usable: refusal === null,
    ...(refusal === null ? {} : { reason: refusal }),
    facts: {
      Holds: listed.items.map(({ name }) => name).join(', '),
      'Lies in': found.map(({ label }) => label).join(', ') || 'nowhere known',
      ...(found.length > 0 && missing.length > 0
        ? { 'Not in': missing.map(({ label, because }) => `${label} (${because})`).join('; ') }
        : {}),
      'Opens alone': listed.recipients.map(({ name }) => name).join(', ') || 'no certificate',
      Made: listed.made.at.slice(0, 10),
    },
  }
}

type Shown = FormFacts['shown'][number]

const shownOn = (screen: string, answers: Answers, facts: Facts): Shown[] => {
  const shown = (label: string, value: string): Shown => ({
    label,
    value,
    source: 'Keyturn, lists of this profile',
    at: facts.readAt,
  })
  const { old, group } = facts
  const groupWords = (one: ShareGroup): string =>
    `${one.name}, ${stateWords[one.state]}; any ${one.threshold} of ${one.members.map(({ name }) => name).join(', ')}`
  if (screen === 'packages')
    return old === null
      ? []
      : [
          shown('Old group', groupWords(old)),
          shown(
            'Packages of that group',
            `${facts.packages.length + facts.more} that no other one replaced${facts.more > 0 ? `; the oldest ${facts.packages.length} are shown` : ''}`,
          ),
        ]
  if (screen === 'group') {
    const chosen = textsOf(answers['packages'])
    const names = facts.packages.flatMap(({ listed, whole }) =>
      chosen.includes(listed.id) ? (whole?.recipients.map(({ name }) => name) ?? []) : [],
    )
    return [
      ...(group === null ? [] : [shown('New group', groupWords(group.facts))]),
      shown('Certificates of the chosen packages', [...new Set(names)].join(', ') || 'none: shares only'),
    ]
  }
  return screen === 'shares' && old !== null ? [shown('Opens with', groupWords(old))] : []
}

const suggestedBy = ({ groups, waiting, old, packages }: Facts): FormFacts['suggested'] => {
  const replaced = groups.filter(({ id, state }) => state === 'replaced' && (waiting.get(id) ?? 0) > 0)
  const [only, ...more] = replaced
  const there = packages.filter((one) => packageRefusal(one) === null).slice(0, mostPackagesPerRun)
  const successor = successorOf(old, groups)
  return {
    ...(only === undefined || more.length > 0
      ? {}
      : { oldGroup: { value: only.id, because: 'The only replaced group that still has packages' } }),
    ...(there.length === 0
      ? {}
      : {
          packages: {
            value: there.map(({ listed }) => listed.id),
            because:
              there.length < packages.length
                ? `Those that were found; ${packages.length - there.length} more ${packages.length - there.length === 1 ? 'is' : 'are'} listed`
                : 'All packages of the group',
          },
        }),
    ...(successor === null
      ? {}
      : { newGroup: { value: successor.id, because: `It took the place of ${old?.name ?? ''}` } }),
    recipientMode: { value: 'keep', because: 'Who opens a package alone stays as it is' },
    placeMode: { value: 'same', because: 'Whoever looks for a package finds the new one beside the old' },
    placeKind: { value: 'folder', because: 'Nothing says that it is another kind' },
  }
}

/** A group can have been replaced several times; the last one counts, if it is active. */
const successorOf = (old: ShareGroup | null, groups: readonly ShareGroup[]): ShareGroup | null => {
  let at = old
  for (let steps = 0; at !== null && at.replacedBy !== null && steps < groups.length; steps += 1) {
    const next = at.replacedBy
    at = groups.find(({ id }) => id === next) ?? null
  }
  return at !== null && at.id !== old?.id && at.state === 'active' ? at : null
}

type Check = FormFacts['checks'][number]

const checksOn = (screen: string, answers: Answers, facts: Facts): Check[] => {
  const at = facts.readAt
  if (screen === 'packages') return packageChecks(answers, facts)
  if (screen === 'group')
    return [
      ...(facts.groups.some(({ state, id }) => state === 'active' && id !== facts.old?.id)
        ? []
        : [
            {
              name: 'Share group',
              state: 'failed' as const,
              detail: 'This profile has no other active group. Escrow → Begin a share ceremony makes one',
              at,
              field: 'newGroup',
            },
          ]),
      ...(facts.recipients?.read === false
        ? [
            {
              name: 'Folder of yours',
              state: 'failed' as const,
              detail: facts.recipients.because,
              at: facts.recipients.at,
              field: 'recipientFolder',
            },
          ]
        : []),
    ]
  if (screen !== 'place') return []
  const chosen = textsOf(answers['packages'])
  const places =
    facts.place !== null
      ? [facts.place]
      : answers['placeMode'] === 'other'
        ? []
        : facts.packages.flatMap(({ listed, found }) => (chosen.includes(listed.id) ? found : []))
  const refused = new Map(places.map(({ label, problem }) => [label ?? 'Folder of yours', problem] as const))
  return [...refused].flatMap(([name, problem]): Check[] =>
    problem === null
      ? []
      : [
          {
            name,
            state: 'failed',
            detail: `Nothing can be written there: ${problem}`,
            at,
            field: facts.place === null ? 'placeMode' : 'place',
          },
        ],
  )
}

/** One line for each chosen package: it was read as a whole. What is not chosen is told in its row. */
const packageChecks = (answers: Answers, facts: Facts): Check[] => {
  const chosen = textsOf(answers['packages'])
  const read = facts.packages.filter(({ listed, whole }) => chosen.includes(listed.id) && whole !== null)
  return read.length === 0
    ? []
    : [
        {
          name: read.length === 1 ? 'Chosen package' : `${read.length} chosen packages`,
          state: 'ok',
          detail:
            'read as a whole: each file is as the manifest lists it, the manifest is signed and is the one of the list',
          at: facts.readAt,
          field: 'packages',
        },
      ]
}
