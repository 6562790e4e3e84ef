import type { Evidence } from '../../../shared/model/evidence.ts'
import { pinWords } from '../../../shared/model/hsm.ts'
import type { Blocker, Warning } from '../../../shared/model/plan.ts'
import type { TokenFacts } from './facts-model.ts'

/** The first screen of these jobs asks for token and PIN under this id. */
const screen = 'key'

/** What keeps any run off a token. */
export const tokenBlockersOf = (
  { pinMode }: { pinMode: 'kept' | 'typed' },
  { token, target, keptPin }: TokenFacts,
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
  ...(token.writeProtected
    ? [
        {
          what: `${target.name} can’t be written`,
          measured: 'write-protected',
          limit: 'a token whose keys can be changed',
          screen,
        },
      ]
    : []),
]

export const pinWarnings = ({ token }: TokenFacts): Warning[] =>
  token.pin === 'few-tries-left'
    ? [
        {
          what: 'Wrong PINs were tried on this token',
          why: 'It locks after some more. One try is made here',
          screen,
        },
      ]
    : []

export const tokenNotes = ({ token, target, readAt: at }: TokenFacts): Evidence[] => {
  const say = (statement: string, value: string): Evidence => ({
    statement,
    value,
    source: `${target.name}, token information`,
    at,
  })
  return [
    say('Token', `${token.label}, serial ${token.serial}`),
    say('Made by', `${token.manufacturer} ${token.model}, firmware ${token.firmware}`),
    say('PIN', pinWords[token.pin]),
  ]
}
