import { useEffect, useState } from 'react'
import type { Answers, Field, FormFacts, Screen } from '../../shared/forms/form.ts'
import { fieldId } from '../fields/field-props.ts'
import type { DraftStore } from './draft-store.ts'
import { isUnanswered, visibleFields } from './form-shape.ts'

interface Given {
  screen: Screen
  store: DraftStore
  answers: Answers
  facts: FormFacts | null
  fill: (field: Field, suggestion: FormFacts['suggested'][string]) => void
}

/**
 * Suggestions fill what was never answered, and say why. An answer is never replaced, and what a person emptied stays
 * empty. A field that somebody is in is filled when it is left without an answer: words that come under the caret would
 * mix with those being typed.
 */
export const useSuggestions = ({ screen, store, answers, facts, fill }: Given): void => {
  const [left, setLeft] = useState(0)
  useEffect(() => {
    if (facts === null) return
    const entered = document.activeElement
    const now = store.getState().answers
    let waits = false
    for (const field of visibleFields(screen, now, facts.flags)) {
      const suggestion = facts.suggested[field.name]
      if (suggestion === undefined || !isUnanswered(now[field.name])) continue
      if (entered?.id === fieldId(field.name)) waits = true
      else fill(field, suggestion)
    }
    if (!waits) return
    const onLeft = () => setLeft((times) => times + 1)
    entered?.addEventListener('blur', onLeft)
    return () => entered?.removeEventListener('blur', onLeft)
    // `answers`: one that was given may bring the next field. `left`: the field that somebody was in is free.
  }, [facts, screen, store, fill, answers, left])
}
