/**
 * Changes the passphrase of a keyring and kills itself (SIGKILL, no handler runs) at one point of it. The points are
 * those at which the file system is touched: before a call, after it, or when a part of a write has been written.
 * Input: one JSON argument; the passphrases are those of the test. Output: one line with the number of calls and the
 * bytes of the longest write, when it was not killed.
 */
import fs, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { keyringCrashPolicy, newPassphrase, oldPassphrase, type KillOrder } from './keyring-order.ts'

const { folder, kill } = JSON.parse(process.argv[2] ?? '{}') as KillOrder

const diesAt = (at: 'before' | 'after', number: number): boolean =>
  kill !== null && kill.at === at && kill.call === number

const killSelf = (): never => {
  process.kill(process.pid, 'SIGKILL')
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

let counting = false
let calls = 0
let longest = 0

type Call = (...given: never[]) => Promise<unknown>

/** Counts one call of the file system, and dies there if it is the one. */
const touched = (call: Call): Call =>
  async function (this: unknown, ...given) {
    if (!counting) return call.apply(this, given)
    const number = (calls += 1)
    if (diesAt('before', number)) killSelf()
    const result = await call.apply(this, given)
    if (diesAt('after', number)) killSelf()
    return result
  }

/** The write as a whole, or its first bytes and then the end. */
const writing = (write: FileHandle['writeFile']): FileHandle['writeFile'] =>
  async function (this: FileHandle, data, options) {
    if (counting && data instanceof Uint8Array) {
      longest = Math.max(longest, data.length)
      if (kill?.at === 'within' && data.length >= kill.bytes) {
        await write.call(this, data.subarray(0, kill.bytes))
        killSelf()
      }
    }
    return write.call(this, data, options)
  }

const patchHandles = async (): Promise<void> => {
  const handle = await fs.open(process.execPath, 'r')
  const prototype = Object.getPrototypeOf(handle) as Record<string, Call> & FileHandle
  await handle.close()
  prototype.writeFile = touched(writing(prototype.writeFile) as Call) as never
  prototype.sync = touched(prototype.sync as Call) as never
}

await patchHandles()
for (const name of ['open', 'rename', 'rm', 'readdir'] as const)
  Object.assign(fs, { [name]: touched(fs[name] as Call) })
syncBuiltinESMExports()

const { createKeyring } = await import('../../electron/keyring/keyring.ts')
const { systemClock } = await import('../../electron/platform/clock.ts')
const { SecretBytes } = await import('../../electron/platform/secret-bytes.ts')
const keyring = createKeyring({
  path: join(folder, 'keyring.json'),
  clock: systemClock,
  policy: keyringCrashPolicy,
})
await keyring.unlock(SecretBytes.fromText(oldPassphrase))
counting = true
await keyring.changePassphrase(SecretBytes.fromText(oldPassphrase), SecretBytes.fromText(newPassphrase))
counting = false
process.stdout.write(`${JSON.stringify({ calls, longest })}\n`)
