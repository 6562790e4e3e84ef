/**
 * Runs before each test file. A simulated server makes an RSA key of 3072 bits for each certificate, as the real one
 * does; finding the primes takes longer than all else that a test of a job does. Here the simulators get keys that
 * another file of the same run has made already. A process is handed each key once, so no two keys of a file are the
 * same; what the store lacks is made as ever, and kept for the next file. The product's own keys don't come from here:
 * it makes them with other calls.
 */
import crypto, { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'

type Done = (error: Error | null, publicKey?: KeyObject, privateKey?: KeyObject) => void
type Options = Readonly<Record<string, unknown>>

const store = inject('rsaStore')
const original = crypto.generateKeyPair as unknown as (type: string, options: Options, done: Done) => void
const make = promisify(crypto.generateKeyPair)
/** As it is now: a test may put another in its place. */
const soon = setImmediate
/** Size in bits → how many this process was handed. */
const handed = new Map<number, number>()

const next = async (bits: number): Promise<KeyObject> => {
  const number = handed.get(bits) ?? 0
  handed.set(bits, number + 1)
  const file = join(store, `${bits}-${number}.der`)
  if (existsSync(file)) return createPrivateKey({ key: readFileSync(file), format: 'der', type: 'pkcs8' })
  const { privateKey } = await make('rsa', { modulusLength: bits })
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, privateKey.export({ format: 'der', type: 'pkcs8' }), { mode: 0o600 })
  renameSync(unfinished, file)
  return privateKey
}

/** Only what is asked for without further wishes can be one of many. */
const isPlain = (type: string, options: Options): boolean =>
  type === 'rsa' && Object.keys(options).join() === 'modulusLength'

const supplied = (type: string, options: Options, done: Done): void => {
  if (!isPlain(type, options)) return original(type, options, done)
  next(Number(options['modulusLength'])).then(
    (privateKey) => soon(() => done(null, createPublicKey(privateKey), privateKey)),
    (error: unknown) => soon(() => done(error as Error)),
  )
}

/** As Node's own: both keys, not the first of two. */
const pair = (type: string, options: Options): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> =>
  new Promise((resolve, reject) => {
    supplied(type, options, (error, publicKey, privateKey) =>
      error === null && publicKey && privateKey ? resolve({ publicKey, privateKey }) : reject(error as Error),
    )
  })

crypto.generateKeyPair = Object.assign(supplied, {
  [promisify.custom]: pair,
}) as unknown as typeof crypto.generateKeyPair
syncBuiltinESMExports()
