import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeWire, encodeWire } from '../../../electron/ipc/wire.ts'

describe('JSON with bytes', () => {
  it('brings every plain value back, with bytes as bytes', () => {
    const part = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array({ maxLength: 64 }),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fc.string({ maxLength: 8 }).filter((key) => key !== '$bytes' && key !== '__proto__'),
          tie('value'),
          {
            maxKeys: 4,
            noNullPrototype: true,
          },
        ),
      ),
    })).value
    fc.assert(
      fc.property(part, (value) => {
        expect(decodeWire(encodeWire(value))).toEqual(value)
      }),
    )
  })

  it('gives bytes of their own: wiping them touches nothing else', () => {
    const first = decodeWire('{"$bytes":"AQID"}') as Uint8Array
    expect(first.buffer.byteLength).toBe(3)
    expect(Buffer.isBuffer(first)).toBe(false)
  })

  it('refuses text beyond one megabyte before it parses it', () => {
    expect(() => decodeWire(`"${'a'.repeat(1_048_576)}"`)).toThrow(RangeError)
  })

  it('takes no prototype from the text', () => {
    const value = decodeWire('{"__proto__":{"isAdmin":true}}') as { isAdmin?: boolean }
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(value.isAdmin).toBeUndefined()
  })
})
