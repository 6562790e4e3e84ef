#!/usr/bin/env node
/**
 * keyturn-audit-verify FILE --key FINGERPRINT [--anchor HASH] [--countersigner FINGERPRINT]
 *
 * Checks an exported record of Keyturn without Keyturn: Node 20 or newer and this file are all it takes. It is written
 * from the description of the format alone, so that it does not share a mistake with the program. No key in FILE is
 * trusted: the first one must have the fingerprint that was given, and each later one must be signed by the one before.
 *
 * Exit code 0: everything fits. 1: something does not, and the first bad entry is named. 2: nothing could be checked.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const noHash = '0'.repeat(64)
const isHash = (text) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)

/** Something does not fit. `entry` is its number, null where it is none in particular. */
class Bad extends Error {
  constructor(entry, why) {
    super(why)
    this.entry = entry
  }
}
/** What was given can't be checked at all. */
class Unusable extends Error {}

// Hashes and signatures

/** Each field as UTF-8 behind its length in 4 bytes; null is the length FFFFFFFF and no bytes. */
const packed = (fields) => {
  const texts = fields.map((field) => (field === null ? null : String(field)))
  const lengths = texts.map((text) => (text === null ? 0 : Buffer.byteLength(text)))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0))
  let at = 0
  for (const [index, text] of texts.entries()) {
    at = bytes.writeUInt32BE(text === null ? 0xffffffff : lengths[index], at)
    if (text !== null) at += bytes.write(text, at)
  }
  return bytes
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

const hashOf = (entry) => {
  const { form, seq, at, offset_minutes, account, person, kind, outcome, run_id, objects, body, prev } = entry
  const fields = [form, seq, at, offset_minutes, account, person, kind, outcome, run_id, objects, body, prev]
  return sha256(packed(['keyturn record entry', ...fields]))
}

const fits = (key, message, value) =>
  /^[0-9a-f]{128}$/.test(value) &&
  verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(value, 'hex'))

/** The key of an entry's body, if it is a P-256 key and has the fingerprint that the body says. */
const keyIn = (body, entry) => {
  const der = Buffer.from(String(body.publicKey), 'hex')
  if (sha256(der) !== body.fingerprint) throw new Bad(entry, 'its key does not have the fingerprint it names')
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  } catch {
    // Said below.
  }
  throw new Bad(entry, 'its key is no P-256 key')
}

// Lines

/** Names of fields in their order, and what each has to be. */
const fieldsOf = (types) => ({ order: Object.keys(types).join(), types: Object.entries(types) })
const isText = (value) => typeof value === 'string'
const isNumber = Number.isSafeInteger

const entryFields = fieldsOf({
  seq: isNumber,
  form: isNumber,
  at: isText,
  offset_minutes: isNumber,
  account: isText,
  person: isText,
  kind: isText,
  outcome: isText,
  run_id: (value) => value === null || isText(value),
  objects: isText,
  body: isText,
  prev: isText,
  hash: isText,
})
const signatureFields = fieldsOf({ first: isNumber, epoch: isNumber, value: isText })
const headFields = fieldsOf({
  format: isText,
  version: isNumber,
  from: isNumber,
  count: isNumber,
  head: isText,
})

const hasFields = (value, { order, types }) =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).join() === order &&
  types.every(([name, is]) => is(value[name]))

/** Null where the line is not written as the format wants it: another spelling of the same content is an edit, too. */
const parsed = (line) => {
  try {
    const value = JSON.parse(line)
    return JSON.stringify(value) === line ? value : null
  } catch {
    return null
  }
}

const headOf = (line) => {
  const head = line === undefined ? null : parsed(line)
  if (!hasFields(head, headFields) || head.format !== 'keyturn record export')
    throw new Unusable('The first line is not that of an exported record')
  if (head.version !== 1) throw new Unusable(`The export has version ${head.version}; this script knows 1`)
  if (head.from < 1 || head.count < head.from || !isHash(head.head))
    throw new Bad(null, 'The first line names entries that can’t be')
  return head
}

const entryOf = (line, expected) => {
  const value = parsed(line)
  const whole = value !== null && Object.keys(value).join() === 'entry,signature'
  if (!whole || !hasFields(value.entry, entryFields)) throw new Bad(expected, 'its line can’t be read')
  if (value.signature !== null && !hasFields(value.signature, signatureFields))
    throw new Bad(value.entry.seq, 'its signature can’t be read')
  return value
}

// The check

const linkKinds = ['signing-began', 'signing-key-changed', 'countersigner-began']

/**
 * @param {Iterable<string>} lines of the file, without their ends
 * @param {{ key: string, anchors?: string[], countersigner?: string | null }} wish
 * @returns {{ code: 0 | 1 | 2, entry: number | null, lines: string[] }}
 */
