import type { HsmKey } from '../ports/hsm.ts'
import type { TokenHalf, TokenKeyFact } from '../ports/token-readings.ts'

/**
 * Objects of a token as keys. Halves belong together by id, type and public key; a private half that says no public key
 * joins the only public one of its id, or stays alone. What carries an id or a label twice is counted, never merged. Pure.
 */
export const keysOfObjects = (objects: readonly HsmKey[]): TokenKeyFact[] => {
  const halves = objects.filter(({ kept }) => kept === 'token').map(halfOf)
  const groups: TokenHalf[][] = []
  for (const half of halves.toSorted(byOrder)) {
    const found = groups.find((group) => belongs(half, group, halves))
    if (found === undefined) groups.push([half])
    else found.push(half)
  }
  const keys = groups.map(keyOf)
  const count = (of: (key: Key) => string): ReadonlyMap<string, number> => {
    const found = new Map<string, number>()
    for (const key of keys) found.set(of(key), (found.get(of(key)) ?? 0) + 1)
    return found
  }
  const [ids, labels, marks] = [count(({ id }) => id), count(({ label }) => label), new Map<string, number>()]
  return keys.map((key) => {
    const nth = (marks.get(key.mark) ?? 0) + 1
    marks.set(key.mark, nth)
    return {
      ...key,
      mark: nth === 1 ? key.mark : `${key.mark}-${nth}`,
      sameId: key.id === '' ? 0 : (ids.get(key.id) ?? 1) - 1,
      sameLabel: key.label === '' ? 0 : (labels.get(key.label) ?? 1) - 1,
    }
  })
}

type Key = Omit<TokenKeyFact, 'sameId' | 'sameLabel'>

const halfOf = (key: HsmKey): TokenHalf => {
  const { class: of, type, label, id, bits, curve, kept, attributes, spkiSha256, checkValue } = key
  return { class: of, type, label, id, bits, curve, kept, attributes, spkiSha256, checkValue }
}

const order = ['private', 'public', 'secret'] as const

/** Tokens list objects in any order: two readings of one token are to be the same. */
const byOrder = (a: TokenHalf, b: TokenHalf): number =>
  a.id.localeCompare(b.id) ||
  a.type.localeCompare(b.type) ||
  // What says its public key begins a group that what says none may join.
  Number(a.spkiSha256 === null) - Number(b.spkiSha256 === null) ||
  (a.spkiSha256 ?? '').localeCompare(b.spkiSha256 ?? '') ||
  order.indexOf(a.class) - order.indexOf(b.class) ||
  a.label.localeCompare(b.label) ||
  (a.checkValue ?? '').localeCompare(b.checkValue ?? '')

const belongs = (half: TokenHalf, group: readonly TokenHalf[], all: readonly TokenHalf[]): boolean => {
  const [first] = group
  if (first === undefined || half.id === '' || half.class === 'secret' || first.class === 'secret')
    return false
  if (first.id !== half.id || first.type !== half.type) return false
  if (half.spkiSha256 !== null) return half.spkiSha256 === first.spkiSha256
  const ofId = all.filter((one) => one.id === half.id && one.type === half.type)
  const only = (name: TokenHalf['class']): boolean => ofId.filter((one) => one.class === name).length === 1
  return half.class === 'private' && only('private') && only('public')
}

const keyOf = (halves: readonly TokenHalf[]): Key => {
  const sorted = halves.toSorted((a, b) => order.indexOf(a.class) - order.indexOf(b.class))
  const own = sorted[0] as TokenHalf
  const spkiSha256 = sorted.find((half) => half.spkiSha256 !== null)?.spkiSha256 ?? null
  const { id, label, type, checkValue } = own
  const what = spkiSha256?.slice(0, 16) ?? checkValue ?? own.class
  return {
    mark: [id === '' ? 'no-id' : id, type.toLowerCase(), what].join('-'),
    id,
    label,
    type,
    bits: own.bits ?? sorted.find(({ bits }) => bits !== null)?.bits ?? null,
    curve: own.curve ?? sorted.find(({ curve }) => curve !== null)?.curve ?? null,
    spkiSha256,
    checkValue,
    halves: sorted,
  }
}
