import { z } from 'zod'
import {
  id,
  isHandle,
  optionalId,
  optionalText,
  pinProblem,
  pinShape,
  problemsOf,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import { exportPlaceKinds, isCertificateFile } from './escrow-export-draft.ts'
import type { Answers } from './form.ts'

/** Answers of the job "HSM key". Where the key goes is asked before it is made: afterwards it can't be decided any more. */

export const hsmKeyTypes = ['rsa-3072', 'rsa-2048', 'ec-p256', 'ec-p384', 'aes-256'] as const
export type HsmKeyTypeAnswer = (typeof hsmKeyTypes)[number]

/** A key of a connected vault that wraps imports: connection, name, version. */
export const kekPattern = /^([a-z0-9-]{1,40}) ([0-9A-Za-z-]{1,127}) ([0-9a-f]{32})$/

export const mostDestinations = 16

const keyShape = z.object({
  hsm: id('No token is chosen. Choose one'),
  ...pinShape,
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
  /** Id of a key of the token, as hex digits; empty: it replaces none. */
  replaces: optionalText,
})

const list = z.preprocess(
  (value) => value ?? [],
  z.array(z.string().max(1024)).max(mostDestinations, `Choose at most ${mostDestinations}`),
)

const destinationShape = z.object({
  destination: z.enum(['none', 'chosen'], { error: 'Choose whether the key may ever leave the token' }),
  keks: list,
})

const recipientShape = z.object({
  /** A share group; null: no escrow package. */
  group: optionalId,
  recipientFolder: optionalId,
  custodianFiles: list,
  recoveryFiles: list,
})

const placeShape = z.object({
  place: optionalId,
  placeKind: z.preprocess(
    (value) => value ?? 'folder',
    z.enum(exportPlaceKinds, { error: 'Choose what kind of place it is' }),
  ),
})

type Key = z.output<typeof keyShape>
type Destinations = z.output<typeof destinationShape>
type Recipients = z.output<typeof recipientShape>
type Place = z.output<typeof placeShape>
export type HsmKeyDraft = Key & Destinations & Recipients & Place

const isRsa = (type: Key['type']): boolean => type === 'rsa-2048' || type === 'rsa-3072'

const checkKey = (answers: Key, say: Say<Key>): void => say('pin', pinProblem(answers))

const checkDestinations = (answers: Destinations & Pick<Key, 'type'>, say: Say<Destinations>): void => {
  if (answers.destination === 'none') return
  if (answers.keks.some((kek) => !kekPattern.test(kek)))
    say('keks', 'A destination is not one of those listed. Choose again')
  if (answers.keks.length > 0 && !isRsa(answers.type))
    say('keks', 'Vaults take RSA keys from a token. Choose an RSA key, or no vault')
  const vaults = answers.keks.map((kek) => kekPattern.exec(kek)?.[1])
  if (new Set(vaults).size < vaults.length)
    say('keks', 'Two keys of one vault are chosen. Choose one for each')
}

const checkRecipients = (
  answers: Recipients & Pick<Destinations, 'destination' | 'keks'> & Pick<Key, 'type'>,
  say: Say<Recipients>,
): void => {
  if (answers.destination === 'none') return
  const { group, recipientFolder, custodianFiles, recoveryFiles } = answers
  const files = [...custodianFiles, ...recoveryFiles]
  if (group === null && answers.keks.length === 0)
    say(
      'group',
      'No destination is chosen. Choose a share group here or a vault on the screen before, or say there that the key never leaves the token',
    )
  if (group !== null && !isHandle(group))
    say('group', 'The share group is not one of those listed. Choose again')
  if (group !== null && (answers.type === 'ec-p256' || answers.type === 'ec-p384'))
    say(
      'group',
      'A key that signs is replaced when it is lost, not escrowed. Choose no group, or another kind of key',
    )
  if (files.length === 0) return
  if (group === null)
    say(
      'custodianFiles',
      'Certificates open a package beside its share group. Choose a share group, or none of them',
    )
  if (!isHandle(recipientFolder))
    say('recipientFolder', 'The folder with the certificates is not known here. Pick it again')
  if (files.length > mostDestinations)
    say('custodianFiles', `At most ${mostDestinations} certificates fit in one package. Choose fewer`)
  for (const [field, names] of [
    ['custodianFiles', custodianFiles],
    ['recoveryFiles', recoveryFiles],
  ] as const)
    if (!names.every(isCertificateFile))
      say(field, 'A certificate file is not one of the folder. Choose among those that are listed')
  if (new Set(files).size < files.length)
    say('recoveryFiles', 'A certificate is chosen twice. Choose each once')
}

const checkPlace = (answers: Place & Pick<Destinations, 'destination'>, say: Say<Place>): void => {
  if (answers.destination === 'chosen' && !isHandle(answers.place))
    say('place', 'No folder of yours is picked for the files. Pick one')
}

const screens = {
  key: whole(keyShape, checkKey),
  destinations: whole(keyShape.pick({ type: true }).extend(destinationShape.shape), checkDestinations),
  recipients: whole(
    keyShape.pick({ type: true }).extend(destinationShape.shape).extend(recipientShape.shape),
    checkRecipients,
  ),
  place: whole(destinationShape.pick({ destination: true }).extend(placeShape.shape), checkPlace),
} as const

export const hsmKeyScreens = ['key', 'destinations', 'recipients', 'place'] as const
export type HsmKeyScreenId = (typeof hsmKeyScreens)[number]

export const hsmKeyDraft: z.ZodType<HsmKeyDraft> = screens.key
  .and(screens.destinations)
  .and(screens.recipients)
  .and(screens.place)

/** Errors of another screen's field are named there, not here. */
const fieldsOf: Readonly<Record<HsmKeyScreenId, object>> = {
  key: keyShape.shape,
  destinations: destinationShape.shape,
  recipients: recipientShape.shape,
  place: placeShape.shape,
}

export const hsmKeyScreenProblems = (screen: HsmKeyScreenId, answers: Answers): AnswerProblem[] => {
  const found = problemsOf(screens[screen], answers)
  const own = fieldsOf[screen]
  return found.filter(({ field }) => field in own)
}
