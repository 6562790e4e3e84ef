import type { ConnectionTest } from '../../../shared/ipc/schemas.ts'
import { pinWords, probeWords } from '../../../shared/model/hsm.ts'
import type { HsmConnection } from '../../../shared/model/target.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Hsms } from '../../ports/hsm.ts'
import type { HsmTargets, OpenHsm } from '../../ports/hsm-targets.ts'
import { beginTrial } from '../trial.ts'

export interface HsmTestDeps {
  hsms: Pick<Hsms, 'inspect'>
  tokens: HsmTargets
  clock: Clock
}

/**
 * Compares the module's file, opens the token, compares its identity, and says what it can do. Tries no PIN and changes
 * nothing. Never throws for what a module does.
 */
export const hsmTestOf =
  ({ hsms, tokens, clock }: HsmTestDeps) =>
  async (connection: HsmConnection): Promise<ConnectionTest & { clockDifferenceSeconds: null }> => {
    const { id, kind, name, environment, module } = connection
    const trial = beginTrial(clock)
    let open: OpenHsm | null = null
    const opened = async (): Promise<OpenHsm> => (open ??= await tokens.open({ id, kind, name, environment }))
    try {
      await trial.check('Module', async () => {
        const { owner, sha256, realPath } = await hsms.inspect(module.path)
        if (sha256 !== module.sha256)
          return ['failed', `${realPath} is another file than the one that was chosen: SHA-256 ${sha256}`]
        return ['ok', `${realPath}, owner ${owner ?? 'not known'}, SHA-256 ${sha256}`]
      })
      await trial.check('Token', async () => {
        const { facts } = await opened()
        return [
          'ok',
          `${facts.label}, serial ${facts.serial}, ${facts.manufacturer} ${facts.model}, firmware ${facts.firmware}`,
        ]
      })
      await trial.check('PIN', async () => {
        const { facts } = await opened()
        if (facts.pinPad) return ['failed', 'It is typed at the device; Keyturn can’t log in to such a token']
        const state = facts.pin === 'ok' ? 'ok' : facts.pin === 'few-tries-left' ? 'unknown' : 'failed'
        return [state, `${pinWords[facts.pin]}. No PIN was tried`]
      })
      await trial.check('Writing', async () => {
        const { facts } = await opened()
        return facts.writeProtected
          ? ['failed', 'The token is write-protected: no key can be made on it']
          : ['ok', 'Not write-protected']
      })
      await trial.check('Abilities', async () => {
        const { token } = await opened()
        const { abilities } = await token.capabilities()
        const words = abilities.map((one) => one.words)
        return [abilities.some(({ verdict }) => verdict === 'no') ? 'unknown' : 'ok', words.join('. ')]
      })
      await trial.check('Key wrap', async () => {
        const { probe } = await opened()
        if (probe === null)
          return ['unknown', 'Never probed with this module and firmware; the probe needs the PIN']
        const exact = probe.use?.verdict === 'exact'
        return [exact ? 'ok' : 'failed', `${probeWords(probe)} (probed ${probe.at.slice(0, 10)}, UTC)`]
      })
    } finally {
      await (open as OpenHsm | null)?.close()
    }
    return { checks: trial.checks, certificate: null, problem: trial.problem, clockDifferenceSeconds: null }
  }
