import {
  isVisible,
  type Answers,
  type Condition,
  type Field,
  type FormDescription,
  type Screen,
} from '../../shared/forms/form.ts'

export const introId = 'intro'
export const reviewId = 'review'

export interface Stop {
  id: string
  noun: string
}

/** The stops of a wizard before its run: what it will do, the answers, the review. */
export const stopsOf = (form: FormDescription): Stop[] => [
  { id: introId, noun: 'About' },
  ...form.screens.map(({ id, noun }) => ({ id, noun })),
  { id: reviewId, noun: 'Review' },
]

/** The target that a field belongs to: the one it names, else the form's first. Null while it is not chosen. */
export const targetOfField = (form: FormDescription, field: Field, answers: Answers): string | null => {
  const named = field.kind === 'secret' || field.kind === 'server-path' ? field.targetField : undefined
  return chosen(answers[named ?? form.targetFields[0]])
}

/** The targets that the answers name so far. */
export const targetsOf = (form: FormDescription, answers: Answers): string[] =>
  form.targetFields.flatMap((name) => {
    const answer = answers[name]
    return Array.isArray(answer) ? answer : (chosen(answer) ?? [])
  })

const chosen = (answer: Answers[string] | undefined): string | null =>
  typeof answer === 'string' && answer !== '' ? answer : null

export const visibleFields = (screen: Screen, answers: Answers, flags: Record<string, boolean>): Field[] =>
  screen.fields.filter((field) => isVisible(field, answers, flags))

/** For a page that reads no facts: fields that hang on one are told where they have an answer. */
export const toldFields = (screen: Screen, answers: Answers): Field[] =>
  screen.fields.filter(
    (field) =>
      isVisible(field, answers, {}) ||
      (!isEmptyAnswer(answers[field.name]) && isVisible(field, answers, factsOf(field.when))),
  )

const factsOf = (when: Condition | undefined): Record<string, boolean> =>
  when === undefined
    ? {}
    : { ...(when.fact === undefined ? {} : { [when.fact]: true }), ...factsOf(when.also) }

export const isEmptyAnswer = (answer: Answers[string] | undefined): boolean =>
  answer === undefined || answer === null || answer === '' || (Array.isArray(answer) && answer.length === 0)

/** Nobody gave an answer; one that a person emptied is a text without characters or a list without rows. */
export const isUnanswered = (answer: Answers[string] | undefined): boolean =>
  answer === undefined || answer === null

/** Two fields may share a name under different conditions; each is a control of its own. */
export const fieldKey = (field: Field): string => `${field.name} ${field.kind} ${conditionKey(field.when)}`

const conditionKey = (when: Condition | undefined): string =>
  when === undefined
    ? ''
    : `${(when.is ?? []).join(' ')}${when.filled === true ? `${when.field ?? ''} filled` : ''} ${when.fact ?? ''} ${conditionKey(when.also)}`

/** Finds the screen on which a field stands. */
export const screenOfField = (form: FormDescription, name: string): Screen | null =>
  form.screens.find(({ fields }) => fields.some((field) => field.name === name)) ?? null

/**
 * An answer that was given to another form of the same field (a certificate to use, a password of another key) means
 * nothing in the one that now shows: it is emptied.
 */
export const answersToClear = (form: FormDescription, before: Answers, after: Answers): string[] => {
  const keys = (answers: Answers): Map<string, string> =>
    new Map(
      form.screens.flatMap((screen) =>
        visibleFields(screen, answers, allFlags).map((field): [string, string] => [
          field.name,
          fieldKey(field),
        ]),
      ),
    )
  const [old, now] = [keys(before), keys(after)]
  return Array.from(now.entries())
    .filter(([name, key]) => old.has(name) && old.get(name) !== key && !isEmptyAnswer(after[name]))
    .map(([name]) => name)
}

/** Facts don't change which form of a field is meant; every flag counts as set here. */
const allFlags: Record<string, boolean> = new Proxy({}, { get: () => true })
