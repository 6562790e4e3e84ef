import { z } from 'zod'
import {
  allOf,
  id,
  isHandle,
  optionalId,
  problemsIn,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import { checkShares, sharesShape, type SharesAnswers } from './escrow-drill-draft.ts'
import { exportPlaceKinds, isCertificateFile } from './escrow-export-draft.ts'
import type { Answers } from './form.ts'

/** Answers of the job "Rewrap packages". Shares are ids of handles. */

/** A run is as long as its packages are many, and holders wait for it. */
export const mostPackagesPerRun = 40

const names = z.preprocess((value) => value ?? [], z.array(z.string()))

const packagesShape = z.object({
  oldGroup: id('No share group is chosen. Choose the one whose packages are to be wrapped anew'),
  /** Another folder to look in, where a medium is connected somewhere else now. */
  lookIn: optionalId,
  packages: names,
})

type PackagesAnswers = z.output<typeof packagesShape>

const checkPackages = ({ packages, lookIn }: PackagesAnswers, say: Say<PackagesAnswers>): void => {
  if (lookIn !== null && !isHandle(lookIn))
    say('lookIn', 'The folder is not known here any more. Pick it again, or none')
  if (packages.length === 0) say('packages', 'No package is chosen. Choose at least one')
  if (packages.length > mostPackagesPerRun)
    say(
      'packages',
      `${packages.length} packages are chosen; one run takes ${mostPackagesPerRun}. Choose fewer, and begin again for the others`,
    )
  if (packages.some((one) => !/^ep-[a-z0-9]{12}$/.test(one)))
    say('packages', 'A package is not one of the list. Choose again')
  if (new Set(packages).size !== packages.length)
    say('packages', 'A package is chosen twice. Choose each once')
}

export const recipientModes = ['keep', 'others'] as const

const groupShape = z.object({
  newGroup: optionalId,
  recipientMode: z.preprocess(
    (value) => value ?? 'keep',
    z.enum(recipientModes, { error: 'Choose which certificates open the new packages' }),
  ),
  recipientFolder: optionalId,
  custodianFiles: names,
  recoveryFiles: names,
})

type GroupAnswers = z.output<typeof groupShape>

const checkGroup = (answers: GroupAnswers, say: Say<GroupAnswers>): void => {
  if (!isHandle(answers.newGroup)) say('newGroup', 'No share group is chosen. Choose one that is active')
  if (answers.recipientMode === 'keep') return
  const { recipientFolder, custodianFiles, recoveryFiles } = answers
  const files = [...custodianFiles, ...recoveryFiles]
  if (files.length > 0 && !isHandle(recipientFolder))
    say('recipientFolder', 'The folder with the certificates is not known here. Pick it again')
  if (files.length > 16) say('custodianFiles', 'At most 16 certificates fit in one package. Choose fewer')
  const unknown = 'A certificate file is not one of the folder. Choose among those that are listed'
  if (!custodianFiles.every(isCertificateFile)) say('custodianFiles', unknown)
  if (!recoveryFiles.every(isCertificateFile)) say('recoveryFiles', unknown)
  if (new Set(files).size !== files.length)
    say('recoveryFiles', 'A certificate is chosen twice. Choose each once')
}

export const placeModes = ['same', 'other'] as const

const placeShape = z.object({
  placeMode: z.preprocess(
    (value) => value ?? 'same',
    z.enum(placeModes, { error: 'Choose where the new packages are written' }),
  ),
  place: optionalId,
  placeKind: z.preprocess(
    (value) => value ?? 'folder',
    z.enum(exportPlaceKinds, { error: 'Choose what kind of place it is' }),
  ),
})

type PlaceAnswers = z.output<typeof placeShape>

const checkPlace = ({ placeMode, place }: PlaceAnswers, say: Say<PlaceAnswers>): void => {
  if (placeMode === 'other' && !isHandle(place))
    say('place', 'No folder is picked. Pick the one that the new packages are written to')
}

const givenShape = z.object(sharesShape)

const screens = {
  packages: whole(packagesShape, checkPackages),
  group: whole(groupShape, checkGroup),
  place: whole(placeShape, checkPlace),
  shares: whole(givenShape, checkShares),
} as const

export const escrowRewrapScreens = ['packages', 'group', 'place', 'shares'] as const
export type EscrowRewrapScreenId = (typeof escrowRewrapScreens)[number]

export type EscrowRewrapDraft = PackagesAnswers & GroupAnswers & PlaceAnswers & SharesAnswers

const sameGroup = 'The new group is the old one. Choose another one'

const isSame = ({ oldGroup, newGroup }: { oldGroup?: unknown; newGroup?: unknown }): boolean =>
  typeof newGroup === 'string' && newGroup !== '' && newGroup === oldGroup

export const escrowRewrapDraft: z.ZodType<EscrowRewrapDraft> = allOf(
  screens.packages,
  screens.group,
  screens.place,
  screens.shares,
).superRefine((answers, ctx) => {
  if (isSame(answers)) ctx.addIssue({ code: 'custom', path: ['newGroup'], message: sameGroup })
})

const problemsOfScreen = problemsIn<EscrowRewrapScreenId>(screens)

export const escrowRewrapScreenProblems = (
  screen: EscrowRewrapScreenId,
  answers: Answers,
): AnswerProblem[] => [
  ...problemsOfScreen(screen, answers),
  ...(screen === 'group' && isSame(answers) ? [{ field: 'newGroup', message: sameGroup }] : []),
]
