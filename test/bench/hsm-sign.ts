import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { once } from 'node:events'
import type { HsmHandle, HsmToken } from '../../electron/ports/hsm.ts'
import { hsmStage, softToken } from '../support/hsm-stage.ts'
import { inTurns, median, type Measured } from './report.ts'

const rounds = 5
const signatures = 1_000
/** How many are asked for at once: enough that the module never waits for the program. */
const atOnce = 8
const data = Buffer.alloc(64, 7)

/**
 * Signatures per second (RSA-2048, SoftHSM) through the module's process, against the same loader called in one process with
 * nothing between. Both sign with the same key.
 */
export const measureHsmSign = async (): Promise<{ lines: Measured[] }> => {
  const stage = hsmStage()
  try {
    const { token, simulated } = await softToken(stage)
    const { privateKey } = await token.generateRsa({
      label: 'bench',
      id: 'be',
      bits: 2048,
      extractable: false,
    })
    const reference = spawn(process.execPath, [join(import.meta.dirname, 'hsm-sign-reference.ts')], {
      env: { PATH: process.env['PATH'], SOFTHSM2_CONF: simulated.configuration },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface(reference.stdout)
    const said = lines[Symbol.asyncIterator]()
    reference.stdin.write(
      `${JSON.stringify({ module: simulated.module, pin: simulated.pin, label: simulated.label })}\n`,
    )
    const theirs = async (): Promise<number> => {
      reference.stdin.write(`${signatures}\n`)
      const { value, done } = await said.next()
      if (done === true) throw new Error('the process of the reference ended')
      return Number(value)
    }
    await ours(token, privateKey.handle)
    await theirs()
    const rates = await inTurns(rounds, () => ours(token, privateKey.handle), theirs)
    reference.stdin.end()
    await once(reference, 'close')
    return {
      lines: [
        {
          name: 'hsm-sign',
          value: median(rates.ours),
          unit: 'signatures/s',
          reference: { name: 'pkcs11js in one process', value: median(rates.theirs) },
          goal: { word: '>=', ratio: 0.85 },
        },
      ],
    }
  } finally {
    await stage.stop()
  }
}

const ours = async (token: HsmToken, key: HsmHandle): Promise<number> => {
  let left = signatures
  const lane = async (): Promise<void> => {
    for (; left > 0; left -= 1) await token.sign(key, 'rsa-pkcs1-sha256', data)
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: atOnce }, lane))
  return signatures / ((performance.now() - from) / 1_000)
}
