import { createDecipheriv } from 'node:crypto'

const MARK = 0xa65959a6
const STEPS = 6

/**
 * Opens AES key wrap with padding (RFC 5649). Written out because not every build of Node has the native one. Throws a
 * RangeError when the key does not fit or bytes are changed.
 */
export const unwrapPadded = (kek: Buffer, wrapped: Buffer): Buffer => {
  const blocks = wrapped.length / 8 - 1
  if (!Number.isInteger(blocks) || blocks < 1)
    throw new RangeError('a wrapped key has whole blocks of 8 bytes')
  const open = (block: Buffer): Buffer => {
    const cipher = createDecipheriv(`aes-${kek.length * 8}-ecb`, kek, null).setAutoPadding(false)
    return Buffer.concat([cipher.update(block), cipher.final()])
  }
  if (blocks === 1) {
    const block = open(wrapped)
    return unpadded(block.subarray(0, 8), block.subarray(8))
  }
  let head = Buffer.from(wrapped.subarray(0, 8))
  const body = Buffer.from(wrapped.subarray(8))
  for (let step = STEPS - 1; step >= 0; step--)
    for (let block = blocks; block >= 1; block--) {
      const counter = Buffer.alloc(8)
      counter.writeBigUInt64BE(BigInt(blocks * step + block))
      const mixed = Buffer.from(head.map((byte, at) => byte ^ (counter[at] ?? 0)))
      const at = (block - 1) * 8
      const opened = open(Buffer.concat([mixed, body.subarray(at, at + 8)]))
      head = Buffer.from(opened.subarray(0, 8))
      opened.copy(body, at, 8)
    }
  return unpadded(head, body)
}

const unpadded = (head: Buffer, body: Buffer): Buffer => {
  const length = head.readUInt32BE(4)
  const padding = body.length - length
  if (
    head.readUInt32BE(0) !== MARK ||
    padding < 0 ||
    padding > 7 ||
    body.subarray(length).some((byte) => byte !== 0)
  )
    throw new RangeError('the wrapped key does not open')
  return Buffer.from(body.subarray(0, length))
}
