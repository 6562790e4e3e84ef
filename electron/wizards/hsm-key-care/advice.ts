import type { HsmKeyCareDraft } from '../../../shared/forms/hsm-key-care-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Blocker, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import { careRefusal, type TokenKeyFact } from '../../ports/token-readings.ts'
import { isProven } from '../../ports/verdicts.ts'
import { pinBlockers, writableBlockers } from '../hsm/token-blockers.ts'
import { pinWarnings, tokenNotes } from '../hsm/token-notes.ts'
import { isLast, linesOf, nameToType, verdictWords } from './copy-words.ts'
import type { Facts } from './facts-model.ts'
import { nameOf } from './plan.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: HsmKeyCareDraft, facts: Facts): PlanAdvice => ({
  satisfied: [],
  blockers: [
    ...pinBlockers(facts, draft.pinMode, 'key'),
    ...writableBlockers(facts, 'key'),
    ...keyBlockers(draft, facts),
  ],
  warnings: [
    ...(facts.key === null ? [] : warningsOn(draft, facts, facts.key)),
    ...pinWarnings(facts, 'key'),
  ],
  notes: notesOn(facts),
  factsAt: facts.readAt,
})

const block = (what: string, measured: string, limit: string, screen: string | null = 'key'): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

/** Why the chosen key can't be worked on; null: it can. */
export const keyRefusal = (facts: Facts, key: TokenKeyFact): string | null =>
  careRefusal(key) ?? changedSince(facts, key)

/** Public halves show without a PIN: where they are others than those that were read, the reading is too old. */
const changedSince = ({ shown, reading }: Facts, key: TokenKeyFact): string | null => {
  const line = (half: { label: string; spkiSha256: string | null }): string =>
    `${half.label} ${half.spkiSha256 ?? ''}`
  const was = key.halves.filter((half) => half.class === 'public' && half.attributes.private !== true)
  const is = shown.filter(({ id }) => id === key.id)
  const same = was.map(line).toSorted().join('\n') === is.map(line).toSorted().join('\n')
  return same ? null : `Its public half is another one than at ${reading?.at ?? ''}. Read the keys again`
}

const keyBlockers = (draft: HsmKeyCareDraft, facts: Facts): Blocker[] => {
  const { target, reading, key } = facts
  if (reading === null)
    return [
      block(
        `The keys of ${target.name} were not read with its PIN`,
        'not since Keyturn started',
        'Open Connections, the token, Keys of the token, and read them there',
      ),
    ]
  if (key === null)
    return [
      block(
        `The key with the id ${draft.key}`,
        `is not among those read on ${reading.at.slice(0, 16).replace('T', ' ')} UTC`,
        'Choose one that is, or read the keys again',
      ),
    ]
  const refusal = keyRefusal(facts, key)
  if (refusal !== null) return [block(`${nameOf(key)} can’t be worked on`, refusal, 'one key that is known')]
  return draft.task === 'label' ? labelBlockers(draft, key) : destroyBlockers(draft, facts, key)
}

const labelBlockers = ({ newLabel }: HsmKeyCareDraft, key: TokenKeyFact): Blocker[] => {
  const fixed = key.halves.filter(({ attributes }) => attributes.modifiable === false)
  return [
    ...(key.halves.every(({ label }) => label === newLabel)
      ? [block('There is nothing to do', `the label is ${newLabel} already`, 'another label')]
      : []),
    ...(fixed.length > 0
      ? [
          block(
            `The label of ${nameOf(key)} can’t be changed`,
            `CKA_MODIFIABLE is no (${fixed.map((half) => half.class).join(', ')})`,
            'a key whose attributes may change',
          ),
        ]
      : []),
  ]
}

