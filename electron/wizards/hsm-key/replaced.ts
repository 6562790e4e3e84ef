import type { HsmKeyDraft } from '../../../shared/forms/hsm-key-draft.ts'
import type { Blocker, Warning } from '../../../shared/model/plan.ts'
import { findPublic, script } from '../../scripts/pkcs11/calls.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts, ShownKey } from './facts-model.ts'
import type { Wanted } from './plan.ts'

/**
 * A rotation of a token's key: the new key is made here, the old one stays. What the old key has that the new one would
 * lack is named while it can still be chosen. Pure.
 */

export const replacedOf = (
  { replaces }: Pick<HsmKeyDraft, 'replaces'>,
  { shownKeys }: Facts,
): ShownKey | null => {
  if (replaces === '' || !shownKeys.read) return null
  const [found, twin] = shownKeys.value.filter(({ id }) => id === replaces)
  return twin === undefined ? (found ?? null) : null
}

export const nameOf = ({ label, id }: ShownKey): string => (label === '' ? id : label)

export const keepSteps = ({ draft, facts, replaced }: Wanted): Draftstep[] =>
  replaced === null
    ? []
    : [
        {
          kind: 'keep-hsm-key',
          title: `Read ${nameOf(replaced)}, which stays`,
          now: 'It is on the token',
          after: 'It is there as it was; nothing of this run touches it',
          scripts: [script(findPublic(replaced.id))],
          params: {
            label: nameOf(replaced),
            keyId: replaced.id,
            spkiSha256: replaced.spkiSha256,
            by: draft.label,
          },
          permission: `The PIN of the user of ${facts.target.name}`,
          undo: { can: false, because: 'It only reads', leaves: 'nothing' },
          resume: 'named',
          stopNow: null,
        },
      ]

export const replacedBlockers = ({ draft, facts, replaced }: Wanted): Blocker[] =>
  draft.replaces === '' || replaced !== null
    ? []
    : [
        {
          what: 'The key that is to be replaced',
          measured: facts.shownKeys.read
            ? `${facts.target.name} shows no key, or more than one, with the id ${draft.replaces.slice(0, 64)}`
            : facts.shownKeys.because,
          limit: 'exactly one: choose again, or none',
          screen: 'key',
        },
      ]

const warn = (what: string, why: string, screen: string): Warning => ({ what, why, screen })

export const replacedWarnings = (wanted: Wanted): Warning[] => {
  const { draft, facts, replaced, keks, escrowGroup } = wanted
  if (replaced === null) return []
  const old = nameOf(replaced)
  const rsaBits = draft.type === 'rsa-2048' ? 2048 : draft.type === 'rsa-3072' ? 3072 : null
  const chosen = new Set(keks.map(({ vault }) => vault.identity.host))
  const missed = holdersOf(facts, replaced).filter(({ host }) => !chosen.has(host))
  const packages = facts.packages.filter(
    ({ items, replacedBy }) =>
      replacedBy === null && items.some(({ spkiSha256 }) => spkiSha256 === replaced.spkiSha256),
  )
  return [
    warn(
      `${old} is replaced only when what hangs on it was moved`,
      `This run makes ${draft.label}. Import to Azure brings it into the vaults, Rotation of a vault key puts the databases under it. Backups and logs from before need ${old} still`,
      'key',
    ),
    ...(rsaBits !== null && replaced.bits !== null && rsaBits < replaced.bits
      ? [
          warn(
            `${draft.label} is smaller than ${old}`,
            `${rsaBits.toLocaleString('en-US')} bits after ${replaced.bits.toLocaleString('en-US')}`,
            'key',
          ),
        ]
      : []),
    ...missed.map(({ host, name }) =>
      warn(
        `${host} has ${old} as ${name}, and gets no transfer file for ${draft.label}`,
        'What hangs on the key there could not be moved. Choose the vault’s key for imports, or leave it out knowingly',
        'destinations',
      ),
    ),
    ...unread(facts).map((source) =>
      warn(
        `Whether a vault has ${old} was not read: ${source}`,
        'What hangs on it there would not be moved',
        'destinations',
      ),
    ),
    ...(packages.length > 0 && escrowGroup === null
      ? [
          warn(
            `${old} is in escrow, ${draft.label} would not be`,
            `By the list of packages: ${packages.map(({ id }) => id).join(', ')}`,
            'recipients',
          ),
        ]
      : []),
  ]
}

const unread = ({ vaults }: Facts): string[] =>
  [...vaults.values()].flatMap((read) => (read.read ? [] : [read.source]))

/** Vaults that were read and have the same public key in the newest version of a key. */
const holdersOf = ({ vaults }: Facts, { spkiSha256 }: ShownKey): { host: string; name: string }[] =>
  [...vaults.values()].flatMap((read) =>
    read.read
      ? read.value.keys
          .filter((key) => key.spkiSha256 === spkiSha256)
          .map(({ name }) => ({ host: read.value.identity.host, name }))
      : [],
  )
