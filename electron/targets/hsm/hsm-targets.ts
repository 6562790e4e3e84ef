import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import type { HsmIdentity, KeptProbe } from '../../../shared/model/hsm.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { HsmConnection, TargetRef } from '../../../shared/model/target.ts'
import type { HsmModuleRef, Hsms, HsmProbe, HsmTokenFacts } from '../../ports/hsm.ts'
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
export const createHsmTargets = (deps: HsmTargetDeps): HsmTargets => ({
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
      return opened(deps, { ref, token, identity, moduleSha256: module.sha256, facts })
    } catch (error) {
      await token.close()
      throw error
    }
  },
  keptPin: (target) => deps.connectionOf(target).pin,
})

export const identityOf = ({ serial, manufacturer, model }: HsmTokenFacts): HsmIdentity => ({
  serial,
  manufacturer,
  model,
})

const refuseOther = (target: TargetRef, was: HsmIdentity, is: HsmIdentity): void => {
  const fields = ['serial', 'manufacturer', 'model'] as const
  const what = fields
    .filter((field) => was[field] !== is[field])
    .map((field) => `${field} was ${was[field]}, is ${is[field]}`)
    .join('; ')
  if (what !== '') throw new KeyturnError('hsm-identity-changed', { target: target.name, what })
}

type Opening = Pick<OpenHsm, 'ref' | 'token' | 'identity' | 'moduleSha256' | 'facts'>

const opened = ({ notes }: HsmTargetDeps, one: Opening): OpenHsm => {
  const { ref, token, moduleSha256, facts } = one
  const { manufacturer, model, firmware } = facts
  return {
    ...one,
    probe: notes.probeOf({ moduleSha256, manufacturer, model, firmware }),
    logIn: async (pin, of, options) => {
      const source = sourceWords(of)
      if (notes.wasRefused(source)) throw new KeyturnError('hsm-pin-refused-before', { token: ref.name })
      try {
        await token.logIn(pin, options)
      } catch (error) {
        if (pinRefusals.has(problemOf(error).code)) await notes.keepRefused(source)
        throw error
      }
    },
    keepProbe: async (options) => {
      const seen = await token.probe(options)
      await notes.keepProbe(keptOf(seen))
      return seen
    },
    close: () => token.close(),
  }
}

/** Answers to a PIN that a second try with the same one could only make worse. */
const pinRefusals: ReadonlySet<string> = new Set(['hsm-pin-wrong', 'hsm-pin-length'])

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
