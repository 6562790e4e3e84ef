import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { openKeyFiles, type KeyFiles } from '../../../electron/formats/key-files.ts'
import { writePkcs12 } from '../../../electron/formats/pkcs12-write.ts'
import { writePvk } from '../../../electron/formats/pvk.ts'
import { rc4InPlace } from '../../../electron/formats/rc4.ts'
import { makeCertificate, makeKey } from './make-certificate.ts'

const key = makeKey()
const certificate = makeCertificate(key)
const password = Buffer.from('a long escrow password 7')
const salt = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const plain = writePvk(key, null, salt)

/** The 40-bit form, which other programs wrote. */
const weak = (): Buffer => {
  const file = Buffer.from(plain)
  const weakKey = createHash('sha1').update(salt).update(password).digest().subarray(0, 16).fill(0, 5)
  rc4InPlace(weakKey, file.subarray(32))
  file.writeUInt32LE(1, 12)
  file.writeUInt32LE(16, 16)
  return Buffer.concat([file.subarray(0, 24), salt, file.subarray(24)])
}

/** Few iterations: what is tried here is reading, not deriving. */
const pfx = writePkcs12({
  privateKey: key,
  certificate,
  password,
  iterations: 3,
  random: (count) => randomBytes(count),
})

/** Made by OpenSSL, with the iterations of its defaults. */
const vector = (name: string): Buffer => readFileSync(new URL(`../../vectors/keys/${name}`, import.meta.url))
const theirPassword = vector('password.txt')

interface Mutable {
  what: string
  bytes: Buffer
  files(bytes: Buffer): KeyFiles
  password: Buffer
}

const named = (name: string, bytes: Buffer): { name: string; bytes: Buffer } => ({ name, bytes })
const asPvk =
  (beside: Buffer) =>
  (bytes: Buffer): KeyFiles => ({
    certificate: named('pair.cer', beside),
    privateKey: named('pair.pvk', bytes),
  })
const asPfx = (bytes: Buffer): KeyFiles => ({ certificate: named('pair.pfx', bytes), privateKey: null })
const asCer =
  (beside: Buffer) =>
  (bytes: Buffer): KeyFiles => ({
    certificate: named('pair.cer', bytes),
    privateKey: named('pair.pvk', beside),
  })

/** Each whole pair with the one file of it that is changed. */
const pairs: readonly Mutable[] = [
  { what: 'strong .pvk', bytes: writePvk(key, password, salt), files: asPvk(certificate), password },
  { what: 'weak .pvk', bytes: weak(), files: asPvk(certificate), password },
  { what: 'unencrypted .pvk', bytes: plain, files: asPvk(certificate), password },
  { what: '.pfx', bytes: pfx, files: asPfx, password },
  { what: '.cer', bytes: certificate, files: asCer(plain), password },
  ...['strong.pvk', 'weak.pvk', 'plain.pvk'].map((name) => ({
    what: `${name} of OpenSSL`,
    bytes: vector(name),
    files: asPvk(vector('cert.cer')),
    password: theirPassword,
  })),
  { what: '.pfx of OpenSSL', bytes: vector('modern.pfx'), files: asPfx, password: theirPassword },
  {
    what: '.cer of OpenSSL',
    bytes: vector('cert.cer'),
    files: asCer(vector('plain.pvk')),
    password: theirPassword,
  },
]

export type Change = {
  kind: 'flip' | 'set' | 'cut' | 'drop' | 'insert' | 'repeat'
  at: number
  size: number
  byte: number
}

export const change = fc.record({
  kind: fc.constantFrom('flip', 'set', 'cut', 'drop', 'insert', 'repeat'),
  at: fc.nat(1_000_000),
  size: fc.integer({ min: 1, max: 40 }),
  byte: fc.nat(255),
}) satisfies fc.Arbitrary<Change>

export const changed = (bytes: Buffer, { kind, at, size, byte }: Change): Buffer => {
  const place = bytes.length === 0 ? 0 : at % bytes.length
  const copy = Buffer.from(bytes)
  switch (kind) {
    case 'flip':
      if (copy.length > 0) copy.writeUInt8(copy.readUInt8(place) ^ (1 << (byte & 7)), place)
      return copy
    case 'set':
      return copy.fill(byte, place, Math.min(copy.length, place + size))
    case 'cut':
      return copy.subarray(0, place)
    case 'drop':
      return Buffer.concat([copy.subarray(0, place), copy.subarray(place + size)])
    case 'insert':
      return Buffer.concat([copy.subarray(0, place), Buffer.alloc(size, byte), copy.subarray(place)])
    case 'repeat':
      return Buffer.concat([
        copy.subarray(0, place),
        copy.subarray(place, place + size),
        copy.subarray(place),
      ])
  }
}

/** Every file opens as it is; the property below would say nothing otherwise. */
export const openAsTheyAre = (): string[] =>
  pairs.map(
    ({ what, bytes, files, password: given }) =>
      `${what}: ${openKeyFiles(files(bytes), given).facts.thumbprint}`,
  )

/** Throws with the change that was accepted, or that ended in another error than one of the catalogue. */
export const refuseMutated = (cases: number): void =>
  fc.assert(
    fc.property(
      fc.constantFrom(...pairs),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      ({ bytes, files, password: given }, changes) => {
        const mutated = changes.reduce(changed, bytes)
        if (mutated.equals(bytes)) return true
        try {
          openKeyFiles(files(mutated), given)
        } catch (error) {
          return error instanceof KeyturnError && error.code.startsWith('file-')
        }
        return false
      },
    ),
    { numRuns: cases },
  )
