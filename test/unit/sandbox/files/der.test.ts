import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  der,
  DerReader,
  oid,
  only,
  smallInteger,
  TAG,
  unsigned,
} from '../../../../sandbox/sqlserver/files/der.ts'
import { refusal } from './samples.ts'

const reader = (hex: string): DerReader => new DerReader(Buffer.from(hex, 'hex'))

describe('DER', () => {
  it.each([
    ['an indefinite length', '3080020101'],
    ['a long length below 128', '30810302010100'],
    ['a length with leading zeros', `30820080${'00'.repeat(128)}`],
    ['a length of five bytes', '30850000000001'],
    ['a length beyond the data', '3003020101ff'.slice(0, 8)],
    ['no length', '30'],
    ['nothing', ''],
    ['a tag of several bytes', '1f8101020101'],
  ])('refuses %s', (_what, hex) => {
    expect(refusal(() => reader(hex).next())).toBe('format')
  })

  it.each([
    ['an empty number', '0200'],
    ['a negative number', '020180'],
    ['needless zeros', '02020001'],
  ])('refuses %s', (_what, hex) => {
    expect(refusal(() => reader(hex).unsigned())).toBe('format')
  })

  it.each(['0600', '060180', '06022a80', '0603800101', '060b2affffffffffffffffff7f'])(
    'refuses the object identifier %s',
    (hex) => {
      expect(refusal(() => reader(hex).oid())).toBe('format')
    },
  )

  it.each(['0300', '03020101'])('refuses the bit string %s', (hex) => {
    expect(refusal(() => reader(hex).bits())).toBe('format')
  })

  it.each([0, 127, 128, 255, 256, 65_535, 65_536, 100_000])('keeps content of %i bytes', (length) => {
    const content = Buffer.alloc(length, 7)
    expect(only(der(TAG.octetString, content), TAG.octetString).rest()).toEqual(content)
  })

  it('keeps every number and object identifier', () => {
    const arc = fc.nat(2 ** 31 - 1)
    fc.assert(
      fc.property(
        fc.nat(2 ** 32 - 1),
        fc.nat(2),
        fc.nat(39),
        fc.array(arc, { maxLength: 5 }),
        (n, a, b, rest) => {
          expect(new DerReader(smallInteger(n)).smallInteger()).toBe(n)
          const dotted = [a, b, ...rest].join('.')
          expect(new DerReader(oid(dotted)).oid()).toBe(dotted)
        },
      ),
    )
    expect(unsigned(Buffer.from('0000ff', 'hex')).toString('hex')).toBe('020200ff')
    expect(unsigned(Buffer.alloc(0)).toString('hex')).toBe('020100')
  })
})
