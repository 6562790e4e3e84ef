import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Ceremonies } from '../../escrow/ceremony.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Handlers } from '../router.ts'

/** Steps of the ceremony that is open. Who may do what and when is decided by the ceremony, not here. */
export const ceremonyHandlers = ({ ceremonies }: { ceremonies: Ceremonies }) =>
  ({
    'ceremony.state': async () => ({ ceremony: ceremonies.state() }),
    'ceremony.begin': async (plan) => ceremonies.begin(plan),
    'ceremony.take': async ({ group, holder }) => ceremonies.take(group, holder),
    'ceremony.write': async ({ group, holder, place }) => ceremonies.write(group, holder, place),
    'ceremony.readBack': async ({ group, holder }) => ceremonies.readBack(group, holder),
    'ceremony.typed': async ({ group, holder, words }) => {
      using typed = SecretBytes.take(words)
      return await ceremonies.typed(group, holder, typed)
    },
    'ceremony.stop': async ({ group, reason }) => {
      const present = ceremonies.state()
      if (present?.group !== group || present.state !== 'open') throw new KeyturnError('ceremony-not-open')
      ceremonies.breakOff('stopped', reason.trim())
      await ceremonies.settled()
      return ceremonies.state() ?? present
    },
  }) satisfies Partial<Handlers>
