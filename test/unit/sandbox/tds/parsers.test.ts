import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../../sandbox/sqlserver/tds/bytes.ts'
import { decimalText, scaledFrom } from '../../../../sandbox/sqlserver/tds/decimals.ts'
import { readLogin7 } from '../../../../sandbox/sqlserver/tds/login7.ts'
import { MessageAssembler, PacketReader, packetsOf } from '../../../../sandbox/sqlserver/tds/packets.ts'
import { agreeEncryption, readPrelogin } from '../../../../sandbox/sqlserver/tds/prelogin.ts'
import {
  plainName,
  readBatch,
  readRpcs,
  readTransactionRequests,
} from '../../../../sandbox/sqlserver/tds/requests.ts'
import { UnknownTypeError } from '../../../../sandbox/sqlserver/tds/types.ts'
import { allHeaders, login7Payload, preloginPayload } from './raw-client.ts'

describe('names of procedures', () => {
  it.each([
    ['sp_executesql', 'sp_executesql'],
    ['sys.sp_executesql', 'sp_executesql'],
    ['[dbo].[p]', 'p'],
    ['master.dbo.xp_x', 'xp_x'],
    ['[master]..[xp_x]', 'xp_x'],
    ['sales.dbo.p', 'sales.p'],
    ['other.p', 'other.p'],
    ['[a]]b.c]', 'a]b.c'],
    ['"dbo"."q""r"', 'q"r'],
    ['[open', '[open'],
    ['', ''],
  ])('%s is %s', (name, plain) => {
    expect(plainName(name)).toBe(plain)
  })
})

describe('agreeEncryption', () => {
  // Client: off 0, on 1, not supported 2, required 3, unsaid.
  it.each([
    ['required', [3, 1, 3, 1, 3]],
    ['off', [0, 1, 2, 1, 2]],
    ['unsupported', [2, 2, 2, 2, 2]],
  ] as const)('%s', (policy, answers) => {
    expect([0, 1, 2, 3, null].map((client) => agreeEncryption(policy, client))).toEqual(answers)
  })
})

describe('decimals', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
        fc.integer({ min: 0, max: 38 }),
        (n, scale) => {
          expect(scaledFrom(decimalText(n, scale), 38, scale)).toBe(n)
        },
      ),
    )
  })

  it.each([
    [-5n, 2, '-0.05'],
    [0n, 0, '0'],
    [123n, 3, '0.123'],
  ])('%i with scale %i reads %s', (scaled, scale, text) => {
    expect(decimalText(scaled, scale)).toBe(text)
  })
})

describe('packets', () => {
  it('are the same message however they are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 9, max: 600 }),
        fc.integer({ min: 1, max: 700 }),
        (payload, packetBytes, chunkBytes) => {
          const wire = packetsOf(1, 51, Buffer.from(payload), packetBytes)
          const reader = new PacketReader(() => 32767)
          const assembler = new MessageAssembler(() => 100_000)
          const messages: Buffer[] = []
          for (let start = 0; start < wire.length; start += chunkBytes) {
            const chunk = wire.subarray(start, start + chunkBytes)
            for (let at = 0; at < chunk.length;) {
              const { packet, next } = reader.take(chunk, at)
              at = next
              const message = packet && assembler.add(packet)
              if (message) messages.push(message.payload)
            }
          }
          expect(messages).toEqual([Buffer.from(payload)])
        },
      ),
    )
  })
})

/** Any outcome but a value, a protocol error or an unknown type is a bug that would cost more than one connection. */
function survives(parse: () => unknown): void {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof ProtocolError) && !(error instanceof UnknownTypeError)) throw error
  }
}

function mutated(valid: Buffer): fc.Arbitrary<Buffer> {
  const edits = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 })
  return fc.tuple(edits, fc.nat(valid.length)).map(([changes, cut]) => {
    const bytes = Buffer.from(valid)
    for (const [at, value] of changes) bytes[at] = value
    return bytes.subarray(0, bytes.length - (cut % 7 === 0 ? cut : 0))
  })
}

const rpc = Buffer.concat([
  allHeaders(),
  Buffer.from([0xff, 0xff, 10, 0, 0, 0]),
  Buffer.from([
    0, 0, 0xe7, 0xff, 0xff, 9, 4, 0xd0, 0, 0x34, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 65, 0, 0, 0, 0, 0,
  ]),
  Buffer.from([1, 64, 0, 1, 0x6a, 17, 38, 2, 17, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
  Buffer.from([0, 0, 0x62, 0x49, 0x1f, 0, 0, 8, 0, 0, 0, 0x38, 0, 1, 0, 0, 0, 0, 0]),
])

describe('parsers survive', () => {
  const runs = { numRuns: 3000 }
  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        const bytes = Buffer.from(random)
        for (const parse of [readPrelogin, readLogin7, readBatch, readRpcs, readTransactionRequests]) {
          survives(() => parse(bytes))
          survives(() => parse(Buffer.concat([allHeaders(), bytes])))
        }
      }),
      runs,
    )
  })

  it.each([
    ['PRELOGIN', preloginPayload(1), readPrelogin],
    ['LOGIN7', login7Payload(), readLogin7],
    ['LOGIN7 with features', login7Payload({ extension: [94, 4] }), readLogin7],
    ['RPC', rpc, readRpcs],
  ])('a damaged %s', (_name, valid, parse) => {
    fc.assert(
      fc.property(mutated(valid), (bytes) => survives(() => parse(bytes))),
      runs,
    )
  })

  it('every parameter type with random values', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 40 }), (type, random) => {
        const head = Buffer.from([0xff, 0xff, 10, 0, 0, 0, 0, 0, type])
        survives(() => readRpcs(Buffer.concat([allHeaders(), head, random])))
      }),
      { numRuns: 20_000 },
    )
  })
})
