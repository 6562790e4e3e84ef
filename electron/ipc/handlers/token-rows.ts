import { asRunId } from '../../../shared/model/ids.ts'
import type { OpenHsmKey } from '../../../shared/model/hsm.ts'
import type { TokenKeyRow } from '../../../shared/model/token-key.ts'
import { algorithmOf, halfWords, mainWords, noticesOf, ownHalf } from '../../inventory/token-words.ts'
import { careRefusal, type TokenKeyFact, type TokenReading } from '../../ports/token-readings.ts'
import type { CopySearch } from '../../ports/verdicts.ts'
import { copiesWords } from '../../../shared/model/token-key.ts'
import type { Cells } from '../paging.ts'

export const tokenKeyCells: Cells<TokenKeyRow> = {
  label: ({ label }) => label,
  leaves: ({ leaves }) => leaves,
  kind: ({ kind }) => kind,
  algorithm: ({ algorithm }) => algorithm,
  id: ({ id }) => id,
  print: ({ print }) => print,
  notices: ({ notices, open }) => [...(open === null ? [] : ['open']), ...notices].join('. '),
  copies: ({ copies }) => copiesWords(copies),
  token: ({ token }) => token,
}

/** Rows of one reading, with what a comparison of the same reading found. Pure. */
export const tokenKeyRows = (
  reading: TokenReading,
  open: readonly OpenHsmKey[],
  compared: CopySearch | null,
): TokenKeyRow[] => {
  const byId = new Map(open.map((one) => [Buffer.from(one.run, 'latin1').toString('hex'), one]))
  return reading.keys.map((key) => {
    const { id, spkiSha256, checkValue } = key
    const left = byId.get(id)
    return {
      mark: key.mark,
      target: reading.target.id,
      token: reading.target.name,
      label: key.label,
      id,
      kind: kindOf(key),
      algorithm: algorithmOf(key),
      print: spkiSha256 ?? (checkValue === null ? '' : `KCV ${checkValue}`),
      leaves: leavesOf(key),
      attributes: [...mainWords(key, reading.seesAll), ...halfWords(key)],
      notices: noticesOf(key, reading.seesAll),
      open:
        left !== undefined && leavesOf(key) === 'yes'
          ? { run: asRunId(left.run), decided: left.decided }
          : null,
      refusal: careRefusal(key),
      copies: compared?.of({ spkiSha256, checkValue, id, serial: reading.serial }) ?? null,
      readAt: reading.at,
    }
  })
}

const kindOf = ({ halves }: TokenKeyFact): TokenKeyRow['kind'] => {
  const has = (name: string): boolean => halves.some((half) => half.class === name)
  if (has('secret')) return 'secret key'
  if (has('private')) return has('public') ? 'key pair' : 'private half alone'
  return 'public half alone'
}

const leavesOf = (key: TokenKeyFact): TokenKeyRow['leaves'] => {
  const own = ownHalf(key)
  if (own === null) return 'public'
  const { extractable, neverExtractable } = own.attributes
  if (extractable === null) return 'not said'
  if (extractable) return 'yes'
  return neverExtractable === true ? 'never' : 'no longer'
}
