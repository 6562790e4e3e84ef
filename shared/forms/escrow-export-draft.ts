import { z } from 'zod'
import {
  flag,
  id,
  isHandle,
  optionalId,
  problemsOf,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import type { Answers } from './form.ts'
import { existingNameProblem } from './names.ts'

/** Answers of the job "Escrow export". */

/** Endings of the files that hold a certificate alone. No folder, nothing hidden. */
export const isCertificateFile = (name: string): boolean =>
  /^[^./\\:\p{Cc}][^/\\:\p{Cc}]*\.(cer|crt|der|pem)$/iu.test(name) && name.length <= 200

const fileProblem = (name: string): string | null =>
  isCertificateFile(name)
    ? null
    : 'A certificate file is not one of the folder. Choose among those that are listed'

const names = z.preprocess((value) => value ?? [], z.array(z.string()))

export const exportPlaceKinds = ['folder', 'network-share', 'usb'] as const
export type ExportPlaceKind = (typeof exportPlaceKinds)[number]

const placeKind = z.preprocess(
  (value) => value ?? 'folder',
  z.enum(exportPlaceKinds, { error: 'Choose what kind of place it is' }),
)

const keysShape = z.object({
  target: id('No server is chosen. Choose one'),
  certificates: names,
  /** Of certificates that nothing on record uses: a person says that they encrypt. */
  othersEncrypt: flag(false),
  keptPasswords: names,
})

const recipientsShape = z.object({
  group: optionalId,
  recipientFolder: optionalId,
  custodianFiles: names,
  recoveryFiles: names,
})

const placesShape = z.object({
  place: optionalId,
  placeKind,
  secondPlace: optionalId,
  secondPlaceKind: placeKind,
  thirdPlace: optionalId,
  thirdPlaceKind: placeKind,
})

export type EscrowExportDraft = z.output<typeof keysShape> &
  z.output<typeof recipientsShape> &
  z.output<typeof placesShape>

export const mostCertificates = 20
export const mostPasswords = 40

const twice = (values: readonly string[]): boolean => new Set(values).size !== values.length

const checkKeys = (answers: z.output<typeof keysShape>, say: Say<z.output<typeof keysShape>>): void => {
  const { certificates, keptPasswords } = answers
  if (certificates.length + keptPasswords.length === 0)
    return say('certificates', 'Nothing is chosen. Choose at least one certificate or one kept password')
  if (certificates.length > mostCertificates)
    say('certificates', `At most ${mostCertificates} certificates fit in one package. Choose fewer`)
  if (twice(certificates)) say('certificates', 'A certificate is chosen twice. Choose each once')
  for (const name of certificates) say('certificates', existingNameProblem(name, 'The certificate'))
  if (keptPasswords.length > mostPasswords)
    say('keptPasswords', `At most ${mostPasswords} passwords fit in one package. Choose fewer`)
  if (keptPasswords.some((one) => !isHandle(one)))
    say('keptPasswords', 'A password is not known here. Choose again')
  if (twice(keptPasswords)) say('keptPasswords', 'A password is chosen twice. Choose each once')
}

type Recipients = z.output<typeof recipientsShape>

const checkRecipients = (answers: Recipients, say: Say<Recipients>): void => {
  const { group, recipientFolder, custodianFiles, recoveryFiles } = answers
  if (!isHandle(group)) say('group', 'No share group is chosen. Choose one that is active')
  const files = [...custodianFiles, ...recoveryFiles]
  if (files.length === 0) return
  if (!isHandle(recipientFolder))
    say('recipientFolder', 'The folder with the certificates is not known here. Pick it again')
  if (files.length > 16) say('custodianFiles', 'At most 16 certificates fit in one package. Choose fewer')
  for (const name of custodianFiles) say('custodianFiles', fileProblem(name))
  for (const name of recoveryFiles) say('recoveryFiles', fileProblem(name))
  if (twice(files)) say('recoveryFiles', 'A certificate is chosen twice. Choose each once')
}

type Places = z.output<typeof placesShape>

const checkPlaces = (answers: Places, say: Say<Places>): void => {
  const { place, secondPlace, thirdPlace } = answers
  if (!isHandle(place)) say('place', 'No folder is picked. Pick the one that the package is written to')
  const unknown = 'The folder is not known here. Pick it again, or none'
  if (secondPlace !== null && !isHandle(secondPlace)) say('secondPlace', unknown)
  if (thirdPlace !== null && !isHandle(thirdPlace)) say('thirdPlace', unknown)
  const same = 'The folder is picked twice. Pick another one, or none'
  if (secondPlace !== null && secondPlace === place) say('secondPlace', same)
  if (thirdPlace !== null && (thirdPlace === place || thirdPlace === secondPlace)) say('thirdPlace', same)
}

const screens = {
  keys: whole(keysShape, checkKeys),
  recipients: whole(recipientsShape, checkRecipients),
  places: whole(placesShape, checkPlaces),
} as const

export const escrowExportScreens = ['keys', 'recipients', 'places'] as const
export type EscrowExportScreenId = (typeof escrowExportScreens)[number]

export const escrowExportDraft: z.ZodType<EscrowExportDraft> = screens.keys
  .and(screens.recipients)
  .and(screens.places)

export const escrowExportScreenProblems = (screen: EscrowExportScreenId, answers: Answers): AnswerProblem[] =>
  problemsOf(screens[screen], answers)
