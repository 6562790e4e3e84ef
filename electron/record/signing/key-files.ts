import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { readSigningKey, type SigningKey } from './signature.ts'

/**
 * Where the private key of the present epoch lies. It is not under the passphrase, because entries are signed while
 * the keyring is locked. Another store (one that the operating system wraps, say) has to keep the same promises.
 */
export interface EpochKeys {
  /** The private key to this public key, from wherever it lies at the moment; null where it is gone. */
  find(publicKey: string): SigningKey | null
  /** Makes a next key durable beside the present one. */
  prepare(next: SigningKey): void
  /** Leaves the key to this public key as the only one and destroys every other. Repeating it changes nothing. */
  settle(publicKey: string): void
}

/** A point between two durable operations of a change of keys; tests end the process there. */
export type KeyPoint = 'next-begun' | 'next-written' | 'committed' | 'old-overwritten' | 'next-moved'

/**
 * Two files beside the database, mode 0600, each a PKCS #8 DER: `record.db.key` is the present key, and
 * `record.db.key.next` is there only while keys change. Which of the two counts is never guessed from the files: the
 * database says whose turn it is, and its commit is the one instant at which the turn passes.
 */
export const createEpochKeyFiles = (
  file: string,
  probe: (point: KeyPoint) => void = () => undefined,
): EpochKeys => {
  const nextFile = `${file}.next`
  const find = (publicKey: string): SigningKey | null =>
    [readKey(file), readKey(nextFile)].find((key) => key?.publicKey === publicKey) ?? null
  return {
    find,
    prepare(next) {
      const der = next.privateKey.export({ format: 'der', type: 'pkcs8' })
      try {
        writePrivate(nextFile, der, () => probe('next-begun'))
        flushFolder(dirname(file))
      } finally {
        der.fill(0)
      }
      probe('next-written')
    },
    settle(publicKey) {
      if (readKey(nextFile)?.publicKey === publicKey) {
        overwrite(file)
        probe('old-overwritten')
        renameSync(nextFile, file)
        flushFolder(dirname(file))
        probe('next-moved')
      } else if (overwrite(nextFile)) rmSync(nextFile, { force: true })
    },
  }
}

/** Null: no such file, or one that was only half written. Any other trouble of the disk is thrown. */
const readKey = (file: string): SigningKey | null => {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return null
  const der = readFileSync(file)
  const key = readSigningKey(der)
  der.fill(0)
  return key
}

const writePrivate = (file: string, bytes: Buffer, half: () => void): void => {
  const handle = openSync(file, 'w', 0o600)
  try {
    writeSync(handle, bytes, 0, 20)
    half()
    writeSync(handle, bytes, 20)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Random bytes in its place, flushed. A disk or file system that writes elsewhere may keep the old ones for a while. */
const overwrite = (file: string): boolean => {
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) return false
  const handle = openSync(file, 'r+')
  try {
    const noise = randomFillSync(Buffer.alloc(size))
    for (let written = 0; written < size;) written += writeSync(handle, noise, written)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  return true
}

/** Without this the new name may be lost in a power cut. Windows has no such call and needs none. */
const flushFolder = (folder: string): void => {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
