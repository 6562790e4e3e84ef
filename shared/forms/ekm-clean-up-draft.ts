import { z } from 'zod'
import { clientIdProblem } from '../model/ekm.ts'
import {
  id,
  isHandle,
  optionalId,
  optionalText,
  problemsOf,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import type { Answers } from './form.ts'
import { existingNameProblem, isScratch, serverFolderProblem } from './names.ts'

/** Answers of the job "Clean up EKM". `scope` and `parts` say which of the others count. */

/** In the order in which they go. */
export const cleanUpParts = [
  'mapping',
  'login',
  'key',
  'credential',
  'provider',
  'option',
  'registry',
] as const
export type CleanUpPart = (typeof cleanUpParts)[number]

export const cleanUpScopes = ['key', 'rest'] as const
export type CleanUpScope = (typeof cleanUpScopes)[number]

export const mostScratch = 20

const scope = z.preprocess(
  (value) => value ?? 'key',
  z.enum(cleanUpScopes, { error: 'Choose whether a key is cleaned up, or what is left without keys' }),
)
const parts = z.preprocess(
  (value) => value ?? [],
  z.array(
    z.enum(cleanUpParts, { error: 'What is to go holds something else than the parts listed. Choose again' }),
  ),
)

const objectsShape = z.object({
  target: id('No server is chosen. Choose one'),
  scope,
  key: optionalText,
  provider: optionalText,
})

const partsShape = z.object({
  /** Login that was made from the key. Empty: there is none. */
  keyLogin: optionalText,
  /** Empty: none goes, and none is taken off a login. */
  credential: optionalText,
  scratch: z.preprocess((value) => value ?? [], z.array(z.string())),
  parts,
  exportFolder: optionalText,
  /** Both only for an undo: the credential is made again with them. */
  clientId: optionalText,
  clientSecret: optionalId,
})

const lossShape = z.object({
  /** Name of the key, typed by a person who saw what may be lost. */
  confirmation: optionalText,
})

type Objects = z.output<typeof objectsShape>
type Parts = z.output<typeof partsShape>
export type CleanUpDraft = Objects & Parts & z.output<typeof lossShape>

/** Parts that stand and fall with one key. */
const ofAKey: readonly CleanUpPart[] = ['login', 'key']

const checkObjects = (answers: Objects, say: Say<Objects>): void => {
  if (answers.scope === 'key') return say('key', existingNameProblem(answers.key, 'The key'))
  if (answers.provider !== '') say('provider', existingNameProblem(answers.provider, 'The provider'))
}

type WithObjects = Parts & Pick<Objects, 'scope' | 'key'>

const checkParts = (answers: WithObjects, say: Say<WithObjects>): void => {
  const { parts: chosen, scratch } = answers
  if (chosen.length === 0 && scratch.length === 0) {
    return say('parts', 'Nothing is chosen. Choose at least one part')
  }
  if (new Set(chosen).size !== chosen.length) say('parts', 'A part is chosen twice. Choose each once')
  if (answers.scope === 'rest' && chosen.some((part) => ofAKey.includes(part))) {
    say('parts', 'A key or its login is chosen, and no key is named. Go back and choose the key')
  }
  if (scratch.length > mostScratch || scratch.some((name) => !isScratch(name))) {
    say(
      'scratch',
      `Scratch databases are named KT_scratch_ and 8 characters; at most ${mostScratch} go in one run. Choose again`,
    )
  }
  if (chosen.includes('login')) {
    say('keyLogin', existingNameProblem(answers.keyLogin, 'The login of the key'))
  }
  if (chosen.includes('mapping') && answers.keyLogin === '' && answers.credential === '') {
    say('credential', 'No credential is chosen to be taken off a login. Choose one')
  }
  if (chosen.includes('credential')) {
    say('credential', existingNameProblem(answers.credential, 'The credential'))
    if (answers.clientId !== '') say('clientId', clientIdProblem(answers.clientId))
    else if (isHandle(answers.clientSecret)) {
      say(
        'clientId',
        'The client id is missing: an undo sends it with the secret. Enter it, or take the secret out',
      )
    }
    if (answers.clientId !== '' && !isHandle(answers.clientSecret)) {
      say(
        'clientSecret',
        'The secret is missing: an undo sends it with the client id. Enter it, or take the client id out',
      )
    }
  }
  if (chosen.includes('registry')) {
    say('exportFolder', exportFolderProblem(answers.exportFolder))
  }
}

/** A registry is Windows’. */
const exportFolderProblem = (text: string): string | null => {
  const what = 'The folder for the exported registry key'
  return (
    serverFolderProblem(text, what) ??
    (text.startsWith('/')
      ? `${what} is one of Linux, which has no registry. Leave the registry key out`
      : null)
  )
}

type WithKey = z.output<typeof lossShape> & Pick<Objects, 'key'> & Pick<Parts, 'parts'>

/**
 * A name that is typed has to be the key's. That it is typed at all is asked where something may be lost, which only the
 * facts tell: `cleanUpNameProblem` on the screen, a blocker on the review.
 */
const checkLoss = ({ confirmation, key, parts: chosen }: WithKey, say: Say<WithKey>): void => {
  if (!chosen.includes('key') || confirmation === '' || confirmation === key) return
  say('confirmation', 'This is not the name of the key. Type the name as it stands above, or paste it')
}

const objects = whole(objectsShape, checkObjects)
const partsScreen = whole(partsShape.extend(objectsShape.pick({ scope: true, key: true }).shape), checkParts)
const loss = whole(
  lossShape.extend(objectsShape.pick({ key: true }).shape).extend(partsShape.pick({ parts: true }).shape),
  checkLoss,
)
const screens = { objects, parts: partsScreen, loss } as const

export const cleanUpScreens = ['objects', 'parts', 'loss'] as const
export type CleanUpScreenId = (typeof cleanUpScreens)[number]

export const cleanUpDraft: z.ZodType<CleanUpDraft> = objects.and(partsScreen).and(loss)

export const cleanUpScreenProblems = (screen: CleanUpScreenId, answers: Answers): AnswerProblem[] =>
  problemsOf(screens[screen], answers)

/** Where the facts say that something may be lost, the screen asks for the name. */
export const cleanUpNameProblem = ({ confirmation }: Answers): AnswerProblem[] =>
  typeof confirmation === 'string' && confirmation.trim() !== ''
    ? []
    : [
        {
          field: 'confirmation',
          message: 'The name of the key is not typed. Type it, or leave the key where it is',
        },
      ]
