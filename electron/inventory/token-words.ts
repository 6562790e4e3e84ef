import type { HsmAttributes } from '../ports/hsm.ts'
import type { TokenHalf, TokenKeyFact } from '../ports/token-readings.ts'

/** What a token says of its keys, in words. Pure. */

export const algorithmOf = ({ type, bits, curve }: Pick<TokenKeyFact, 'type' | 'bits' | 'curve'>): string =>
  curve !== null ? `${type} ${curve}` : bits === null ? type : `${type} ${bits}`

export const leavingWords = ({
  extractable,
  neverExtractable,
}: Pick<HsmAttributes, 'extractable' | 'neverExtractable'>): string => {
  if (extractable === null) return 'the token does not say'
  if (extractable) return 'yes: whoever has the PIN can wrap it. Nothing locked it yet'
  return neverExtractable === true ? 'no, and it never could' : 'no. It could once: copies may be elsewhere'
}

const madeWords = ({ local }: Pick<HsmAttributes, 'local'>): string =>
  local === null
    ? 'the token does not say'
    : local
      ? 'on this token'
      : 'elsewhere, or it was restored: this is a copy'

const readingWords = ({ sensitive, alwaysSensitive }: HsmAttributes): string => {
  if (sensitive !== true) return 'not said to be sensitive: look at it with the vendor’s tool'
  return alwaysSensitive === false ? 'no. It could once, or it came from elsewhere' : 'no'
}

const uses = ['sign', 'verify', 'encrypt', 'decrypt', 'wrap', 'unwrap'] as const

const useWords = (attributes: HsmAttributes): string => {
  const may = uses.filter((use) => attributes[use] === true)
  const unsaid = uses.filter((use) => attributes[use] === null)
  return [
    may.length === 0 ? 'none that the token says' : may.join(', '),
    ...(unsaid.length > 0 && unsaid.length < uses.length ? [`not said: ${unsaid.join(', ')}`] : []),
  ].join('; ')
}

const yesNo = (value: boolean | null): string =>
  value === null ? 'the token does not say' : value ? 'yes' : 'no'

export type Told = readonly { label: string; value: string }[]

/** The half by which a key is judged: the private one or the secret key; null: only public ones were shown. */
export const ownHalf = ({ halves }: Pick<TokenKeyFact, 'halves'>): TokenHalf | null =>
  halves.find((half) => half.class !== 'public') ?? null

const missingWords = (key: TokenKeyFact, seesAll: boolean): string | null => {
  const has = (name: TokenHalf['class']): boolean => key.halves.some((half) => half.class === name)
  if (has('secret') || (has('private') && has('public'))) return null
  if (has('private')) return 'not on this token'
  return seesAll
    ? 'not on this token'
    : 'not read: a token shows it only after its PIN. Read again logs in with the kept one'
}

/** What both pages show: id, public key, whether it can leave. */
export const mainWords = (key: TokenKeyFact, seesAll: boolean): Told => {
  const own = ownHalf(key)
  const missing = missingWords(key, seesAll)
  return [
    { label: 'Id', value: key.id === '' ? 'none' : key.id },
    ...(key.spkiSha256 === null ? [] : [{ label: 'SHA-256 of its public key', value: key.spkiSha256 }]),
    ...(key.checkValue === null ? [] : [{ label: 'Check value', value: key.checkValue }]),
    ...(own === null
      ? []
      : [
          { label: 'Can it leave the token', value: leavingWords(own.attributes) },
          { label: 'Where it was made', value: madeWords(own.attributes) },
          { label: 'Can it be read', value: readingWords(own.attributes) },
        ]),
    ...(missing === null ? [] : [{ label: own === null ? 'Private half' : 'Public half', value: missing }]),
  ]
}

const classWords = { private: 'Private half', public: 'Public half', secret: 'Secret key' } as const

/** What only the page of one token shows: uses of each half, and labels where they differ. */
export const halfWords = ({ halves }: TokenKeyFact): Told =>
  halves.flatMap((half, index) => {
    const nth = halves.slice(0, index + 1).filter((one) => one.class === half.class).length
    const name = `${classWords[half.class]}${nth > 1 ? ` (${nth})` : ''}`
    const { attributes } = half
    return [
      { label: `${name}, label`, value: half.label === '' ? 'none' : half.label },
      { label: `${name}, uses`, value: useWords(attributes) },
      { label: `${name}, label can be changed`, value: yesNo(attributes.modifiable) },
      ...(half.class === 'public' || attributes.wrapWithTrusted !== true
        ? []
        : [{ label: `${name}, wrapped only under`, value: 'a key that the security officer trusts' }]),
    ]
  })

const count = (many: number, one: string): string => `${many} other ${many === 1 ? one : `${one}s`}`

/** What a person has to look at. */
export const noticesOf = (key: TokenKeyFact, seesAll: boolean): string[] => {
  const of = (name: TokenHalf['class']): number => key.halves.filter((half) => half.class === name).length
  const labels = new Set(key.halves.map(({ label }) => label))
  return [
    ...(key.sameId > 0
      ? [`${count(key.sameId, 'key')} of this token ${key.sameId === 1 ? 'has' : 'have'} the same id`]
      : []),
    ...(key.sameLabel > 0
      ? [
          `${count(key.sameLabel, 'key')} of this token ${key.sameLabel === 1 ? 'has' : 'have'} the same label`,
        ]
      : []),
    ...(key.id === '' ? ['It has no id: nothing leads to it but its label'] : []),
    ...(of('private') > 1 ? [`The private half is there ${of('private')} times`] : []),
    ...(of('public') > 1 ? [`The public half is there ${of('public')} times`] : []),
    ...(seesAll && of('private') > 0 && of('public') === 0 ? ['Its public half is not on this token'] : []),
    ...(seesAll && of('public') > 0 && of('private') === 0
      ? ['Its private half is not on this token: nothing can be opened with what is there']
      : []),
    ...(labels.size > 1 ? ['Its halves have different labels'] : []),
  ]
}
