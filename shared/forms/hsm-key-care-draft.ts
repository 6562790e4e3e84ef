import { z } from 'zod'
import {
  id,
  optionalText,
  pinProblem,
  pinShape,
  problemsOf,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import type { Answers } from './form.ts'

/** Answers of the job "Keys of a token": another label, or the end of a key. */

export const careTasks = ['label', 'destroy'] as const
export type CareTask = (typeof careTasks)[number]

/** CKA_ID in hex: what a step finds the key by. */
export const tokenKeyPattern = /^([0-9a-f]{2}){1,32}$/

/** Bytes of UTF-8. */
export const longestLabel = 128

/** Null: a token can show it as it is. */
export const labelProblem = (label: string): string | null => {
  if (label === '') return 'The new label is missing. Enter one'
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(label) || !label.isWellFormed())
    return 'The new label holds a character that no list shows. Enter it without'
  return new TextEncoder().encode(label).length > longestLabel
    ? `The new label is over ${longestLabel} bytes long. Enter a shorter one`
    : null
}

const keyShape = z.object({
  hsm: id('No token is chosen. Choose one'),
  ...pinShape,
  task: z.enum(careTasks, { error: 'Choose whether the key gets another label or is destroyed' }),
  key: z.preprocess(
    (value) => value ?? '',
    z.string().regex(tokenKeyPattern, 'No key is chosen. Choose one of those that were read'),
  ),
  newLabel: optionalText,
})

const copiesShape = z.object({
  /** Label of the key, or its id where it has none: typed where no other copy of it is known. */
  confirmation: optionalText,
})

type Key = z.output<typeof keyShape>
export type HsmKeyCareDraft = Key & z.output<typeof copiesShape>

const checkKey = (answers: Key, say: Say<Key>): void => {
  say('pin', pinProblem(answers))
  if (answers.task === 'label') say('newLabel', labelProblem(answers.newLabel))
}

const screens = { key: whole(keyShape, checkKey), copies: copiesShape } as const

export const hsmKeyCareScreens = ['key', 'copies'] as const
export type HsmKeyCareScreenId = (typeof hsmKeyCareScreens)[number]

export const hsmKeyCareDraft: z.ZodType<HsmKeyCareDraft> = screens.key.and(screens.copies)

export const hsmKeyCareScreenProblems = (screen: HsmKeyCareScreenId, answers: Answers): AnswerProblem[] =>
  problemsOf(screens[screen], answers)

/** Where the facts say that no other copy is known, the screen asks for the name. */
export const careNameProblem = ({ confirmation }: Answers, name: string): AnswerProblem[] => {
  const typed = typeof confirmation === 'string' ? confirmation.trim() : ''
  if (typed === name.trim()) return []
  return [
    {
      field: 'confirmation',
      message:
        typed === ''
          ? 'The label of the key is not typed. Type it, or leave the key where it is'
          : 'This is not the label of the key. Type it as it stands above, or paste it',
    },
  ]
}
