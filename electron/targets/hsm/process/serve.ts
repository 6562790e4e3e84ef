import { ZodError } from 'zod'
import { packMessage, unpackMessage } from '../../../platform/frames.ts'
import {
  requestSchema,
  takesSchemas,
  type Failure,
  type Gives,
  type HsmErrorCode,
  type Operation,
  type Takes,
} from '../messages.ts'
import type { Session } from './attributes.ts'
import { ckrOf, failureOf, Refusal } from './failures.ts'
import * as keys from './keys.ts'
import {
  factsOf,
  loadModule,
  mechanismsOf,
  restartModule,
  slotFacts,
  slotOf,
  stillThere,
  type LoadedModule,
} from './module.ts'
import { describeKey, findKeys } from './objects.ts'
import * as use from './use.ts'

type Handlers = { [Op in Operation]: (takes: Takes<Op>) => Gives<Op> | Promise<Gives<Op>> }

/**
 * Answers one packed request with one packed reply. Everything but loading is synchronous: the caller gives the next
 * request after the reply to the one before it.
 */
export const createServer = (): ((packed: Buffer) => Promise<Buffer>) => {
  let loaded: LoadedModule | null = null
  let session: Session | null = null
  /** A token was asked for before. */
  let asked = false
  const lengths: use.SignatureLengths = new Map()

  const theModule = (): LoadedModule => {
    if (loaded === null) throw new Refusal('hsm-module-not-loaded')
    return loaded
  }
  const theSession = (): Session => {
    if (session === null) throw new Refusal('hsm-token-gone', {}, { lost: true })
    return session
  }
  const open = (serial: string): void => {
    lengths.clear()
    // The second time and after: what was there before is gone or in doubt.
    if (asked) restartModule(theModule())
    asked = true
    session = null
    const { lib, module } = theModule()
    const slot = slotOf(theModule(), serial)
    const handle = module.C_OpenSession(slot, lib.CKF_SERIAL_SESSION | lib.CKF_RW_SESSION)
    session = { lib, module, handle, slot, serial }
  }

  const handlers: Handlers = {
    load: async ({ path, sha256 }) => {
      const made = await loadModule(path, sha256)
      loaded = made.loaded
      return made.info
    },
    slots: () => slotFacts(theModule()),
    open: ({ serial }) => {
      open(serial)
      return null
    },
    facts: () => {
      const { lib, module, slot } = theSession()
      return factsOf(lib, module, slot)
    },
    mechanisms: ({ serial }) => {
      const { lib, module } = theModule()
      const slot = slotOf(theModule(), serial)
      return { token: factsOf(lib, module, slot), mechanisms: mechanismsOf(theModule(), slot) }
    },
    logIn: (takes) => logIn(theSession(), takes),
    logOut: () => {
      lengths.clear()
      const { module, handle } = theSession()
      try {
        module.C_Logout(handle)
      } catch (thrown) {
        if (ckrOf(thrown)?.name !== 'CKR_USER_NOT_LOGGED_IN') throw thrown
      }
      return null
    },
    find: (takes) => findKeys(theSession(), takes),
    describe: ({ handle }) => describeKey(theSession(), bytesOf(handle)),
    generateRsa: (takes) => keys.generateRsa(theSession(), takes),
    generateEc: (takes) => keys.generateEc(theSession(), takes),
    generateAes: (takes) => keys.generateAes(theSession(), takes),
    usePublicKey: (takes) => keys.usePublicKey(theSession(), takes),
    keepPublicKey: (takes) => keys.keepPublicKey(theSession(), takes),
    importSecret: (takes) => keys.importSecret(theSession(), takes),
    wrap: (takes) => use.wrap(theSession(), takes),
    unwrap: (takes) => use.unwrap(theSession(), takes),
    decrypt: (takes) => use.decrypt(theSession(), takes),
    checkValue: (takes) => use.checkValue(theSession(), takes),
    sign: (takes) => use.sign(theSession(), takes, lengths),
    verify: (takes) => use.verify(theSession(), takes),
    setLabel: ({ key, label }) => keys.setLabel(theSession(), bytesOf(key), label),
    setNotExtractable: ({ key }) => keys.setNotExtractable(theSession(), bytesOf(key)),
    destroy: ({ key }) => {
      lengths.clear()
      const { module, handle } = theSession()
      module.C_DestroyObject(handle, bytesOf(key))
      return null
    },
  }
  const perform = async <Op extends Operation>(op: Op, takes: unknown): Promise<Gives<Op>> =>
    handlers[op](takesSchemas[op].parse(takes) as Takes<Op>)

  return async (packed) => {
    const { id, op, takes } = requestSchema.parse(unpackMessage(packed))
    try {
      const gives = await perform(op, takes)
      const reply = packMessage({ id, gives })
      if (op === 'decrypt' && gives instanceof Uint8Array) gives.fill(0)
      return reply
    } catch (thrown) {
      return packMessage({
        id,
        failure: failureOfThrown(thrown, op, () => session === null || stillThere(session)),
      })
    } finally {
      packed.fill(0)
    }
  }
}

