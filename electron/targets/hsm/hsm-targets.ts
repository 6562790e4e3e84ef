import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import type { HsmIdentity, KeptProbe } from '../../../shared/model/hsm.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { HsmConnection, TargetRef } from '../../../shared/model/target.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import type { HsmLogInOptions, HsmModuleRef, Hsms, HsmProbe, HsmTokenFacts } from '../../ports/hsm.ts'
import { hsmModuleVariables } from '../../ports/hsm.ts'
import type { HsmTargets, OpenHsm, PinSource } from '../../ports/hsm-targets.ts'

export interface HsmTargetDeps {
  hsms: Hsms
  /** `not-found`. */
  connectionOf(id: TargetId): HsmConnection
  rememberIdentity(id: TargetId, identity: HsmIdentity): Promise<void>
  notes: {
    probeOf(of: Pick<KeptProbe, 'moduleSha256' | 'manufacturer' | 'model' | 'firmware'>): KeptProbe | null
    keepProbe(probe: KeptProbe): Promise<void>
    wasRefused(source: string): boolean
    keepRefused(source: string): Promise<void>
    forgetRefused(source: string): Promise<void>
  }
}

export const moduleRefOf = ({ module }: Pick<HsmConnection, 'module'>): HsmModuleRef => ({
  path: module.path,
  sha256: module.sha256,
  configuration: Object.fromEntries(
    hsmModuleVariables.flatMap((name) => {
      const value = module.configuration[name]
      return value === undefined ? [] : [[name, value]]
    }),
  ),
})

/** See the port. */
export const createHsmTargets = (deps: HsmTargetDeps): HsmTargets => {
  const inTurn = turns()
  return {
    open: async (target, options) => {
      const connection = deps.connectionOf(target.id)
      const module = moduleRefOf(connection)
      const { serial, label, kind, name, environment } = connection
      const ref: TargetRef = { id: target.id, kind, name, environment }
      const token = await deps.hsms.open({ module, serial, label }, options)
      try {
        const facts = await token.facts(options)
        const identity = identityOf(facts)
        const was = connection.identity
        if (was === null) await deps.rememberIdentity(target.id, identity)
        else refuseOther(ref, was, identity)
        return opened(deps, inTurn, { ref, token, identity, moduleSha256: module.sha256, facts })
      } catch (error) {
        await token.close()
        throw error
      }
    },
    keptPin: (target) => deps.connectionOf(target).pin,
  }
}

export const identityOf = ({ serial, manufacturer, model }: HsmTokenFacts): HsmIdentity => ({
  serial,
  manufacturer,
  model,
})

/** Throws `hsm-identity-changed` with what is different. */
export const refuseOther = (target: Pick<TargetRef, 'name'>, was: HsmIdentity, is: HsmIdentity): void => {
  const fields = ['serial', 'manufacturer', 'model'] as const
  const what = fields
    .filter((field) => was[field] !== is[field])
    .map((field) => `${field} was ${was[field]}, is ${is[field]}`)
    .join('; ')
  if (what !== '') throw new KeyturnError('hsm-identity-changed', { target: target.name, what })
}

type Opening = Pick<OpenHsm, 'ref' | 'token' | 'identity' | 'moduleSha256' | 'facts'>

type InTurn = <Value>(source: string, work: () => Promise<Value>) => Promise<Value>

/** One after the other for each source: the second of two logins has to see what became of the first. */
const turns = (): InTurn => {
  const last = new Map<string, Promise<unknown>>()
  return async (source, work) => {
    const mine = (last.get(source) ?? Promise.resolve()).then(work)
    const ended = mine.catch(() => undefined)
    last.set(source, ended)
    try {
      return await mine
    } finally {
      if (last.get(source) === ended) last.delete(source)
    }
  }
}

const opened = (deps: HsmTargetDeps, inTurn: InTurn, one: Opening): OpenHsm => {
  const { token, moduleSha256, facts } = one
  const { manufacturer, model, firmware } = facts
  return {
    ...one,
    probe: deps.notes.probeOf({ moduleSha256, manufacturer, model, firmware }),
    logIn: (pin, of, options) => {
      const source = sourceWords(of)
      return inTurn(source, () => logInOnce(deps.notes, one, source, pin, options))
    },
    keepProbe: async (options) => {
      const seen = await token.probe(options)
      await deps.notes.keepProbe(keptOf(seen))
      return seen
    },
    close: () => token.close(),
  }
}

/**
 * The attempt is noted before it is made: whatever ends it (a hang, a crash, the note's own disk), the same PIN is not
 * sent a second time, unless the token took it, or the refusal is known to come before the token was asked.
 */
const logInOnce = async (
  notes: HsmTargetDeps['notes'],
  { ref, token }: Opening,
  source: string,
  pin: SecretBytes,
  options?: HsmLogInOptions,
): Promise<void> => {
  if (notes.wasRefused(source)) throw new KeyturnError('hsm-pin-refused-before', { token: ref.name })
  // Opens a lost session again: what fails in that has sent no PIN.
  await token.facts(options)
  await notes.keepRefused(source)
  try {
    await token.logIn(pin, options)
  } catch (error) {
    // Where this fails the note stays, and a person is asked once more.
    if (wasNotSent(error)) await notes.forgetRefused(source).catch(() => undefined)
    throw error
  }
  await notes.forgetRefused(source)
}

/** Refusals that the module's process gives by itself; one that the token gave has the token's answer in it. */
const beforeSending: ReadonlySet<string> = new Set([
  'hsm-pin-pad',
  'hsm-pin-not-set',
  'hsm-pin-locked',
  'hsm-pin-last-try',
  'hsm-pin-length',
])

const wasNotSent = (error: unknown): boolean => {
  const { code, vendor } = problemOf(error)
  return beforeSending.has(code) && vendor === undefined
}

const sourceWords = ({ handle, generation }: PinSource): string => `${handle}@${generation}`

export const keptOf = ({
  moduleSha256,
  manufacturer,
  model,
  firmware,
  use,
  oaep,
  at,
}: HsmProbe): KeptProbe => ({ moduleSha256, manufacturer, model, firmware, use, oaep, at })
