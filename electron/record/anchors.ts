import type { AnchorComparison } from '../../shared/ipc/schemas.ts'
import type { ChainCheck, Operator } from '../../shared/model/record.ts'
import type { Head, Record } from './record.ts'
import { verifierName } from './verifier-script.ts'

export interface AnchorFacts extends Head {
  /** Fingerprint of the key that signing began with. */
  identity: string
  countersigner: string | null
  at: Date
  operator: Operator
  rehearsal: boolean
}

/** A page that a person can read, keep and paste again; the line with the command holds all that a check needs. */
export const anchorText = (facts: AnchorFacts): string => {
  const { count, head, identity, countersigner, at, operator, rehearsal } = facts
  const rows: [string, string][] = [
    ['Entries', String(count)],
    ['Head', inFours(head)],
    ['Record', inFours(identity)],
    ['Countersigner', countersigner === null ? 'none yet' : inFours(countersigner)],
    ['Made', withOffset(at)],
    ['By', operator.name === operator.account ? operator.account : `${operator.name} (${operator.account})`],
  ]
  const more = countersigner === null ? '' : ` --countersigner ${countersigner}`
  return [
    `KEYTURN RECORD ANCHOR${rehearsal ? ' (REHEARSAL)' : ''}`,
    '',
    ...rows.map(([label, value]) => `${`${label}:`.padEnd(16)}${value}`),
    '',
    'Keep this away from the computer that the record is on. Head is the hash of the last of',
    'these entries. It shows later whether one of them was changed or removed. Record is the',
    'fingerprint of the key that signing began with, Countersigner that of the key in the',
    'keyring. To check an export of the record (Audit, Export record), with Node 20 or newer:',
    '',
    `node ${verifierName} FILE --key ${identity}${more} --anchor ${count}:${head}`,
    '',
  ].join('\n')
}

const inFours = (text: string): string => text.replace(/(.{4})(?=.)/g, '$1 ')

const withOffset = (at: Date): string => {
  const minutes = -at.getTimezoneOffset()
  const text = (time: Date): string => time.toISOString().slice(0, 19).replace('T', ' ')
  const two = (part: number): string => String(Math.trunc(part)).padStart(2, '0')
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
  return `${text(new Date(at.getTime() + minutes * 60_000))} ${offset} (${text(at)} UTC)`
}

/** From a whole anchor, `COUNT:HASH`, or a hash alone, with or without spaces; null: none of these. */
export const parseAnchor = (text: string): { count: number | null; head: string } | null => {
  const [, count, head] = /(?<![\d])(\d{1,15}):([0-9a-f]{64})(?![0-9a-f])/i.exec(text) ?? []
  if (count !== undefined && head !== undefined) return { count: Number(count), head: head.toLowerCase() }
  const bare = text.replace(/\s/g, '').toLowerCase()
  return /^[0-9a-f]{64}$/.test(bare) ? { count: null, head: bare } : null
}

/** Whether the record still leads to this anchor. The hash of one entry tells that only if the chain up to it holds. */
export const compareAnchor = async (record: Record, text: string): Promise<AnchorComparison> => {
  const anchor = parseAnchor(text)
  const chain = await record.checkChain()
  const answer = (state: AnchorComparison['state'], detail: string) => ({ state, detail, at: chain.at })
  if (anchor === null)
    return answer('unreadable', 'Paste a whole anchor, COUNT:HASH, or the 64 characters of its head')
  const seq = record.seqOf(anchor.head) ?? (anchor.head === '0'.repeat(64) ? 0 : null)
  if (seq === null || (anchor.count !== null && anchor.count !== seq))
    return answer('differs', notThere(anchor.count, chain))
  if (!chain.unbroken && chain.brokenAt <= seq)
    return answer('differs', `Entry ${seq} has this hash, but entry ${chain.brokenAt} before it does not fit`)
  return answer('same', `Entry ${seq} has this hash, and entries 1 to ${seq} fit together`)
}

const notThere = (count: number | null, chain: ChainCheck): string => {
  if (count === null) return 'No entry has this hash: the end was cut off, or what led to it was rewritten'
  return count > chain.entries
    ? `The anchor is of entry ${count}, and the record ends at ${chain.entries}: its end was cut off`
    : `Entry ${count} has another hash: it, or one before it, was rewritten`
}
