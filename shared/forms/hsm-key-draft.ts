import { z } from 'zod'
import { id, isHandle, optionalId, problemsOf, whole, type AnswerProblem, type Say } from './draft-parts.ts'
import type { Answers } from './form.ts'

/** Answers of the job "HSM key". Where the key goes is asked before it is made: afterwards it can't be decided any more. */

export const hsmKeyTypes = ['rsa-3072', 'rsa-2048', 'ec-p256', 'ec-p384', 'aes-256'] as const
export type HsmKeyTypeAnswer = (typeof hsmKeyTypes)[number]

/** A key of a connected vault that wraps imports: connection, name, version. */
export const kekPattern = /^([a-z0-9-]{1,40}) ([0-9A-Za-z-]{1,127}) ([0-9a-f]{32})$/

export const mostDestinations = 16

const keyShape = z.object({
  hsm: id('No token is chosen. Choose one'),
  /** Null: the connection keeps one. */
  pin: optionalId,
  type: z.preprocess(
    (value) => value ?? 'rsa-3072',
    z.enum(hsmKeyTypes, { error: 'Choose the kind of key' }),
  ),
  label: z.preprocess(
    (value) => value ?? '',
    z
      .string()
      .trim()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
        'The name of the key is 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit',
      ),
  ),
})

const list = z.preprocess(
  (value) => value ?? [],
  z.array(z.string().max(1024)).max(mostDestinations, `Choose at most ${mostDestinations}`),
)

const destinationShape = z.object({
  destination: z.enum(['none', 'chosen'], { error: 'Choose whether the key may ever leave the token' }),
  keks: list,
  place: optionalId,
})

type Key = z.output<typeof keyShape>
type Destinations = z.output<typeof destinationShape>
export type HsmKeyDraft = Key & Destinations

const isRsa = (type: Key['type']): boolean => type === 'rsa-2048' || type === 'rsa-3072'

const checkDestinations = (answers: Destinations & Pick<Key, 'type'>, say: Say<Destinations>): void => {
  if (answers.destination === 'none') return
  if (answers.keks.length === 0)
    say('keks', 'No destination is chosen. Choose one, or say that the key never leaves the token')
  if (answers.keks.some((kek) => !kekPattern.test(kek)))
    say('keks', 'A destination is not one of those listed. Choose again')
  if (answers.keks.length > 0 && !isRsa(answers.type))
    say('keks', 'Vaults take RSA keys from a token. Choose an RSA key, or no vault')
  const vaults = answers.keks.map((kek) => kekPattern.exec(kek)?.[1])
  if (new Set(vaults).size < vaults.length)
    say('keks', 'Two keys of one vault are chosen. Choose one for each')
  if (!isHandle(answers.place)) say('place', 'No folder of yours is picked for the files. Pick one')
}

const screens = {
  key: keyShape,
  destinations: whole(keyShape.pick({ type: true }).extend(destinationShape.shape), checkDestinations),
} as const

export const hsmKeyScreens = ['key', 'destinations'] as const
export type HsmKeyScreenId = (typeof hsmKeyScreens)[number]

export const hsmKeyDraft: z.ZodType<HsmKeyDraft> = screens.key.and(screens.destinations)

export const hsmKeyScreenProblems = (screen: HsmKeyScreenId, answers: Answers): AnswerProblem[] => {
  const found = problemsOf(screens[screen], answers)
  return screen === 'key' ? found : found.filter(({ field }) => field !== 'type')
}