export const verifyExport = (lines, wish) => {
  try {
    return { code: 0, entry: null, lines: check(lines, wish) }
  } catch (error) {
    if (error instanceof Unusable) return { code: 2, entry: null, lines: [`${error.message}.`] }
    if (!(error instanceof Bad)) throw error
    const where = error.entry === null ? '' : `Entry ${error.entry}: `
    return { code: 1, entry: error.entry, lines: [`${where}${error.message}.`, 'THE RECORD DOES NOT HOLD.'] }
  }
}

const check = (lines, { key: wanted, anchors: given = [], countersigner = null }) => {
  const anchors = given.map(anchorOf)
  const wantedKey = fingerprint(wanted, '--key')
  const wantedCountersigner = countersigner === null ? null : fingerprint(countersigner, '--countersigner')
  const source = lines[Symbol.iterator]()
  const { from, count, head } = headOf(source.next().value)
  const signing = signingFrom(wantedKey, wantedCountersigner, from)
  const found = new Map()
  const wantedHashes = new Set(anchors.map(({ hash }) => hash))

  let link = 0
  let last = from - 1
  let prev = from === 1 ? noHash : null
  for (const line of { [Symbol.iterator]: () => source }) {
    const { entry, signature } = entryOf(line, last + 1)
    if (last === from - 1 && entry.seq < from) {
      if (entry.seq <= link || !linkKinds.includes(entry.kind))
        throw new Bad(entry.seq, 'it does not belong before the first entry of this part')
      link = entry.seq
    } else {
      if (entry.seq > last + 1) throw new Bad(last + 1, missing(last + 1, entry.seq - 1))
      if (entry.seq < last + 1) throw new Bad(last + 1, `entry ${entry.seq} stands in its place`)
      if (prev !== null && entry.prev !== prev)
        throw new Bad(entry.seq, 'it does not follow the entry before it')
      if (prev === null) noteAnchor(found, wantedHashes, from - 1, entry.prev)
      last = entry.seq
      prev = entry.hash
    }
    if (hashOf(entry) !== entry.hash) throw new Bad(entry.seq, 'its content does not match its hash')
    signing.step(entry, signature)
    noteAnchor(found, wantedHashes, entry.seq, entry.hash)
  }

  if (last < count) throw new Bad(last + 1, `${missing(last + 1, count)}: the end of the file was cut`)
  if (last > count || prev !== head) throw new Bad(last, 'the first line names another end than this entry')
  const signed = signing.end(last)
  const said = anchors.map((anchor) => anchorFits(anchor, found, from, last))
  return [
    `Entries ${from} to ${last} fit together. Head: ${head}`,
    ...signed,
    ...(said.length > 0 ? said : ['No anchor was given: an end that was cut off does not show without one.']),
    'THE RECORD HOLDS.',
  ]
}

