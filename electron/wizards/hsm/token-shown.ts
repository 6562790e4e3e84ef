import type { FormFacts } from '../../../shared/forms/form.ts'
import { pinWords, probeWords, type KeptProbe } from '../../../shared/model/hsm.ts'
import type { TokenFacts } from './facts-model.ts'

type Check = FormFacts['checks'][number]
type Probed = Pick<TokenFacts, 'target' | 'readAt'> & { probe: KeptProbe | null }

/** Head of the screen that asks which token. */
export const tokenFacts = ({ token, target, readAt: at }: TokenFacts): FormFacts['shown'] => {
  const source = `${target.name}, token information`
  return [
    {
      label: 'Token',
      value: `${token.label}, serial ${token.serial}, ${token.manufacturer} ${token.model}, firmware ${token.firmware}`,
      source,
      at,
    },
    { label: 'PIN', value: pinWords[token.pin], source, at },
  ]
}

export const probeShown = ({ probe, target, readAt }: Probed): FormFacts['shown'][number] => ({
  label: 'Key wrap',
  value: probe === null ? 'never probed' : probeWords(probe),
  source: `Keyturn, probe of ${target.name}`,
  at: probe?.at ?? readAt,
})

/** `without`: what a person can’t do as long as it was never probed. */
export const wrapCheck = ({ probe, target, readAt }: Probed, without = ''): Check => ({
  name: 'Key wrap',
  state: probe?.use === undefined ? 'unknown' : probe.use?.verdict === 'exact' ? 'ok' : 'failed',
  detail:
    probe === null
      ? `Never probed: open the connection ${target.name} and choose Try the PIN and probe${without}`
      : probeWords(probe),
  at: probe?.at ?? readAt,
  field: null,
})

export const suggestedPin = ({ keptPin }: TokenFacts): FormFacts['suggested'][string] =>
  keptPin === null
    ? { value: 'typed', because: 'The connection keeps none' }
    : { value: 'kept', because: 'The connection keeps one' }

export const noTokenCheck = (at: string): Check => ({
  name: 'Token',
  state: 'failed',
  detail:
    'No token is connected. Connections → Add HSM token adds one. A rehearsal has one of its own where SoftHSM is installed (Debian: softhsm2) and the part of Keyturn that loads modules was built (Debian: build-essential, python3)',
  at,
  field: 'hsm',
})

export const pinCheck = ({ token, readAt }: TokenFacts): Check => ({
  name: 'PIN',
  state: token.pinPad || token.pin !== 'ok' ? (token.pin === 'few-tries-left' ? 'unknown' : 'failed') : 'ok',
  detail: token.pinPad ? 'It is typed at the device, which Keyturn can’t use' : pinWords[token.pin],
  at: readAt,
  field: 'hsm',
})
