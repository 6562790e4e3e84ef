import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  frameLimit,
  frameOf,
  frameReader,
  packMessage,
  unpackMessage,
} from '../../../electron/platform/frames.ts'

test('frames come out whole, however the stream is cut; chunks are wiped', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (payloads, cuts) => {
        const stream = Buffer.concat(payloads.map((payload) => frameOf(payload)))
        const frames: Buffer[] = []
        const read = frameReader((frame) => frames.push(frame))
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const chunk = Buffer.from(stream.subarray(at, (at += cuts[turn % cuts.length] ?? 1)))
          read(chunk)
          expect(chunk.every((byte) => byte === 0)).toBe(true)
        }
        expect(frames.map((frame) => Uint8Array.from(frame))).toEqual(payloads)
      },
    ),
  )
})

test.each([0, frameLimit + 1, 0xffffffff])(
  'a length of %i is refused before anything is reserved',
  (length) => {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(length)
    expect(() => frameReader(() => undefined)(head)).toThrow(RangeError)
  },
)

test('a message keeps its form and its bytes, which are no text anywhere in it', () => {
  const message = {
    id: 7,
    op: 'logIn',
    takes: { pin: Buffer.from('1234'), seen: null, list: [1, Uint8Array.of(9)] },
  }
  const packed = packMessage(message)
  expect(packed.toString('latin1').split('1234').length).toBe(2)
  expect(unpackMessage(packed)).toEqual({
    id: 7,
    op: 'logIn',
    takes: { pin: Buffer.from('1234'), seen: null, list: [1, Buffer.of(9)] },
  })
})

test('whatever is not a message is refused with an error, never read beyond its end', () => {
  const good = packMessage({ a: Buffer.from('abc'), b: 'text' })
  fc.assert(
    fc.property(
      fc.nat(good.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (at, change, cut) => {
        const bad = Buffer.from(cut ? good.subarray(0, at) : good)
        if (!cut) bad[at] = (bad[at] ?? 0) ^ change
        try {
          const read = JSON.stringify(unpackMessage(bad))
          expect(read.length).toBeLessThan(500)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Error)
        }
      },
    ),
  )
})
