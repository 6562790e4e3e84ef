import { useCallback, useEffect, useRef, useState } from 'react'
import type { Problem } from '../../shared/errors/problem.ts'
import type { FormFacts } from '../../shared/forms/form.ts'
import { ask, problemFrom } from '../bridge/index.ts'

export interface ScreenFacts {
  facts: FormFacts | null
  problem: Problem | null
  reading: boolean
  /** `again`: the targets are asked again instead of main's memory. Gives what was read, or null. */
  read: (again: boolean) => Promise<FormFacts | null>
}

/** What main read for a screen. Old facts stay while new ones are read; the form stays editable without any. */
export const useFacts = (draft: string, screen: string): ScreenFacts => {
  const [facts, setFacts] = useState<FormFacts | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [reading, setReading] = useState(true)
  const round = useRef(0)
  const load = useCallback(
    (again: boolean): Promise<FormFacts | null> => {
      round.current += 1
      const mine = round.current
      return ask('wizard.facts', { draft, screen, again }).then(
        (value) => {
          if (mine !== round.current) return value
          setFacts(value)
          setProblem(null)
          setReading(false)
          return value
        },
        (thrown: unknown) => {
          if (mine !== round.current) return null
          setProblem(problemFrom(thrown))
          setReading(false)
          return null
        },
      )
    },
    [draft, screen],
  )
  useEffect(() => {
    void load(false)
    return () => {
      // An answer that comes after leaving belongs to no screen.
      round.current += 1
    }
  }, [load])
  const read = useCallback(
    (again: boolean) => {
      setReading(true)
      return load(again)
    },
    [load],
  )
  return { facts, problem, reading, read }
}
