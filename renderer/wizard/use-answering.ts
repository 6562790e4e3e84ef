import { useCallback, useEffect, useRef, useState } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import { useStore } from 'zustand'
import type { FieldProblem, Problem } from '../../shared/errors/problem.ts'
import type { Answers, AnswerValue, Field, FormFacts } from '../../shared/forms/form.ts'
import { ask, problemFrom } from '../bridge/index.ts'
import type { AnswerScreenProps } from './AnswerScreen.tsx'
import { answersToClear, visibleFields } from './form-shape.ts'
import { screensThatNeedAChange } from './stale-screens.ts'
import type { ScreenFacts } from './use-facts.ts'
import { useSuggestions } from './use-suggestions.ts'

interface Given extends AnswerScreenProps {
  hookForm: UseFormReturn<Answers>
  read: ScreenFacts
}

const kindsOfFacts: ReadonlySet<Field['kind']> = new Set(['pick', 'choice', 'flag', 'server-path', 'place'])

/** Whether its answer may change what main reads for the same screen. */
const changesFacts = (field: Field): boolean =>
  kindsOfFacts.has(field.kind) || (field.kind === 'text' && field.changesFacts === true)

const failedChecks = (facts: FormFacts | null, names: ReadonlySet<string>): FieldProblem[] =>
  (facts?.checks ?? []).flatMap(({ state, field, name, detail }) =>
    state === 'failed' && field !== null && names.has(field)
      ? [{ field, message: `${name}: ${detail}` }]
      : [],
  )

/** One error per field: the first one named. */
const onePerField = (problems: readonly FieldProblem[]): FieldProblem[] =>
  problems.filter(({ field }, index) => problems.findIndex((other) => other.field === field) === index)

/**
 * What is left of the shown errors after an answer changed: an error stays while its own answer is the same one, and
 * main's newer words stand where that changed. Nothing new appears before the next press of Next.
 */
export const errorsLeft = (
  shown: readonly FieldProblem[],
  found: readonly FieldProblem[],
  isUnchanged: (field: string) => boolean,
  isVisible: (field: string) => boolean,
): FieldProblem[] =>
  shown.flatMap((error) => {
    if (!isVisible(error.field)) return []
    return isUnchanged(error.field) ? [error] : found.filter(({ field }) => field === error.field).slice(0, 1)
  })

/** What happens between the fields of a screen, the draft in main, and Next. */
export const useAnswering = (given: Given) => {
  const { form, screen, store, secrets, hookForm, read } = given
  const answers = useStore(store, (state) => state.answers)
  const revision = useStore(store, (state) => state.revision)
  const [errors, setErrors] = useState<readonly FieldProblem[]>([])
  const [problem, setProblem] = useState<Problem | null>(null)
  const [attempt, setAttempt] = useState(0)
  const [busy, setBusy] = useState(false)
  const suggested = useStore(store, (state) => state.suggested)
  const readAgainAt = useRef<number | null>(null)
  const changedHere = useRef(false)
  const shownErrors = useRef<readonly FieldProblem[]>([])
  /** The answers that the shown errors are about. */
  const judged = useRef<Answers>({})
  const { facts } = read

  const set = useCallback(
    (name: string, value: AnswerValue) => {
      hookForm.setValue(name, value)
      store.answer(name, value)
    },
    [hookForm, store],
  )

  const answer = useCallback(
    (field: Field, value: AnswerValue) => {
      const before = store.getState().answers
      store.answer(field.name, value)
      changedHere.current = true
      for (const name of answersToClear(form, before, store.getState().answers)) set(name, null)
      if (changesFacts(field)) readAgainAt.current = store.getState().revision
    },
    [form, store, set],
  )

  // What is read may hang on a suggestion as on an answer: a chosen database, a folder to look at.
  const fill = useCallback(
    (field: Field, suggestion: FormFacts['suggested'][string]) => {
      hookForm.setValue(field.name, suggestion.value)
      store.suggest(field.name, suggestion)
      if (changesFacts(field) && field.kind !== 'flag') readAgainAt.current = store.getState().revision
    },
    [hookForm, store],
  )
  useSuggestions({ screen, store, answers, facts, fill })

  const show = useCallback(
    (found: readonly FieldProblem[]) => {
      hookForm.clearErrors()
      for (const { field, message } of found) hookForm.setError(field, { type: 'main', message })
      shownErrors.current = found
      setErrors(found)
    },
    [hookForm],
  )

  const check = useCallback(async (): Promise<FieldProblem[] | Problem> => {
    const { problem: refused } = await ask('wizard.check', { draft: store.id, screen: screen.id })
    if (refused === null) return []
    return refused.fields !== undefined && refused.fields.length > 0 ? refused.fields : refused
  }, [store.id, screen.id])

  // After a save: facts that hang on the answer are read again, and shown errors are looked at again.
  const hasErrors = errors.length > 0
  const readFacts = read.read
  useEffect(() => {
    if (revision === 0) return
    // A save that was under way when the answer came did not carry it; the next one does.
    const isSaved = !store.getState().dirty
    if (readAgainAt.current !== null && revision > readAgainAt.current && isSaved) {
      readAgainAt.current = null
      void readFacts(false)
    }
    if (!hasErrors) return
    check().then(
      (found) => {
        if (!Array.isArray(found)) return
        const now = store.getState().answers
        const visible = new Set(visibleFields(screen, now, facts?.flags ?? {}).map(({ name }) => name))
        const unchanged = (field: string): boolean =>
          JSON.stringify(now[field] ?? null) === JSON.stringify(judged.current[field] ?? null)
        show(errorsLeft(shownErrors.current, found, unchanged, (field) => visible.has(field)))
      },
      // The next press of Next asks again and shows what is wrong with asking.
      () => undefined,
    )
  }, [revision, hasErrors, check, show, readFacts, store, screen, facts])

  const next = async (): Promise<void> => {
    if (busy) return
    setBusy(true)
    setProblem(null)
    try {
      const refusedSecrets = await secrets.commitAll()
      await store.flush()
      const { saveProblem } = store.getState()
      if (saveProblem !== null) return setProblem(saveProblem)
      const [found, freshFacts] = await Promise.all([check(), facts === null ? null : readFacts(false)])
      if (!Array.isArray(found)) return setProblem(found)
      const visible = visibleFields(screen, store.getState().answers, (freshFacts ?? facts)?.flags ?? {})
      const names = new Set(visible.map(({ name }) => name))
      const all = onePerField([
        ...Array.from(refusedSecrets, ([field, message]) => ({ field, message })),
        ...found,
        ...failedChecks(freshFacts, names),
      ])
      judged.current = store.getState().answers
      const order = visible.map(({ name }) => name)
      show(all.toSorted((one, other) => order.indexOf(one.field) - order.indexOf(other.field)))
      if (all.length > 0) return setAttempt((number) => number + 1)
      if (changedHere.current)
        given.onStale(await screensThatNeedAChange(store.id, screen.id, given.visited, form))
      given.onNext()
    } catch (thrown) {
      setProblem(problemFrom(thrown))
    } finally {
      setBusy(false)
    }
  }
  return { answers, errors, attempt, busy, problem, suggested, answer, next }
}
