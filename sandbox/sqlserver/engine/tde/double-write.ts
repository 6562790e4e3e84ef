import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const SUM = 32
const PLACE = 8
const SUFFIX = '.pages'

/**
 * Replaces bytes of a file so that a kill in the middle tears no page: they are written whole to a side file first,
 * and a start puts back what such a file holds. Writing them twice changes nothing.
 */
export function writeTwice(folder: string, name: string, real: string, at: number, bytes: Buffer): void {
  const side = join(folder, `${name}${SUFFIX}`)
  writeFlushed(side, 'w', 0, encode(real, at, bytes))
  writeFlushed(real, 'r+', at, bytes)
  rmSync(side)
}

/** Ends what a kill interrupted. A side file that is not whole was never followed by a write to the real one. */
export function replayDoubleWrites(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith(SUFFIX))) {
    const side = join(folder, name)
    const held = decode(readFileSync(side))
    if (held !== undefined) writeFlushed(held.real, 'r+', held.at, held.bytes)
    rmSync(side)
  }
}

function encode(real: string, at: number, bytes: Buffer): Buffer {
  const path = Buffer.from(real, 'utf8')
  const head = Buffer.alloc(PLACE + 4)
  head.writeBigUInt64LE(BigInt(at), 0)
  head.writeUInt32LE(path.length, PLACE)
  const body = Buffer.concat([head, path, bytes])
  return Buffer.concat([createHash('sha256').update(body).digest(), body])
}

function decode(file: Buffer): { real: string; at: number; bytes: Buffer } | undefined {
  const body = file.subarray(SUM)
  if (body.length < PLACE + 4) return undefined
  if (!createHash('sha256').update(body).digest().equals(file.subarray(0, SUM))) return undefined
  const end = PLACE + 4 + body.readUInt32LE(PLACE)
  return {
    real: body.toString('utf8', PLACE + 4, end),
    at: Number(body.readBigUInt64LE(0)),
    bytes: body.subarray(end),
  }
}

function writeFlushed(path: string, flags: 'w' | 'r+', at: number, bytes: Buffer): void {
  const handle = openSync(path, flags, 0o600)
  try {
    for (let done = 0; done < bytes.length;)
      done += writeSync(handle, bytes, done, bytes.length - done, at + done)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
