import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type * as Pkcs11 from 'pkcs11js'
import { limits, type Gives, type MechanismFacts, type TokenFacts } from '../messages.ts'
import { cleaned, type Session } from './attributes.ts'
import { ckrOf, Refusal } from './failures.ts'

export interface LoadedModule {
  readonly lib: typeof Pkcs11
  readonly module: Pkcs11.PKCS11
  readonly path: string
}

/** The loader is an optional package: it is not there where nothing could build it. */
const loader = async (): Promise<typeof Pkcs11> => {
  try {
    const imported = (await import('pkcs11js')) as typeof Pkcs11 & { default?: typeof Pkcs11 }
    return imported.default ?? imported
  } catch {
    throw new Refusal('hsm-module-loader-missing')
  }
}

/** Checks once more that the file is the pinned one, right before its code runs in this process. */
export const loadModule = async (
  path: string,
  sha256: string,
): Promise<{ loaded: LoadedModule; info: Gives<'load'> }> => {
  const lib = await loader()
  if (createHash('sha256').update(readFileSync(path)).digest('hex') !== sha256)
    throw new Refusal('hsm-module-changed', { path })
  const module = new lib.PKCS11()
  try {
    module.load(path)
    initialize(lib, module)
    const { manufacturerID, libraryDescription, cryptokiVersion, libraryVersion } = module.C_GetInfo()
    return {
      loaded: { lib, module, path },
      info: {
        manufacturer: cleaned(manufacturerID),
        description: cleaned(libraryDescription),
        cryptoki: versionOf(cryptokiVersion),
        version: versionOf(libraryVersion),
      },
    }
  } catch (thrown) {
    throw new Refusal('hsm-module-not-loaded', { path }, { vendor: ckrOf(thrown) })
  }
}

/** A removed token is seen again only after this: everything of the module begins anew. */
export const restartModule = ({ lib, module, path }: LoadedModule): void => {
  try {
    module.C_Finalize()
  } catch {
    // Not initialised, or it can't end: what counts is whether it begins.
  }
  try {
    initialize(lib, module)
  } catch (thrown) {
    throw new Refusal('hsm-module-not-loaded', { path }, { vendor: ckrOf(thrown) })
  }
}

const initialize = (lib: typeof Pkcs11, module: Pkcs11.PKCS11): void => {
  try {
    module.C_Initialize({ flags: lib.CKF_OS_LOCKING_OK })
  } catch (thrown) {
    // Modules that know no locking of the system still serve one thread.
    if (ckrOf(thrown)?.name !== 'CKR_CANT_LOCK') throw thrown
    module.C_Initialize()
  }
}

const versionOf = ({ major, minor }: Pkcs11.Version): string => `${major}.${minor}`

const slotsOf = ({ module }: LoadedModule): Buffer[] => {
  const slots = module.C_GetSlotList(false)
  if (slots.length > limits.slots)
    throw new Refusal('hsm-module-lies', { why: `it shows ${slots.length} slots` })
  return slots
}

/** Null: nothing is in the slot. */
const tokenIn = ({ lib, module }: LoadedModule, slot: Buffer): TokenFacts | null => {
  try {
    return factsOf(lib, module, slot)
  } catch (thrown) {
    const ckr = ckrOf(thrown)
    if (ckr === null || !/^CKR_(TOKEN_NOT_|DEVICE_|SLOT_ID|GENERAL_ERROR)/.test(ckr.name)) throw thrown
    return null
  }
}

export const slotFacts = (loaded: LoadedModule): Gives<'slots'> =>
  slotsOf(loaded).map((slot) => ({
    description: cleaned(loaded.module.C_GetSlotInfo(slot).slotDescription),
    token: tokenIn(loaded, slot),
  }))

/** By its serial number, never by a slot's number: those change. */
export const slotOf = (loaded: LoadedModule, serial: string): Buffer => {
  const found = slotsOf(loaded).filter((slot) => tokenIn(loaded, slot)?.serial === serial)
  const [slot, second] = found
  if (slot === undefined) throw new Refusal('hsm-token-not-found', { serial }, { lost: true })
  if (second !== undefined) throw new Refusal('hsm-token-twice', { serial, module: loaded.path })
  return slot
}

