/**
 * How fast a record is checked, by the program and by the stand-alone script, in entries per second.
 *
 * Reference: nothing but the cryptography of the same record: SHA-256 over the very bytes that entries are hashed by,
 * and the P-256 verification of the very signatures, with everything prepared before the clock starts. One signature
 * for two to three entries; a run writes one for each, which makes the cryptography a larger part on both sides.
 */
import { createHash, verify, type KeyObject } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { verifyChain } from '../../electron/record/chain.ts'
import { canonicalBytes } from '../../electron/record/entry-hash.ts'
import { verifyExport } from '../../electron/record/offline/keyturn-audit-verify.mjs'
import { publicKeyOf, signedBytes } from '../../electron/record/signing/signature.ts'
import { linesOf, makeRecordSample, type SampleRow } from '../fuzz/record-sample.ts'
import { seeded } from '../support/seeded.ts'
import { inTurns, median, type Measured } from './report.ts'

const entries = 4_000
const rounds = 7

export const measureRecordVerify = async (): Promise<Measured[]> => {
  const sample = makeRecordSample(entries, seeded(1))
  try {
    const { rows, identity, db } = sample
    const lines = linesOf(rows)
    const bare = prepareBare(rows)
    const check = (): void => {
      if (!verifyChain(db, '').unbroken) throw new Error('the record of the benchmark is broken')
    }
    const script = (): void => {
      if (verifyExport(lines, { key: identity }).code !== 0) throw new Error('the script calls it broken')
    }
    const perSecond = (milliseconds: number): number => (rows.length * 1_000) / milliseconds
    const measured = async (name: string, ours: () => void): Promise<Measured> => {
      const times = await inTurns(rounds, timed(ours), timed(bare))
      return {
        name,
        value: perSecond(median(times.ours)),
        unit: 'entries/s',
        reference: { name: 'bare-sha256-and-p256', value: perSecond(median(times.theirs)) },
        goal: { word: '>=', ratio: 0.5 },
      }
    }
    return [await measured('record-verify', check), await measured('record-verify-offline', script)]
  } finally {
    sample.end()
  }
}

const prepareBare = (rows: readonly SampleRow[]): (() => void) => {
  const hashed: Buffer[] = []
  const signed: { key: KeyObject; bytes: Buffer; value: Buffer }[] = []
  let key: KeyObject | null = null
  for (const { entry, signature } of rows) {
    const { form, seq, at, offset_minutes, account, person, kind, outcome, run_id, objects, body, prev } =
      entry
    const numbers = [String(form), String(seq), at, String(offset_minutes)]
    const texts = [account, person, kind, outcome, run_id, objects, body, prev]
    hashed.push(canonicalBytes(['keyturn record entry', ...numbers, ...texts]))
    const named = /^signing-/.test(kind)
      ? (JSON.parse(body) as { publicKey: string; fingerprint: string })
      : null
    const next: KeyObject | null = named && publicKeyOf(named.publicKey, named.fingerprint)
    const by: KeyObject | null = key ?? next
    if (signature !== null && by !== null) {
      const { epoch, first, value } = signature
      const bytes = signedBytes({ epoch, first, last: seq, hash: entry.hash })
      signed.push({ key: by, bytes, value: Buffer.from(value, 'hex') })
    }
    key = next ?? key
  }
  return () => {
    for (const bytes of hashed) createHash('sha256').update(bytes).digest('hex')
    for (const { key: by, bytes, value } of signed)
      if (!verify('sha256', bytes, { key: by, dsaEncoding: 'ieee-p1363' }, value))
        throw new Error('a signature of the benchmark does not fit')
  }
}

const timed = (work: () => void) => async (): Promise<number> => {
  const from = performance.now()
  work()
  return performance.now() - from
}
