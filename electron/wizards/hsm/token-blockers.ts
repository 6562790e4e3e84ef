import { pinWords, probeWords, type KeptProbe } from '../../../shared/model/hsm.ts'
import type { HandleId } from '../../../shared/model/ids.ts'
import type { Blocker } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { HsmTokenFacts } from '../../ports/hsm.ts'

/** What every job on a token asks of it before a PIN is tried. `screen`: where the token is chosen. */

interface Token {
  target: Pick<TargetRef, 'name'>
  token: HsmTokenFacts
  keptPin: HandleId | null
}

export const pinBlockers = (
  { target, token, keptPin }: Token,
  pinMode: 'kept' | 'typed',
  screen: string,
): Blocker[] => [
  ...(pinMode === 'kept' && keptPin === null
    ? [
        {
          what: `No PIN for ${target.name}`,
          measured: 'none is kept or entered',
          limit: 'one is needed',
          screen,
        },
      ]
    : []),
  ...(token.pinPad
    ? [
        {
          what: `The PIN of ${target.name}`,
          measured: 'is typed at the device',
          limit: 'one that Keyturn can send',
          screen,
        },
      ]
    : []),
  ...(['locked', 'last-try', 'not-initialised'].includes(token.pin)
    ? [
        {
          what: `The PIN of ${target.name}`,
          measured: pinWords[token.pin],
          limit: 'more than one try left; the last one can be used on the connection’s page',
          screen: null,
        },
      ]
    : []),
]

export const writableBlockers = ({ target, token }: Token, screen: string): Blocker[] =>
  token.writeProtected
    ? [
        {
          what: `${target.name} can’t be written`,
          measured: 'write-protected',
          limit: 'a token whose keys can be changed',
          screen,
        },
      ]
    : []

/** Without a probe nothing is wrapped or unwrapped. */
export const probeBlockers = (
  { target, probe }: Pick<Token, 'target'> & { probe: KeptProbe | null },
  screen: string,
): Blocker[] => {
  if (probe === null)
    return [
      {
        what: `What the key wrap of ${target.name} does is not known`,
        measured: 'never probed with this module and firmware',
        limit: 'a probe: open the token’s connection and choose Try the PIN and probe',
        screen: null,
      },
    ]
  return probe.use === null
    ? [
        {
          what: `${target.name} has no key wrap that can carry a key`,
          measured: probeWords(probe),
          limit: 'RFC 5649',
          screen,
        },
      ]
    : []
}
