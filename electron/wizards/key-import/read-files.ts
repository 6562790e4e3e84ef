import { createHash, createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import type { FactReader } from '../../engine/contract.ts'
import { readByok, type KekBits } from '../../formats/byok.ts'
import { filesIn, readFileCapped } from '../../platform/read-file.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { sha256Of } from '../sqlserver/steps/local-files.ts'
import type { OriginKey, ReadFile, TransferFile } from './facts-model.ts'

/** A transfer file has about 3 KB. */
export const mostTransferBytes = 64 * 1024
/** 500 versions, which is the most that Azure backs up, have about 4 MB. */
export const mostBackupBytes = 16 * 1024 * 1024
const mostPublicBytes = 16 * 1024
const mostNames = 500

/** The error that reading a file ends with is an answer; any other goes up. */
const orProblem = async <Value>(work: () => Promise<Value>): Promise<ReadFile<Value>> => {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    const problem = problemOf(error)
    if (!(error instanceof KeyturnError) || problem.code === 'internal') throw error
    return { ok: false, problem }
  }
}

/** Names of a picked folder that fit. Null: none was picked. */
export const readNames = async (
  place: unknown,
  fits: (name: string) => boolean,
  reader: FactReader,
): Promise<Read<readonly string[]> | null> => {
  if (typeof place !== 'string' || place === '') return null
  const at = reader.clock.now().toISOString()
  const read = await orProblem(async () => {
    const folder = reader.places.folderOf(asPlaceId(place))
    return (await filesIn(folder)).filter(fits).slice(0, mostNames)
  })
  return read.ok
    ? { read: true, value: read.value, source: `Keyturn, ${reader.places.label(asPlaceId(place))}`, at }
    : { read: false, because: read.problem.title, source: 'Keyturn', at }
}

/** The length of the vault's key is not known before its kid is: the shortest one leaves the rest as it is. */
const shortest: KekBits = 2048

export const transferOf = (bytes: Uint8Array, name: string): TransferFile => {
  const { kid, encryptedKey, wrappedKey, generator } = readByok(bytes, shortest, name)
  const [, host = '', kekName = '', kekVersion = ''] =
    /^https:\/\/([^/]+)\/keys\/([^/]+)\/([^/]+)$/.exec(kid) ?? []
  return {
    name,
    sha256: sha256Of(Buffer.from(bytes)),
    kid,
    host,
    kekName,
    kekVersion,
    ciphertextBytes: encryptedKey.length + wrappedKey.length,
    generator,
  }
}

/** Null: the folder or the file is not chosen, or the folder has none of that name. */
const chosenIn = (place: unknown, name: unknown, names: Read<readonly string[]> | null) =>
  typeof place === 'string' && typeof name === 'string' && names?.read === true && names.value.includes(name)
    ? { place: asPlaceId(place), name }
    : null

interface Chosen {
  place: unknown
  name: unknown
  names: Read<readonly string[]> | null
  reader: FactReader
}

export const readTransfer = async (chosen: Chosen): Promise<ReadFile<TransferFile> | null> => {
  const found = chosenIn(chosen.place, chosen.name, chosen.names)
  if (found === null) return null
  return orProblem(async () => {
    const path = join(chosen.reader.places.folderOf(found.place), found.name)
    return transferOf(await readFileCapped(path, mostTransferBytes), found.name)
  })
}

export const readBackup = async (
  chosen: Chosen,
): Promise<ReadFile<{ name: string; sha256: string; bytes: number }> | null> => {
  const found = chosenIn(chosen.place, chosen.name, chosen.names)
  if (found === null) return null
  return orProblem(async () => {
    const bytes = await readFileCapped(
      join(chosen.reader.places.folderOf(found.place), found.name),
      mostBackupBytes,
    )
    return { name: found.name, sha256: sha256Of(bytes), bytes: bytes.length }
  })
}

export const readPublic = async (chosen: Chosen): Promise<ReadFile<OriginKey> | null> => {
  const found = chosenIn(chosen.place, chosen.name, chosen.names)
  if (found === null) return null
  return orProblem(async () => {
    const path = join(chosen.reader.places.folderOf(found.place), found.name)
    return publicKeyOf(await readFileCapped(path, mostPublicBytes), found.name)
  })
}

/** Exactly one public key in PEM: a file with a private half is refused rather than read. */
const publicKeyOf = (bytes: Buffer, file: string): OriginKey => {
  const refused = (what: string) => new KeyturnError('import-public-key', { file, what })
  const text = bytes.toString('latin1')
  if (text.includes('PRIVATE')) throw refused('it holds a private key, which has no business here')
  if (!/^-----BEGIN PUBLIC KEY-----\r?\n[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/.test(text.trimStart()))
    throw refused('it is not one public key in PEM')
  const found = originOf(text, `the file ${file}`)
  if (found === null) throw refused('it is no RSA key')
  if (found.bits !== 2048 && found.bits !== 3072) throw refused(`its key has ${found.bits} bits`)
  return found
}

/** Of a public key in PEM, or DER; null: no RSA key. */
export const originOf = (key: string | Uint8Array, words: string): OriginKey | null => {
  try {
    const read =
      typeof key === 'string'
        ? createPublicKey(key)
        : createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
    if (read.asymmetricKeyType !== 'rsa') return null
    const spki = read.export({ format: 'der', type: 'spki' })
    return {
      spki: spki.toString('base64'),
      spkiSha256: createHash('sha256').update(spki).digest('hex'),
      bits: read.asymmetricKeyDetails?.modulusLength ?? 0,
      words,
    }
  } catch {
    return null
  }
}
