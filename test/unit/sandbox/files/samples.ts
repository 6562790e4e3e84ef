import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { FileFormatError, type FileFault } from '../../../../sandbox/sqlserver/files/index.ts'

const generate = promisify(generateKeyPair)

export async function rsaKey(bits: number): Promise<KeyObject> {
  return (await generate('rsa', { modulusLength: bits })).privateKey
}

export const NOT_BEFORE = new Date('2026-01-02T03:04:05Z')
export const NOT_AFTER = new Date('2031-01-02T03:04:05Z')

/** The reason why `read` refuses; fails when it accepts or throws anything else. */
export function refusal(read: () => unknown): FileFault {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(FileFormatError)
    return (error as FileFormatError).reason
  }
  return expect.unreachable('The reader accepted what it should refuse.')
}

export async function refusalOf(read: () => Promise<unknown>): Promise<FileFault> {
  try {
    await read()
  } catch (error) {
    expect(error).toBeInstanceOf(FileFormatError)
    return (error as FileFormatError).reason
  }
  return expect.unreachable('The reader accepted what it should refuse.')
}

/** Copies of `bytes`, each with one bit turned. */
export function* flips(bytes: Buffer, bitsOf: (at: number) => number[] = () => [0, 1, 2, 3, 4, 5, 6, 7]) {
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of bitsOf(at)) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ (1 << bit)
      yield changed
    }
  }
}

/** One bit of each byte, another one from byte to byte. */
export const oneBit = (at: number): number[] => [(at * 5) % 8]

export function* truncations(bytes: Buffer) {
  for (let length = 0; length < bytes.length; length++) yield bytes.subarray(0, length)
}
