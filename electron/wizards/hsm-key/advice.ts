import type { hsmKeyTypes } from '../../../shared/forms/hsm-key-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import { probeWords } from '../../../shared/model/hsm.ts'
import type { Blocker, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import type { HsmAbility } from '../../ports/hsm.ts'
import { note } from '../sqlserver/words.ts'
import { pinBlockers, probeBlockers, writableBlockers } from '../hsm/token-blockers.ts'
import { pinWarnings, tokenNotes } from '../hsm/token-notes.ts'
import { probeShown } from '../hsm/token-shown.ts'
import { groupBlockers, recipientBlockers } from '../escrow/blockers.ts'
import type { Facts } from './facts-model.ts'
import { kekAnswers } from './facts.ts'
import { mechanismOf, type Wanted } from './plan.ts'
import { replacedBlockers, replacedWarnings } from './replaced.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (wanted: Wanted): PlanAdvice => ({
  satisfied: [],
  blockers: [
    ...tokenBlockers(wanted),
    ...replacedBlockers(wanted),
    ...wrapBlockers(wanted),
    ...kekBlockers(wanted),
    ...escrowBlockers(wanted),
  ],
  warnings: warningsOn(wanted),
  notes: notesOn(wanted.facts),
  factsAt: wanted.facts.readAt,
})

const block = (what: string, measured: string, limit: string, screen: string | null): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

const needs: Readonly<Record<(typeof hsmKeyTypes)[number], HsmAbility | null>> = {
  'rsa-3072': 'rsa-3072',
  'rsa-2048': 'rsa-2048',
  'ec-p256': 'ec-p256',
  // No ability of its own: the token's answer in the run decides.
  'ec-p384': null,
  'aes-256': 'aes-256',
}

const tokenBlockers = ({ draft, facts }: Wanted): Blocker[] => {
  const ability = facts.abilities.find((one) => one.ability === needs[draft.type])
  return [
    ...pinBlockers(facts, draft.pinMode, 'key'),
    ...writableBlockers(facts, 'key'),
    ...(ability?.verdict === 'no' ? [block(ability.words, 'not listed', 'a mechanism for it', 'key')] : []),
  ]
}

const wrapBlockers = (wanted: Wanted): Blocker[] => {
  const { draft, facts, keks } = wanted
  if (draft.destination === 'none') return []
  const { probe, target } = facts
  if (probe === null || probe.use === null) return probeBlockers(facts, 'key')
  const { testOnly } = mechanismOf(wanted)
  return [
    ...(testOnly && keks.length > 0 && target.environment !== 'rehearsal'
      ? [
          block(
            `The key wrap of ${target.name} is not that of RFC 5649`,
            probeWords(probe),
            'RFC 5649 exactly: whether a vault takes anything else is not known, and the key could not be wrapped again',
            'key',
          ),
        ]
      : []),
    ...(keks.length > 0 && !probe.oaep.sha1
      ? [
          block(
            `${target.name} does no RSA-OAEP with SHA-1`,
            probeWords(probe),
            'it, for vaults',
            'destinations',
          ),
        ]
      : []),
  ]
}

const kekBlockers = ({ draft, facts, keks }: Wanted): Blocker[] => {
  if (draft.destination === 'none') return []
  const lost = kekAnswers({ keks: draft.keks }).flatMap(({ vault, name, version }) => {
    const read = facts.vaults.get(vault)
    if (read === undefined || !read.read)
      return [
        block(`The vault of ${name} was not read`, read?.because ?? 'not asked', 'read', 'destinations'),
      ]
    return read.value.keks.some((one) => one.name === name && one.version === version)
      ? []
      : [
          block(
            `Key ${name} of ${read.value.identity.host}`,
            'is not there any more, or has another version',
            `version ${version}`,
            'destinations',
          ),
        ]
  })
  const unfit = keks.flatMap(({ vault, kek }) =>
    kek.refusal === null
      ? []
      : [
          block(
            `Key ${kek.name} of ${vault.identity.host} wraps no imports`,
            kek.refusal,
            'RSA in hardware, enabled, for import alone',
            'destinations',
          ),
        ],
  )
  const hosts = keks.map(({ vault }) => vault.identity.host)
  const twice = [...new Set(hosts.filter((host, at) => hosts.indexOf(host) !== at))].map((host) =>
    block(
      `${host} is chosen twice, by two connections`,
      keks
        .filter(({ vault }) => vault.identity.host === host)
        .map(({ vault, kek }) => `${kek.name} by ${vault.ref.name}`)
        .join(', '),
      'one transfer file for one vault',
      'destinations',
    ),
  )
  return [...lost, ...unfit, ...twice]
}

