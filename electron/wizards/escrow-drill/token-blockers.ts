import type { EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import type { WrapVerdict } from '../../../shared/model/escrow.ts'
import type { Blocker } from '../../../shared/model/plan.ts'
import type { HsmAbility } from '../../ports/hsm.ts'
import { pinBlockers, probeBlockers, writableBlockers } from '../hsm/token-blockers.ts'
import type { Facts, TokenFact } from './facts-model.ts'
import type { PlannedItem } from './plan-parts.ts'
import { tokenKeyOf } from './plan-token.ts'

const on = (what: string, measured: string, limit: string, screen: string | null = 'server'): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

/** What keeps the chosen keys from the chosen token. */
export const tokenBlockers = (
  draft: EscrowDrillDraft,
  facts: Facts,
  items: readonly PlannedItem[],
): Blocker[] => {
  const keys = items.filter(({ onToken }) => onToken)
  return [
    ...(keys.length === 0 ? [noKey(items)] : []),
    ...keys.flatMap(({ item }) =>
      tokenKeyOf(item) === null
        ? [
            on(
              `Item ${item.number} can’t be put on a token`,
              `${item.algorithm} key${item.hsm === null ? ' without what its token said of it' : `, id of ${item.hsm.keyId.length / 2} bytes`}`,
              'An RSA key with its public half, or an AES key with its check value; an id of at most 32 bytes',
              'package',
            ),
          ]
        : [],
    ),
    ...ofToken(draft, facts, keys),
  ]
}

const noKey = (items: readonly PlannedItem[]): Blocker =>
  on(
    'No chosen item is a key of a token',
    items.map(({ item }) => `item ${item.number} is a ${item.kind.replaceAll('-', ' ')}`).join(', ') ||
      'none is chosen',
    'A key that a token wrapped; certificates go to a SQL Server, other items are opened without a target of their own',
    'package',
  )

const ofToken = (draft: EscrowDrillDraft, facts: Facts, keys: readonly PlannedItem[]): Blocker[] => {
  if (facts.token === null) return [on('No token is chosen', 'None', 'A connected token')]
  if (!facts.token.read) return [on('The token was not read', facts.token.because, 'A token that answers')]
  const token = facts.token.value
  return [
    ...pinBlockers(token, draft.pinMode, 'server'),
    ...probeBlockers(token, 'server'),
    ...keys.flatMap((one) => [...wrapBlockers(one, token), ...sizeBlockers(one, token)]),
    ...(draft.purpose === 'recovery'
      ? [
          ...writableBlockers(token, 'server'),
          ...sameIds(keys),
          ...keys.flatMap((one) => takenBlockers(one, token)),
        ]
      : []),
  ]
}

const foreignWraps: Readonly<Partial<Record<WrapVerdict, string>>> = {
  'pkcs7-padded': 'The token that it is from filled it up as PKCS #7 does',
  unknown: 'How the token that it is from wrapped it is not known',
}

/** Where one token does not open what another wrapped. */
const wrapBlockers = ({ item }: PlannedItem, { target, probe }: TokenFact): Blocker[] => {
  const verdict = item.hsm?.wrapVerdict
  const foreign = verdict === undefined ? undefined : foreignWraps[verdict]
  if (foreign !== undefined)
    return [on(`${target.name} can’t unwrap item ${item.number}`, foreign, 'A key wrapped as RFC 5649 says')]
  return verdict === 'zero-padded' && item.algorithm === 'RSA' && probe?.use?.verdict === 'exact'
    ? [
        on(
          `${target.name} can’t unwrap item ${item.number}`,
          'The token that it is from filled it up with zero bytes, against RFC 5649; this one reads RFC 5649 exactly and would take them for a part of the key',
          'A token that fills up the same way; or open the item on the command line, which takes the zero bytes off',
        ),
      ]
    : []
}

const abilityOf = ({ item }: PlannedItem): HsmAbility | null => {
  if (item.algorithm === 'AES') return item.bits === 256 ? 'aes-256' : null
  return item.bits === 2048 ? 'rsa-2048' : item.bits === 3072 ? 'rsa-3072' : null
}

const sizeBlockers = (one: PlannedItem, { target, abilities }: TokenFact): Blocker[] => {
  const ability = abilities.find((known) => known.ability === abilityOf(one))
  return ability?.verdict === 'no'
    ? [
        on(
          `${target.name} takes no key like item ${one.item.number}`,
          ability.words,
          `A mechanism for ${one.item.algorithm}, ${one.item.bits ?? 'any'} bits`,
        ),
      ]
    : []
}

const sameIds = (keys: readonly PlannedItem[]): Blocker[] =>
  [...Map.groupBy(keys, ({ item }) => item.hsm?.keyId).values()].flatMap((same) =>
    same.length > 1
      ? [
          on(
            `Items ${same.map(({ item }) => item.number).join(' and ')} have the same id`,
            same[0]?.item.hsm?.keyId ?? '',
            'A token holds one key under an id: choose one of them',
            'package',
          ),
        ]
      : [],
  )

/** Private and secret keys show themselves after the PIN only: the step itself looks again before it puts anything there. */
const takenBlockers = ({ item }: PlannedItem, { target, shown }: TokenFact): Blocker[] => {
  const there = shown.find(({ id }) => id === item.hsm?.keyId)
  return there === undefined
    ? []
    : [
        on(
          `${target.name} has a key with the id of item ${item.number} already`,
          `${there.label}, id ${there.id}`,
          'No key with that id: a recovery never puts a second one there. Compare it on the page Keys, or choose another token',
        ),
      ]
}
