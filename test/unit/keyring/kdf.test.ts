import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  assertParameters,
  deriveCalibrated,
  productionPolicy,
  type KdfPolicy,
} from '../../../electron/keyring/kdf.ts'
import type { Clock } from '../../../electron/ports/clock.ts'
import { FixedClock } from '../platform/fixed-clock.ts'

const salt = randomBytes(32)
const passphrase = Buffer.from('an owl counts seven keys')

/** Each derivation seems to take as many milliseconds as the list says. */
const clockOf = (...durations: number[]): Clock => {
  let now = 0
  let started = false
  return {
    now: () => new Date(0),
    monotonicMs: () => {
      if (started) now += durations.shift() ?? 0
      started = !started
      return now
    },
  }
}

const small: KdfPolicy = {
  minimumN: 2 ** 10,
  preferredMaximumN: 2 ** 12,
  maximumN: 2 ** 13,
  maximumP: 4,
  targetMs: 250,
}

describe('calibration', () => {
  test('the least work is enough where it takes long enough', async () => {
    const { parameters, measuredMs } = await deriveCalibrated(passphrase, salt, small, clockOf(250))
    expect({ parameters, measuredMs }).toEqual({ parameters: { N: 2 ** 10, r: 8, p: 1 }, measuredMs: 250 })
  })

  test('first memory grows, then passes, until it takes long enough', async () => {
    const { parameters, measuredMs } = await deriveCalibrated(
      passphrase,
      salt,
      small,
      clockOf(50, 99, 200, 249, 400),
    )
    expect({ parameters, measuredMs }).toEqual({ parameters: { N: 2 ** 12, r: 8, p: 4 }, measuredMs: 400 })
  })

  test('ends at the limits, and what it made is accepted', async () => {
    const { parameters } = await deriveCalibrated(passphrase, salt, small, clockOf())
    expect(parameters).toEqual({ N: 2 ** 12, r: 8, p: 4 })
    expect(() => assertParameters(parameters, small)).not.toThrow()
  })

  test('the product starts at 2^17 and works with it', async () => {
    expect(productionPolicy).toMatchObject({ minimumN: 2 ** 17, targetMs: 250 })
    const policy = { ...productionPolicy, targetMs: 0 }
    const { parameters, derived } = await deriveCalibrated(passphrase, salt, policy, new FixedClock())
    expect(parameters).toEqual({ N: 2 ** 17, r: 8, p: 1 })
    expect(derived.length).toBe(64)
  })

  test('an unreasonable file is refused by the product too', () => {
    for (const wrong of [
      { N: 2 ** 16, r: 8, p: 1 },
      { N: 2 ** 21, r: 8, p: 1 },
      { N: 2 ** 17, r: 9, p: 1 },
      { N: 2 ** 17, r: 8, p: 17 },
      { N: NaN, r: 8, p: 1 },
    ]) {
      expect(() => assertParameters(wrong, productionPolicy)).toThrow('keyring-parameters')
    }
  })
})
