import { KeyturnError } from '../../shared/errors/problem.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { HsmLogInOptions } from '../ports/hsm.ts'
import type { HsmTargets, OpenHsm } from '../ports/hsm-targets.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { TokenReading, TokenReadings } from '../ports/token-readings.ts'
import { keysOfObjects } from './token-objects.ts'

export interface PinMeans {
  tokens: HsmTargets
  keyring: Pick<Keyring, 'open' | 'list'>
}

/** One attempt with the PIN that the connection keeps. `hsm-no-pin`, and what `OpenHsm.logIn` refuses. */
export const logInWithKept = async (
  { tokens, keyring }: PinMeans,
  open: OpenHsm,
  options?: HsmLogInOptions,
): Promise<void> => {
  const { id: target, name } = open.ref
  const handle = tokens.keptPin(target)
  const info = keyring.list().find(({ id }) => id === handle)
  if (handle === null || info === undefined) throw new KeyturnError('hsm-no-pin', { token: name })
  using pin = await keyring.open(handle, { purpose: 'hsm.pin', target })
  await open.logIn(pin, { handle, generation: info.generation }, options)
}

/** See the port. Two readings of one token at the same time are two sessions of it, and harmless. */
export const createTokenReadings = (means: PinMeans & { clock: Clock }): TokenReadings => {
  const { tokens, keyring, clock } = means
  const kept = new Map<TargetId, TokenReading>()

  const read = async (target: TargetRef, logsIn: (open: OpenHsm) => boolean): Promise<TokenReading> => {
    const open = await tokens.open(target)
    try {
      const seesAll = logsIn(open)
      if (seesAll) await logInWithKept(means, open)
      const { manufacturer, model, firmware } = open.facts
      const reading: TokenReading = {
        target: open.ref,
        serial: open.identity.serial,
        product: `${manufacturer} ${model}, firmware ${firmware}`,
        keys: keysOfObjects(await open.token.find(seesAll ? {} : { onlyPublic: true })),
        at: clock.now().toISOString(),
        seesAll,
      }
      if (seesAll) kept.set(target.id, reading)
      return reading
    } finally {
      await open.close()
    }
  }
  return {
    last: (target) => kept.get(target) ?? null,
    shown: (target) => read(target, () => false),
    whole: (target) => read(target, () => true),
    careful: (target) =>
      read(target, ({ ref, facts }) => {
        const pin = tokens.keptPin(ref.id)
        return keyring.list().some(({ id }) => id === pin) && facts.pin === 'ok' && !facts.pinPad
      }),
    forget: (target) => void kept.delete(target),
  }
}