export const factsOf = (lib: typeof Pkcs11, module: Pkcs11.PKCS11, slot: Buffer): TokenFacts => {
  const info = module.C_GetTokenInfo(slot)
  const has = (flag: number): boolean => (info.flags & flag) !== 0
  const initialised = has(lib.CKF_TOKEN_INITIALIZED)
  return {
    label: cleaned(info.label),
    serial: cleaned(info.serialNumber, 64),
    manufacturer: cleaned(info.manufacturerID),
    model: cleaned(info.model),
    hardware: versionOf(info.hardwareVersion),
    firmware: versionOf(info.firmwareVersion),
    initialised,
    pin: pinStateOf(initialised && has(lib.CKF_USER_PIN_INITIALIZED), {
      low: has(lib.CKF_USER_PIN_COUNT_LOW),
      last: has(lib.CKF_USER_PIN_FINAL_TRY),
      locked: has(lib.CKF_USER_PIN_LOCKED),
    }),
    officerPin: pinStateOf(initialised, {
      low: has(lib.CKF_SO_PIN_COUNT_LOW),
      last: has(lib.CKF_SO_PIN_FINAL_TRY),
      locked: has(lib.CKF_SO_PIN_LOCKED),
    }),
    loginRequired: has(lib.CKF_LOGIN_REQUIRED),
    pinPad: has(lib.CKF_PROTECTED_AUTHENTICATION_PATH),
    writeProtected: has(lib.CKF_WRITE_PROTECTED),
    shortestPin: lengthOf(info.minPinLen),
    longestPin: lengthOf(info.maxPinLen),
  }
}

const pinStateOf = (
  set: boolean,
  flags: { low: boolean; last: boolean; locked: boolean },
): TokenFacts['pin'] => {
  if (!set) return 'not-initialised'
  if (flags.locked) return 'locked'
  if (flags.last) return 'last-try'
  return flags.low ? 'few-tries-left' : 'ok'
}

const lengthOf = (value: number): number | null => (value > 0 && value <= 4_096 ? value : null)

export const mechanismsOf = (loaded: LoadedModule, slot: Buffer): MechanismFacts[] => {
  const { lib, module } = loaded
  const numbers = module.C_GetMechanismList(slot)
  if (numbers.length > limits.mechanisms)
    throw new Refusal('hsm-module-lies', { why: `it lists ${numbers.length} mechanisms` })
  const names = mechanismNames(lib)
  return numbers.map((number) => {
    const size = sizeOf(loaded, slot, number)
    return { number, name: names.get(number) ?? `0x${number.toString(16)}`, ...size }
  })
}

const sizeOf = (
  { module }: LoadedModule,
  slot: Buffer,
  number: number,
): { smallest: number | null; largest: number | null } => {
  try {
    const { minKeySize, maxKeySize } = module.C_GetMechanismInfo(slot, number)
    return { smallest: numberOr(minKeySize), largest: numberOr(maxKeySize) }
  } catch (thrown) {
    if (ckrOf(thrown) === null) throw thrown
    return { smallest: null, largest: null }
  }
}

/** Modules write 0 or all ones where a size means nothing. */
const numberOr = (size: number): number | null => (size > 0 && size < 0x7fffffff ? size : null)

/** Numbers that the loader's own constants lack, or have an older name for. */
const later: readonly (readonly [number, string])[] = [
  [0x1040, 'CKM_EC_KEY_PAIR_GEN'],
  [0x1054, 'CKM_RSA_AES_KEY_WRAP'],
  [0x1055, 'CKM_EC_EDWARDS_KEY_PAIR_GEN'],
  [0x1056, 'CKM_EC_MONTGOMERY_KEY_PAIR_GEN'],
  [0x1057, 'CKM_EDDSA'],
  [0x2109, 'CKM_AES_KEY_WRAP'],
  [0x210a, 'CKM_AES_KEY_WRAP_PAD'],
  [0x210b, 'CKM_AES_KEY_WRAP_KWP'],
]
const mechanismNames = (lib: typeof Pkcs11): Map<number, string> => {
  const known = Object.entries(lib).flatMap(([name, value]: [string, unknown]) =>
    name.startsWith('CKM_') && typeof value === 'number' ? [[value, name] as const] : [],
  )
  // Some numbers have two names: the first stays, ours win.
  return new Map([...known.toReversed(), ...later])
}

/** CKS_RO_USER_FUNCTIONS and CKS_RW_USER_FUNCTIONS, for which the loader has no names. */
const statesOfUser: ReadonlySet<number> = new Set([1, 3])

/**
 * After a search that has to see what only a user sees. A token that dropped the login by itself hides private halves and
 * says nothing: what it showed must not pass for all that is there.
 */
export const assertUser = ({ module, handle }: Session): void => {
  if (!statesOfUser.has(module.C_GetSessionInfo(handle).state))
    throw new Refusal('hsm-not-logged-in', {}, { lost: true })
}

/** Whether the token that was opened still answers, and is still the same one. */
export const stillThere = ({ module, lib, slot, handle, serial }: Session): boolean => {
  try {
    module.C_GetSessionInfo(handle)
    return factsOf(lib, module, slot).serial === serial
  } catch {
    return false
  }
}
