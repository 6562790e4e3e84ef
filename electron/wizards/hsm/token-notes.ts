import type { Evidence } from '../../../shared/model/evidence.ts'
import { pinWords } from '../../../shared/model/hsm.ts'
import type { Warning } from '../../../shared/model/plan.ts'
import type { TokenFacts } from './facts-model.ts'

/** `screen`: where token and PIN are asked for. */
export const pinWarnings = ({ token }: Pick<TokenFacts, 'token'>, screen: string): Warning[] =>
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
