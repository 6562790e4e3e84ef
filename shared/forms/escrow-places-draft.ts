import { z } from 'zod'
import { containerNameProblem } from '../model/azure.ts'
import type { Answers } from './form.ts'
import { isHandle, optionalId, optionalText, type Say } from './draft-parts.ts'

/** Where an escrow package is kept: up to three places, each a folder or a container. */

export const folderKinds = ['folder', 'network-share', 'usb'] as const
export type FolderKind = (typeof folderKinds)[number]

export const placeFieldNames = ['place', 'secondPlace', 'thirdPlace'] as const
export type PlaceFieldName = (typeof placeFieldNames)[number]

const kinds = z.preprocess(
  (value) => (value === '' ? null : (value ?? null)),
  z.enum(['none', ...folderKinds, 'blob-container'], { error: 'Choose what kind of place it is' }).nullable(),
)

export const placesShape = z.object({
  place: optionalId,
  placeKind: kinds,
  placeAccount: optionalText,
  placeContainer: optionalText,
  secondPlace: optionalId,
  secondPlaceKind: kinds,
  secondPlaceAccount: optionalText,
  secondPlaceContainer: optionalText,
  thirdPlace: optionalId,
  thirdPlaceKind: kinds,
  thirdPlaceAccount: optionalText,
  thirdPlaceContainer: optionalText,
})
export type PlacesDraft = z.output<typeof placesShape>

export type ChosenPlace =
  | { field: PlaceFieldName; kind: FolderKind; id: string }
  /** `account`: its group and name with a slash between, as the list of accounts has it. */
  | { field: PlaceFieldName; kind: 'blob-container'; account: string; container: string }

/** Places of answers that may be partial: those that are named to the end. A folder without a kind is a folder. */
export const chosenPlaces = (answers: Readonly<Answers>): ChosenPlace[] =>
  placeFieldNames.flatMap((field): ChosenPlace[] => {
    const text = (name: string): string => {
      const answer = answers[name]
      return typeof answer === 'string' ? answer.trim() : ''
    }
    const kind = kindOf(answers, field)
    if (kind === 'blob-container') {
      const [account, container] = [text(`${field}Account`), text(`${field}Container`)]
      return account === '' || container === '' ? [] : [{ field, kind, account, container }]
    }
    const id = text(field)
    return kind === 'none' || id === '' ? [] : [{ field, kind, id }]
  })

/** The first place is a folder unless something else is said; a further one is there once it is chosen. */
const kindOf = (answers: Readonly<Answers>, field: PlaceFieldName): ChosenPlace['kind'] | 'none' => {
  const said = answers[`${field}Kind`]
  const found = (['none', 'blob-container', ...folderKinds] as const).find((one) => one === said)
  if (found !== undefined) return found
  return field === 'place' || (typeof answers[field] === 'string' && answers[field] !== '')
    ? 'folder'
    : 'none'
}

const ordinals = { place: 'first', secondPlace: 'second', thirdPlace: 'third' } as const
const accountPattern = /^[^/]{1,90}\/[a-z0-9]{3,24}$/

export const checkPlaces = (answers: PlacesDraft & { azure: string | null }, say: Say<PlacesDraft>): void => {
  for (const field of placeFieldNames) checkPlace(answers, field, say)
  const places = chosenPlaces(answers).map((place) => ({
    field: place.field,
    is: place.kind === 'blob-container' ? `${place.account}/${place.container}` : place.id,
    asked: place.kind === 'blob-container' ? (`${place.field}Container` as const) : place.field,
  }))
  for (const [index, { asked, is }] of places.entries())
    if (places.slice(0, index).some((before) => before.is === is))
      say(asked, 'This place is chosen twice. Choose another one, or none')
}

const checkPlace = (
  answers: PlacesDraft & { azure: string | null },
  field: PlaceFieldName,
  say: Say<PlacesDraft>,
): void => {
  const kind = kindOf(answers, field)
  if (kind === 'none') {
    if (field === 'place') say('placeKind', 'The package has no place. Choose what the first one is')
    return
  }
  if (kind !== 'blob-container') {
    if (isHandle(answers[field])) return
    const wanted = `Pick the folder of the ${ordinals[field]} place${field === 'place' ? '' : ', or choose none'}`
    return say(
      field,
      answers[field] === null ? `No folder is picked. ${wanted}` : `The folder is not known here. ${wanted}`,
    )
  }
  if (!isHandle(answers.azure))
    return say(
      `${field}Kind`,
      'A container needs the sign-in of a subscription, and none is chosen. Choose one on the screen “Keys”',
    )
  if (!accountPattern.test(answers[`${field}Account`]))
    say(`${field}Account`, 'No storage account is chosen. Choose one that is listed')
  const container = answers[`${field}Container`]
  say(
    `${field}Container`,
    container === '' ? 'No container is chosen. Choose one that is listed' : containerNameProblem(container),
  )
}