const bytesOf = (handle: string): Buffer => Buffer.from(handle, 'hex')

/** The whole span of the PIN as text. */
const logIn = ({ lib, module, handle, slot }: Session, { pin, seen }: Takes<'logIn'>): Gives<'logIn'> => {
  const { pin: state, pinPad, shortestPin, longestPin } = factsOf(lib, module, slot)
  if (pinPad) throw new Refusal('hsm-pin-pad')
  if (state === 'not-initialised') throw new Refusal('hsm-pin-not-set')
  if (state === 'locked' && seen !== 'locked') throw new Refusal('hsm-pin-locked')
  if (state === 'last-try' && seen !== 'last-try') throw new Refusal('hsm-pin-last-try')
  const lengths = { shortest: String(shortestPin ?? 1), longest: String(longestPin ?? 255) }
  if (pin.length === 0) throw new Refusal('hsm-pin-length', lengths)
  try {
    module.C_Login(handle, lib.CKU_USER, Buffer.from(pin.buffer, pin.byteOffset, pin.length).toString('utf8'))
    return { already: false }
  } catch (thrown) {
    const ckr = ckrOf(thrown)
    if (ckr?.name === 'CKR_USER_ALREADY_LOGGED_IN') return { already: true }
    if (ckr?.name === 'CKR_PIN_INCORRECT')
      throw new Refusal('hsm-pin-wrong', { state: factsOf(lib, module, slot).pin }, { vendor: ckr })
    if (ckr?.name === 'CKR_PIN_LEN_RANGE' || ckr?.name === 'CKR_PIN_INVALID')
      throw new Refusal('hsm-pin-length', lengths, { vendor: ckr })
    throw thrown
  } finally {
    pin.fill(0)
  }
}

const badBytesOf: Readonly<Partial<Record<Operation, HsmErrorCode>>> = {
  unwrap: 'hsm-unwrap-refused',
  decrypt: 'hsm-decrypt-refused',
}

const failureOfThrown = (thrown: unknown, op: Operation, there: () => boolean): Failure => {
  if (thrown instanceof Refusal) {
    const { failure } = thrown
    // After a lie nothing of the session is to be trusted.
    return failure.code === 'hsm-module-lies' ? { ...failure, lost: true } : failure
  }
  const ckr = ckrOf(thrown)
  if (ckr !== null) return failureOf(ckr, badBytesOf[op] ?? null, there)
  // No text of it: an argument could stand in there.
  if (thrown instanceof ZodError) return { code: 'hsm-failed', params: {}, vendor: null, lost: false }
  return { code: 'hsm-module-lies', params: { why: 'it can’t be read' }, vendor: null, lost: true }
}