const missing = (from, to) =>
  from >= to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`

/** Follows the keys: first the one that was asked for, then each that the one before it signed. */
const signingFrom = (wantedKey, wantedCountersigner, from) => {
  let key = null
  let epoch = 0
  let began = 0
  let signedTo = 0
  let changes = 0
  let keeper = null
  let countersignedTo = 0

  const assertSigned = (entry, signature, first) => {
    const { seq, hash } = entry
    if (signature === null) throw new Bad(seq, 'it is not signed')
    if (signature.epoch !== epoch)
      throw new Bad(seq, `it is signed with key ${signature.epoch}, not ${epoch}`)
    if (signature.first !== first)
      throw new Bad(seq, `its signature begins at entry ${signature.first}, not ${first}`)
    if (!fits(key, packed(['keyturn record signature', '1', epoch, first, seq, hash]), signature.value))
      throw new Bad(seq, 'its signature does not fit the key')
    signedTo = seq
  }

  const begin = (entry, signature) => {
    const body = bodyOf(entry)
    if (body.fingerprint !== wantedKey) return
    key = keyIn(body, entry.seq)
    epoch = body.epoch
    began = entry.seq
    if (body.count !== entry.seq - 1 || body.head !== entry.prev)
      throw new Bad(entry.seq, 'it covers other entries than those before it')
    assertSigned(entry, signature, entry.seq)
  }

  const change = (entry, signature) => {
    const body = bodyOf(entry)
    if (entry.seq > from && signedTo !== entry.seq - 1) throw new Bad(signedTo + 1, 'no signature covers it')
    assertSigned(entry, signature, entry.seq)
    if (body.epoch !== epoch + 1)
      throw new Bad(entry.seq, `its key has number ${body.epoch}, not ${epoch + 1}`)
    key = keyIn(body, entry.seq)
    epoch = body.epoch
    changes += 1
  }

  const countersignature = (entry) => {
    const { fingerprint: by, count, head, signature } = bodyOf(entry)
    if (count !== entry.seq - 1 || head !== entry.prev)
      throw new Bad(entry.seq, 'it countersigns other entries than those before it')
    if (keeper === null || keeper.fingerprint !== by)
      throw new Bad(entry.seq, 'its countersigning key is not the one that began')
    if (wantedCountersigner !== null && by !== wantedCountersigner)
      throw new Bad(entry.seq, `it is countersigned with key ${by}, not the one that was given`)
    if (!fits(keeper.key, packed(['keyturn record countersignature', '1', by, count, head]), signature))
      throw new Bad(entry.seq, 'its countersignature does not fit the key')
    countersignedTo = count
  }

  return {
    step: (entry, signature) => {
      const { kind, seq } = entry
      if (key === null) {
        if (kind === 'signing-began') begin(entry, signature)
        return
      }
      if (kind === 'signing-began')
        throw new Bad(seq, 'signing starts anew here, with a key that the key given does not vouch for')
      if (kind === 'signing-key-changed') change(entry, signature)
      else if (seq < from) assertSigned(entry, signature, seq)
      else if (signature !== null) {
        // A part may begin in the middle of what one signature covers.
        const middle = signedTo < from - 1 && signature.first <= from && signature.first > signedTo
        assertSigned(entry, signature, middle ? signature.first : signedTo + 1)
      }
      if (kind === 'countersigner-began') {
        const body = bodyOf(entry)
        keeper = { fingerprint: body.fingerprint, key: keyIn(body, seq) }
      }
      if (kind === 'countersigned') countersignature(entry)
    },
    end: (last) => {
      if (key === null) throw new Bad(null, `No entry begins signing under the key ${wantedKey}`)
      if (signedTo < last) throw new Bad(signedTo + 1, 'no signature covers it')
      return [
        `Signed from entry ${began} under key ${wantedKey}. Changes of the key since: ${changes}.`,
        ...(began > 1
          ? [`Entries before ${began} are covered by the hash that entry ${began} carries.`]
          : []),
        countersignedTo === 0
          ? 'No countersignature is among these entries.'
          : `Countersigned up to entry ${countersignedTo} with key ${keeper.fingerprint}${wantedCountersigner === null ? ' (compare it with the one you noted)' : ''}.`,
      ]
    },
  }
}

const bodyOf = (entry) => {
  try {
    const body = JSON.parse(entry.body)
    if (typeof body === 'object' && body !== null) return body
  } catch {
    // Said below.
  }
  throw new Bad(entry.seq, 'its body can’t be read')
}

// Anchors

const fingerprint = (text, option) => {
  const plain = String(text).replace(/[\s:]/g, '').toLowerCase()
  if (!isHash(plain)) throw new Unusable(`${option} takes the 64 characters of a SHA-256 fingerprint`)
  return plain
}

/** `HASH`, or `COUNT:HASH` as an anchor file has it. */
const anchorOf = (text) => {
  const [, count, hash] = /^(?:(\d{1,15}):)?([0-9a-fA-F\s]{64,90})$/.exec(text.trim()) ?? []
  const plain = hash?.replace(/\s/g, '').toLowerCase()
  if (!isHash(plain)) throw new Unusable('--anchor takes HASH or COUNT:HASH, HASH with 64 characters')
  return { count: count === undefined ? null : Number(count), hash: plain }
}

const noteAnchor = (found, wanted, seq, hash) => {
  if (wanted.has(hash)) found.set(hash, seq)
}

const anchorFits = ({ count, hash }, found, from, last) => {
  const seq = found.get(hash) ?? (hash === noHash ? 0 : undefined)
  if (seq !== undefined && (count === null || count === seq))
    return `The anchor fits: entry ${seq} has its hash.`
  if (count !== null && count < from - 1)
    throw new Unusable(`The anchor of entry ${count} is older than this part; export from entry ${count}`)
  if (count !== null && count > last)
    throw new Bad(
      last + 1,
      `The anchor is of entry ${count}, and the file ends at ${last}: the end was cut off`,
    )
  if (count !== null) throw new Bad(count, 'the anchor has another hash: what led to it was rewritten')
  throw new Bad(
    null,
    `No entry from ${from} to ${last} has the hash of the anchor: the end was cut off or rewritten`,
  )
}

// Command line

function* linesOf(file) {
  const handle = openSync(file, 'r')
  try {
    const chunk = Buffer.alloc(1024 * 1024)
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    let rest = ''
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
      const parts = (rest + decoder.decode(chunk.subarray(0, read), { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      yield* parts
    }
    if (rest !== '') yield rest
  } finally {
    closeSync(handle)
  }
}

const usage =
  'Usage: keyturn-audit-verify FILE --key FINGERPRINT [--anchor [COUNT:]HASH] [--countersigner FINGERPRINT]'

const main = () => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        anchor: { type: 'string', multiple: true },
        countersigner: { type: 'string' },
      },
    })
    const [file] = positionals
    if (positionals.length !== 1 || values.key === undefined) throw new Unusable(usage)
    const { key, anchor: anchors = [], countersigner = null } = values
    return verifyExport(linesOf(file), { key, anchors, countersigner })
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { code: 2, entry: null, lines: [text === usage ? usage : `${text}\n${usage}`] }
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { code, lines } = main()
  const stream = code === 2 ? process.stderr : process.stdout
  stream.write(`${lines.join('\n')}\n`)
  process.exitCode = code
}
