import { KeyturnError, problemOf, type Problem } from '../../../shared/errors/problem.ts'
import type { HsmTokenShown } from '../../../shared/model/hsm.ts'
import { logInWithKept } from '../../inventory/token-readings.ts'
import type { Hsms, HsmTokenFacts } from '../../ports/hsm.ts'
import type { HsmTargets } from '../../ports/hsm-targets.ts'
import type { Keyring } from '../../ports/keyring.ts'
import type { Connections } from '../../profile/connections.ts'
import type { HsmModules } from '../../profile/hsm-modules.ts'
import { refOf } from '../../profile/target-ref.ts'
import type { Record } from '../../record/record.ts'
import { keptOf } from '../../targets/hsm/hsm-targets.ts'
import { configurationIn } from '../../profile/hsm-modules.ts'
import type { Handlers } from '../router.ts'
import { tellTokenUse } from './tell-token-use.ts'

export interface HsmParts {
  hsms: Hsms
  tokens: HsmTargets
  modules: HsmModules
  connections: Connections
  keyring: Pick<Keyring, 'open' | 'list'>
  record: Record
  /** In a rehearsal no module is chosen: main has connected the simulated token itself. */
  rehearsal: boolean
  /** Refuses while a run holds the target. */
  assertFree(target: ReturnType<typeof refOf>['id']): void
}

/** Choosing a module and a token for a connection, and the probe of one. Modules are named by ids of main's. */
export const hsmHandlers = (parts: HsmParts) => {
  const { hsms, tokens, modules, connections, keyring, record } = parts
  const refuseInRehearsal = (): void => {
    if (parts.rehearsal) throw new KeyturnError('not-in-rehearsal', { what: 'choosing a module' })
  }
  return {
    'hsm.modules': async () => ({ modules: parts.rehearsal ? [] : [...modules.known()] }),
    'hsm.browse': async ({ picker, entry }) => {
      refuseInRehearsal()
      const id = picker ?? modules.picker.open()
      return { picker: id, ...(await modules.picker.browse(id, entry)) }
    },
    'hsm.choose': async ({ picker, entry }) => {
      refuseInRehearsal()
      return modules.add(modules.picker.choose(picker, entry))
    },
    'hsm.inspect': async ({ module }) => {
      refuseInRehearsal()
      const choice = modules.choice(module)
      const facts = await hsms.inspect(choice.path)
      modules.looked(module, facts)
      const { realPath, sha256, bytes, format, owner } = facts
      const configuration = configurationIn(process.env)
      return { ...choice, realPath, sha256, bytes, format, owner, configuration }
    },
    'hsm.load': async ({ module }) => {
      refuseInRehearsal()
      const { slots, ...rest } = await hsms.slots(modules.refOf(module))
      return {
        ...rest,
        slots: slots.map(({ description, token }) => ({
          description,
          token: token === null ? null : shown(token),
        })),
      }
    },
    'hsm.report': async ({ module, serial }) => {
      refuseInRehearsal()
      const report = await hsms.capabilities({ module: modules.refOf(module), serial, label: '' })
      return {
        token: shown(report.token),
        mechanisms: report.mechanisms.map(({ name }) => name),
        abilities: report.abilities.map(({ verdict, words, mechanisms }) => ({
          verdict,
          words,
          mechanisms: [...mechanisms],
        })),
      }
    },
    'hsm.probe': async ({ id, seen }) => {
      const connection = connections.hsm(id)
      parts.assertFree(id)
      const told = (problem: Problem | null): void => tellTokenUse(record, connection, problem)
      try {
        if (connection.pin === null) throw new KeyturnError('hsm-no-pin', { token: connection.name })
        const open = await tokens.open(refOf(connection))
        try {
          await logInWithKept({ tokens, keyring }, open, seen === null ? {} : { seen })
          const probe = keptOf(await open.keepProbe())
          told(null)
          return { probe }
        } finally {
          await open.close()
        }
      } catch (thrown) {
        told(problemOf(thrown))
        throw thrown
      }
    },
  } satisfies Partial<Handlers>
}

const shown = (token: HsmTokenFacts): HsmTokenShown => ({
  label: token.label,
  serial: token.serial,
  manufacturer: token.manufacturer,
  model: token.model,
  hardware: token.hardware,
  firmware: token.firmware,
  initialised: token.initialised,
  pin: token.pin,
  officerPin: token.officerPin,
  pinPad: token.pinPad,
  writeProtected: token.writeProtected,
})
