import type { CleanUpDraft } from '../../../shared/forms/ekm-clean-up-draft.ts'
import { providerKey } from '../../../shared/model/host-calls.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, SatisfiedStep, Warning } from '../../../shared/model/plan.ts'
import { note } from '../sqlserver/words.ts'
import { blockersOn } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import {
  credentialMeans,
  credentialNamed,
  has,
  keyNamed,
  linkOf,
  otherKeysInUse,
  providerNamed,
  providerOf,
  vaultKeyOf,
} from './links.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: CleanUpDraft, facts: Facts, plan: Plan, mark: string): PlanAdvice => ({
  satisfied: satisfiedBefore(draft, facts),
  blockers: [...blockersOn(draft, facts), ...emptyPlan(plan)],
  warnings: warningsOn(draft, facts),
  notes: notesOn(draft, facts, mark),
  factsAt: facts.readAt,
})

const emptyPlan = ({ steps }: Plan): PlanAdvice['blockers'] =>
  steps.length > 0
    ? []
    : [
        {
          what: 'There is nothing to do',
          measured: 'No step follows from these answers',
          limit: 'What was chosen is gone already. Choose another part',
          screen: 'parts',
        },
      ]

const satisfiedBefore = (draft: CleanUpDraft, { registry, target }: Facts): SatisfiedStep[] =>
  has(draft, 'registry') && registry?.read === true && !registry.value
    ? [
        {
          title: 'Delete the registry key of the connector',
          evidence: {
            statement: `HKLM\\${providerKey} on the host of ${target.name}`,
            value: 'not there',
            source: registry.source,
            at: registry.at,
          },
        },
      ]
    : []

const mostNamed = 20

const warning = (what: string, why: string, screen: string | null = null): Warning => ({ what, why, screen })

const warningsOn = (draft: CleanUpDraft, facts: Facts): Warning[] => [
  ...mayNeed(draft, facts),
  ...loginWarnings(draft, facts),
  ...undoWarnings(draft, facts),
  ...(facts.replicas.read && facts.replicas.value.length > 0
    ? [
        warning(
          `Replicas keep what they have: ${[...new Set(facts.replicas.value.map(({ replica }) => replica))].sort().join(', ')}`,
          'This run drops on one server only. Where a database fails over to this one and is under a key of a vault, it needs the objects here',
        ),
      ]
    : facts.replicas.read
      ? []
      : [
          warning(
            'Availability replicas: not read',
            `${facts.replicas.because}. This run drops on one server only`,
          ),
        ]),
  ...(has(draft, 'provider')
    ? [
        warning(
          'Sessions that are open keep the library of the provider until the next restart',
          'The server says so with SQL 33058. The connector on the disk can be uninstalled after that restart',
        ),
      ]
    : []),
  ...(has(draft, 'registry')
    ? [
        warning(
          'Every instance of the computer uses the same registry key',
          `Other instances find their keys of a vault below HKLM\\${providerKey} too. Look at them before you delete it. On a failover cluster also its registry checkpoint and the other nodes`,
          'parts',
        ),
      ]
    : []),
]

/** Named one by one: a person decides with them in sight. */
const mayNeed = (draft: CleanUpDraft, { use }: Facts): Warning[] => {
  if (use === null || !(has(draft, 'key') || has(draft, 'login') || has(draft, 'mapping'))) return []
  const named = use.value.mayNeed.slice(0, mostNamed)
  const more = use.value.mayNeed.length - named.length
  const why =
    'Whether it needs the key is in no view. Where it does, it opens here again after the key object was made from the same version in the vault'
  return [
    ...named.map((what) => warning(`May need ${draft.key}: ${what}`, why, 'loss')),
    ...(more > 0 ? [warning(`May need ${draft.key}: ${more} more`, why, 'loss')] : []),
  ]
}

const loginWarnings = (draft: CleanUpDraft, facts: Facts): Warning[] => {
  const key = draft.scope === 'key' ? keyNamed(facts, draft.key) : undefined
  if (key === undefined || !has(draft, 'login')) return []
  const link = linkOf(facts, key, draft.keyLogin)
  if (link === 'sid' || typeof link === 'object') return []
  const others = otherKeysInUse(facts, key.name).map(({ name }) => name)
  return [
    warning(
      link === 'name'
        ? `That ${draft.keyLogin} was made from ${key.name} is concluded from names`
        : `That ${draft.keyLogin} was made from ${key.name} is your word`,
      `No view says from which key a login was made.${
        others.length === 0
          ? ' No other key is needed by a database'
          : ` ${others.join(', ')} is needed by databases: where it is the login of that one, they do not open at the next start`
      }`,
      'parts',
    ),
  ]
}

const undoWarnings = (draft: CleanUpDraft, facts: Facts): Warning[] => {
  const key = draft.scope === 'key' ? keyNamed(facts, draft.key) : undefined
  const credential = credentialNamed(facts, draft.credential)
  const means = credentialMeans(draft, credential)
  return [
    ...(has(draft, 'credential') && !means.can
      ? [
          warning(
            `Dropping ${draft.credential} can’t be undone`,
            `${means.because}. What goes before it can be undone only until then`,
            'parts',
          ),
        ]
      : []),
    ...(has(draft, 'key') && key !== undefined && vaultKeyOf(key) === null
      ? [
          warning(
            `Dropping ${draft.key} can’t be undone by this run`,
            `Where the connector found it was not read (${key.place.read ? 'no place is noted' : key.place.because}). A key object is made again by hand from the same version in the vault`,
            'loss',
          ),
        ]
      : []),
  ]
}

const notesOn = (draft: CleanUpDraft, facts: Facts, mark: string): Evidence[] => {
  const { ekm, use } = facts
  const key = draft.scope === 'key' ? keyNamed(facts, draft.key) : undefined
  const provider = providerOf(draft, facts)
  return [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    note(ekm.option, 'EKM provider enabled', ({ inUse }) => (inUse ? 'on' : 'off')),
    ...(key === undefined
      ? []
      : [
          note(ekm.keys, `Thumbprint of ${key.name}`, () => key.thumbprint),
          note(
            key.place,
            'Key in the vault, as the connector noted it',
            (place) => place ?? 'no place is noted',
          ),
        ]),
    ...(use === null
      ? []
      : [
          {
            statement: `Asked who needs ${draft.key}`,
            value: use.value.checked.join('; ') || 'nothing was told',
            source: facts.target.name,
            at: use.at,
          },
        ]),
    ...(provider === null
      ? []
      : [
          note(ekm.providers, `Provider ${provider}`, () => {
            const found = providerNamed(facts, provider)
            return found === undefined ? 'not there' : `${found.dllPath}, version ${found.version}`
          }),
        ]),
    {
      statement: 'Mark of this run, in every name that it gives',
      value: mark,
      source: 'Keyturn',
      at: facts.readAt,
    },
  ]
}
