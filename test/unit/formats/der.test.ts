import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  childrenOf,
  DerError,
  oidOf,
  readDer,
  smallIntegerOf,
  tag,
  timeOf,
  unsignedOf,
} from '../../../electron/formats/der.ts'
import { der, oid, sequence, smallInteger, unsigned } from '../../../electron/formats/der-write.ts'

const hex = (text: string): Buffer => Buffer.from(text.replace(/ /g, ''), 'hex')

describe('DER', () => {
  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['an indefinite length', '30 80 00 00'],
    ['a length that could be shorter', '04 81 01 00'],
    ['a length with a leading zero', '04 82 00 80' + '00'.repeat(128)],
    ['a length of five bytes', '04 85 00 00 00 00 01 00'],
    ['a value cut short', '04 05 00'],
    ['bytes after the end', '04 00 00'],
    ['a tag of several bytes', '1f 81 01 00'],
  ])('refuses %s', (_what, bytes) => {
    expect(() => readDer(hex(bytes))).toThrow(DerError)
  })

  test.each([
    ['empty', '02 00'],
    ['negative', '02 01 80'],
    ['not in its shortest form', '02 02 00 7f'],
  ])('refuses an integer that is %s', (_what, bytes) => {
    expect(() => unsignedOf(readDer(hex(bytes)))).toThrow(DerError)
  })

  test('numbers come back', () => {
    fc.assert(
      fc.property(fc.nat(0x7fffffff), (number) => {
        expect(smallIntegerOf(readDer(smallInteger(number)))).toBe(number)
      }),
    )
    expect(unsigned(Buffer.from([0, 0, 0x80])).toString('hex')).toBe('02020080')
    expect(unsigned(Buffer.alloc(0)).toString('hex')).toBe('020100')
  })

  test('object identifiers come back', () => {
    for (const text of [
      '1.2.840.113549.1.1.11',
      '2.5.4.3',
      '0.9.2342.19200300.100.1.1',
      '2.16.840.1.101.3.4.2.1',
    ]) {
      expect(oidOf(readDer(oid(text)))).toBe(text)
    }
    expect(() => oidOf(readDer(hex('06 02 80 01')))).toThrow(DerError)
    expect(() => oidOf(readDer(hex('06 01 81')))).toThrow(DerError)
  })

  test('long values come back', () => {
    for (const length of [0, 127, 128, 255, 256, 65_536]) {
      const [child] = childrenOf(readDer(sequence(der(tag.octetString, Buffer.alloc(length, 7)))))
      expect(child?.value.length).toBe(length)
    }
  })

  test('times are read in the two forms of RFC 5280 only', () => {
    const time = (tagByte: number, text: string) => timeOf(readDer(der(tagByte, Buffer.from(text, 'latin1'))))
    expect(time(tag.utcTime, '491231235959Z').toISOString()).toBe('2049-12-31T23:59:59.000Z')
    expect(time(tag.utcTime, '500101000000Z').toISOString()).toBe('1950-01-01T00:00:00.000Z')
    expect(time(tag.generalizedTime, '20500101000000Z').toISOString()).toBe('2050-01-01T00:00:00.000Z')
    for (const wrong of ['4912312359Z', '491231235959+0100', '490231000000Z', '491301000000Z']) {
      expect(() => time(tag.utcTime, wrong)).toThrow(DerError)
    }
  })
})
