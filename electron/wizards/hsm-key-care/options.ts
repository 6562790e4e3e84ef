import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { TokenKeyFact } from '../../ports/token-readings.ts'
import { noTokenCheck, pinCheck, suggestedPin, tokenFacts } from '../hsm/shown.ts'
import { keyRefusal } from './advice.ts'
import { isLast, linesOf, verdictWords } from './copy-words.ts'
import type { Facts } from './facts-model.ts'
import { nameOf } from './plan.ts'

/** Destroying is chosen, and no other copy is known: then a person types the label. */
export const nameAsked = (answers: Answers, facts: Facts | null): boolean =>
  facts !== null && facts.key !== null && answers['task'] === 'destroy' && isLast(facts)

/** What the screens show. Pure. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
): FormFacts => {
  if (facts === null)
    return {
      options: { tokenTargets: targets, tokenKeys: [] },
      shown: [],
      flags: {},
      suggested: {},
      checks: screen === 'key' && targets.length === 0 ? [noTokenCheck(now)] : [],
      readAt: now,
    }
  return {
    options: { tokenTargets: targets, tokenKeys: keyOptions(facts) },
    shown: screen === 'key' ? [...tokenFacts(facts), readingShown(facts)] : copiesShown(facts),
    flags: { lastKnown: nameAsked(answers, facts) },
    suggested: { pinMode: suggestedPin(facts) },
    checks: screen === 'key' ? [pinCheck(facts), readingCheck(facts)] : [copiesCheck(facts)],
    readAt: facts.readAt,
  }
}

const keyOptions = (facts: Facts): FactOption[] =>
  (facts.reading?.keys ?? []).map((key, index) => {
    const reason = keyRefusal(facts, key)
    return {
      // One that can't be found again by its id is shown, and can't be chosen.
      value: reason === null ? key.id : `${index + 1}`,
      label: nameOf(key),
      detail: detailOf(key),
      usable: reason === null,
      ...(reason === null ? {} : { reason }),
    }
  })

const detailOf = ({ halves, type, bits, curve, id, spkiSha256, checkValue }: TokenKeyFact): string =>
  [
    `${type} ${curve ?? bits ?? ''}`.trim(),
    halves.map((half) => half.class).join(' and '),
    id === '' ? 'no id' : `id ${id}`,
    ...(spkiSha256 === null ? [] : [`public key ${spkiSha256.slice(0, 16)}`]),
    ...(checkValue === null ? [] : [`check value ${checkValue}`]),
  ].join(', ')

const readingShown = ({ reading, target, readAt }: Facts): FormFacts['shown'][number] => ({
  label: 'Keys read with the PIN',
  value: reading === null ? 'not since Keyturn started' : String(reading.keys.length),
  source: `${target.name}, logged in`,
  at: reading?.at ?? readAt,
})

const readingCheck = ({ reading, readAt, target }: Facts): FormFacts['checks'][number] => ({
  name: 'Keys of the token',
  state: reading === null ? 'failed' : 'ok',
  detail:
    reading === null
      ? `Not read with the PIN since Keyturn started. Open Connections, ${target.name}, Keys of the token, and choose Log in and read the keys`
      : `${reading.keys.length} read; what is chosen is compared once more when the run begins`,
  at: reading?.at ?? readAt,
  field: 'key',
})

const copiesShown = ({ copies, readAt }: Facts): FormFacts['shown'] => {
  const at = copies?.at ?? readAt
  const line = (label: string, value: string, source: string): FormFacts['shown'][number] => ({
    label,
    value,
    source,
    at,
  })
  if (copies === null) return [line('Keys in vaults', 'no key is chosen', 'nothing was asked')]
  const of = (part: Partial<typeof copies>): string =>
    linesOf({ ...copies, vaults: [], servers: [], packages: [], ...part }).join('; ') || 'none found'
  return [
    line('Keys in vaults', of({ vaults: copies.vaults }), 'the vaults that answered'),
    line('Keys of SQL Servers', of({ servers: copies.servers }), 'the registry of their connectors'),
    line('Escrow packages', of({ packages: copies.packages }), 'list of this profile'),
    line('Asked', copies.asked.join('; '), 'the connections of this profile'),
    line('Not asked', copies.notAsked.join('; ') || 'nothing', 'the connections of this profile'),
  ]
}

const copiesCheck = (facts: Facts): FormFacts['checks'][number] => ({
  name: 'Copies',
  state: isLast(facts) ? 'unknown' : 'ok',
  detail: verdictWords(facts),
  at: facts.copies?.at ?? facts.readAt,
  field: null,
})