const destroyBlockers = (draft: HsmKeyCareDraft, facts: Facts, key: TokenKeyFact): Blocker[] => [
  ...(facts.madeBy !== null && !facts.madeBy.decided
    ? [
        block(
          `The run that made ${nameOf(key)} is not finished`,
          `run ${facts.madeBy.run}`,
          'Go on with it, undo it or leave it as it is; then come back',
          null,
        ),
      ]
    : []),
  ...(isLast(facts) && draft.confirmation !== nameToType(key)
    ? [
        block(
          `The label of ${nameOf(key)} is not typed`,
          verdictWords(facts),
          `Look at what is lost, and type ${nameToType(key)} there`,
          'copies',
        ),
      ]
    : []),
]

const warn = (what: string, why: string, screen: string | null = 'copies'): Warning => ({ what, why, screen })

const warningsOn = (draft: HsmKeyCareDraft, facts: Facts, key: TokenKeyFact): Warning[] =>
  draft.task === 'label' ? labelWarnings(draft, facts, key) : destroyWarnings(facts, key)

const labelWarnings = ({ newLabel }: HsmKeyCareDraft, facts: Facts, key: TokenKeyFact): Warning[] => {
  const others = (facts.reading?.keys ?? []).filter(
    (one) => one.mark !== key.mark && one.halves.some(({ label }) => label === newLabel),
  )
  return [
    ...(others.length > 0
      ? [
          warn(
            `${others.length} other ${others.length === 1 ? 'key has' : 'keys have'} the label ${newLabel}`,
            'Programs that look for a key by its label may then find another one. The id tells them apart',
            'key',
          ),
        ]
      : []),
    warn(
      `Programs that find ${nameOf(key)} by its label do not find it any more`,
      'Which programs use the token is in no list. Those that look by the id go on',
      'key',
    ),
    ...(facts.copies !== null && facts.copies.packages.length > 0
      ? [
          warn(
            'Packages keep the old label in their manifests',
            'They are not changed. The id and the public key in them are those of the key',
          ),
        ]
      : []),
  ]
}

const destroyWarnings = (facts: Facts, key: TokenKeyFact): Warning[] => {
  const { copies, target, twins } = facts
  const escrowed = (copies?.packages ?? []).filter((one) => one.escrowedAt.length > 0 && !isProven(one))
  return [
    warn(
      `Destroying ${nameOf(key)} can’t be undone`,
      `The token gives it back to nobody, and what only this key opens is lost with it. ${verdictWords(facts)}`,
    ),
    ...(copies === null ? [] : copies.vaults).map(({ kid, enabled }) =>
      warn(
        `${kid} is a copy and goes on`,
        `It is a key of its own in the vault${enabled ? '' : ', disabled now'}: nothing of it hangs on the token. From the vault it never comes back to a token`,
      ),
    ),
    ...(copies === null ? [] : copies.servers).map(({ server, key: name, kid }) =>
      warn(`${name} on ${server} goes on`, `It uses ${kid}, and not the token`),
    ),
    ...escrowed.map(({ id }) =>
      warn(
        `Package ${id} was never opened in a drill`,
        'It was read back whole from where it is stored. Whether shares open it was never tried: hold a drill first',
      ),
    ),
    ...twins.map((twin) =>
      warn(
        `The same key is on the token under the id ${twin.id === '' ? '(none)' : twin.id} as well`,
        'That one stays',
        'key',
      ),
    ),
    ...(copies === null ? [] : copies.notAsked).map((what) =>
      warn(`Not asked: ${what}`, 'A copy of the key may be there. It counts as none'),
    ),
    warn(
      `Which other programs use ${target.name} is in no list`,
      'Signatures, decryption and backups of theirs may need this key',
      'key',
    ),
  ]
}

const notesOn = (facts: Facts): Evidence[] => {
  const { copies, reading, key } = facts
  return [
    ...tokenNotes(facts),
    ...(reading === null
      ? []
      : [
          {
            statement: 'Keys read with the PIN',
            value: String(reading.keys.length),
            source: `${reading.target.name}, logged in`,
            at: reading.at,
          },
        ]),
    ...(copies === null || key === null
      ? []
      : [
          {
            statement: 'Where else the key is',
            value: linesOf(copies).join('; ') || 'nowhere that is known',
            source: copies.asked.join('; '),
            at: copies.at,
          },
        ]),
  ]
}
