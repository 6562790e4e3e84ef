import type { KeyRow } from '../../shared/ipc/schemas.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { HsmKey } from '../ports/hsm.ts'
import type { OpenHsm } from '../ports/hsm-targets.ts'

/** A token as the inventory reads it: with `seesAll` somebody is logged in, else only public halves are shown. */
export interface TokenToRead {
  open: OpenHsm
  seesAll: boolean
}

/** A row for each key; both halves of a pair are one. Changes nothing. */
export const readTokenKeys = async (
  { open, seesAll }: TokenToRead,
  { id: target, name, environment }: TargetRef,
  now: Date,
): Promise<KeyRow[]> => {
  const found = (await open.token.find(seesAll ? {} : { onlyPublic: true })).filter(
    ({ kept }) => kept === 'token',
  )
  const halves = new Map<string, HsmKey[]>()
  for (const [index, key] of found.entries()) {
    // A key without an id belongs to no other.
    const mark = key.id === '' ? `none-${index}` : `${key.id}-${key.type}`
    halves.set(mark, [...(halves.get(mark) ?? []), key])
  }
  return [...halves].map(([mark, keys]) => {
    const own = keys.find((key) => key.class !== 'public') ?? null
    const key = own ?? keys[0]
    return {
      id: `${target}/${mark}`,
      name: key === undefined || key.label === '' ? `key ${mark}` : key.label,
      kind: 'key on a token',
      target: name,
      environment,
      state: null,
      thumbprint: null,
      algorithm: key === undefined ? null : algorithmOf(key),
      expires: null,
      lastExport: 'not-recorded',
      changed: null,
      protects: [],
      needs: [],
      more: key === undefined ? [] : wordsOn(key, own !== null, seesAll),
      readAt: now.toISOString(),
      source: `${name}, token ${open.identity.serial}`,
    }
  })
}

const algorithmOf = ({ type, bits, curve }: HsmKey): string =>
  curve !== null ? `${type} ${curve}` : bits === null ? type : `${type} ${bits}`

const wordsOn = (key: HsmKey, isOwn: boolean, seesAll: boolean): NonNullable<KeyRow['more']> => {
  const { attributes, id, spkiSha256, checkValue } = key
  return [
    { label: 'Id', value: id === '' ? 'none' : id },
    ...(spkiSha256 === null ? [] : [{ label: 'SHA-256 of its public key', value: spkiSha256 }]),
    ...(checkValue === null ? [] : [{ label: 'Check value', value: checkValue }]),
    ...(isOwn
      ? [
          { label: 'Can it leave the token', value: leavingWords(attributes) },
          { label: 'Where it was made', value: madeWords(attributes) },
          {
            label: 'Can it be read',
            value:
              attributes.sensitive === true
                ? 'no'
                : 'not said to be sensitive: look at it with the vendor’s tool',
          },
        ]
      : [
          {
            label: 'Private half',
            value: seesAll
              ? 'not on this token'
              : 'not read: a token shows it only after its PIN. Read again logs in with the kept one',
          },
        ]),
  ]
}

export const leavingWords = ({
  extractable,
  neverExtractable,
}: Pick<HsmKey['attributes'], 'extractable' | 'neverExtractable'>): string => {
  if (extractable === null) return 'the token does not say'
  if (extractable) return 'yes: whoever has the PIN can wrap it. Nothing locked it yet'
  return neverExtractable === true ? 'no, and it never could' : 'no. It could once: copies may be elsewhere'
}

const madeWords = ({ local }: Pick<HsmKey['attributes'], 'local'>): string =>
  local === null
    ? 'the token does not say'
    : local
      ? 'on this token'
      : 'elsewhere, or it was restored: this is a copy'