const escrowBlockers = ({ draft, facts }: Wanted): Blocker[] => {
  if (draft.destination === 'none' || draft.group === null) return []
  const { probe, target } = facts
  return [
    ...groupBlockers(draft, facts),
    ...recipientBlockers(draft, facts),
    ...(probe !== null && !probe.oaep.sha1 && !probe.oaep.sha256
      ? [block(`${target.name} does no RSA-OAEP`, probeWords(probe), 'it, for recipients', 'recipients')]
      : []),
  ]
}

const warn = (what: string, why: string, screen: string | null): Warning => ({ what, why, screen })

const copiesOf = ({ keks, escrowGroup }: Wanted): string[] => [
  ...keks.map(({ vault }) => `a transfer file for ${vault.identity.host}`),
  ...(escrowGroup === null ? [] : [`a package for the share group ${escrowGroup.facts.name}`]),
]

const warningsOn = (wanted: Wanted): Warning[] => {
  const { draft, facts, keks, escrowGroup } = wanted
  const { testOnly } = mechanismOf(wanted)
  const taken = facts.shownKeys.read && facts.shownKeys.value.some(({ label }) => label === draft.label)
  return [
    ...(draft.destination === 'none'
      ? [
          warn(
            `${draft.label} can never leave ${facts.target.name}`,
            'If the token is lost, erased or broken, what this key protects can’t be opened. Only the vendor’s own backup of the whole token covers it',
            'destinations',
          ),
        ]
      : [
          warn(
            `Until the last step ${draft.label} can be wrapped by whoever has the PIN`,
            'If the run is broken off, Overview says so until it is finished',
            'destinations',
          ),
          warn(
            'Nothing else gets this key',
            `After it is locked it is on the token and in: ${copiesOf(wanted).join('; ')}`,
            'destinations',
          ),
          ...(escrowGroup === null
            ? [
                warn(
                  `Nobody can bring ${draft.label} back if the token and the vaults are lost`,
                  'No share group is chosen: a transfer file is no escrow',
                  'recipients',
                ),
              ]
            : []),
        ]),
    ...(keks.length > 0 && testOnly
      ? [
          warn(
            'The transfer files are for tests only',
            'The token fills the key up with zero bytes before it wraps it. Whether Azure takes that is not known; the files say so in their names',
            'destinations',
          ),
        ]
      : []),
    ...(escrowGroup !== null && testOnly
      ? [
          warn(
            'The token wraps the key for escrow against RFC 5649',
            'Up to 7 zero bytes follow the key in the package. OpenSSL and Keyturn take that, and the manifest says so; another program may not',
            'recipients',
          ),
        ]
      : []),
    ...replacedWarnings(wanted),
    ...(taken
      ? [
          warn(
            `${facts.target.name} has a key named ${draft.label} already`,
            'Both stay; the id tells them apart, the name does not',
            'key',
          ),
        ]
      : []),
    ...pinWarnings(facts, 'key'),
  ]
}

const notesOn = (facts: Facts): Evidence[] => {
  const { label: statement, ...wrap } = probeShown(facts)
  return [
    ...tokenNotes(facts),
    { statement, ...wrap },
    note(facts.shownKeys, 'Public keys on the token', (keys) => String(keys.length)),
  ]
}
