import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Problem } from '../../shared/errors/problem.ts'
import type { Answers, AnswerValue, FormFacts } from '../../shared/forms/form.ts'
import type { DraftView } from '../../shared/ipc/schemas.ts'
import { ask, problemFrom } from '../bridge/index.ts'

interface DraftState {
  answers: Answers
  screen: string
  savedAt: string
  /** Something was changed that main has not saved yet. */
  dirty: boolean
  saveProblem: Problem | null
  /** What Keyturn filled in itself, with the reason; shown while the answer is still that value. */
  suggested: FormFacts['suggested']
  /** Grows with each save: what main derives from the draft (script, facts, checks) is read again then. */
  revision: number
}

/**
 * The answers of one draft while its wizard is open. Main keeps the draft; this is the copy that is being edited. Of
 * secrets it holds handles only.
 */
export interface DraftStore extends StoreApi<DraftState> {
  readonly id: string
  answer: (name: string, value: AnswerValue) => void
  /** Fills in a value that was not asked for, with its reason. */
  suggest: (name: string, suggestion: FormFacts['suggested'][string]) => void
  visit: (screen: string) => void
  /** Saves now what is not saved; resolves when main has it or has refused it. */
  flush: () => Promise<void>
}

/** Pause after the last change before it is saved and the script is made again. */
const saveDelay = 300

export const createDraftStore = (view: DraftView): DraftStore => {
  const store = createStore<DraftState>()(() => ({
    answers: view.answers,
    screen: view.screen,
    savedAt: view.savedAt,
    dirty: false,
    saveProblem: null,
    revision: 0,
    suggested: {},
  }))
  let timer: number | undefined
  let saving: Promise<void> | null = null

  const save = async (): Promise<void> => {
    const { answers, screen } = store.getState()
    store.setState({ dirty: false })
    try {
      const { savedAt } = await ask('wizard.save', { draft: view.id, answers, screen })
      store.setState(({ revision }) => ({ savedAt, saveProblem: null, revision: revision + 1 }))
    } catch (thrown) {
      store.setState({ dirty: true, saveProblem: problemFrom(thrown) })
    }
  }
  const flush = async (): Promise<void> => {
    window.clearTimeout(timer)
    timer = undefined
    // Who waits for the same save is woken in turn: the first begins the next one, and the others wait for that too.
    while (saving) await saving
    if (!store.getState().dirty) return
    saving = save().finally(() => {
      saving = null
    })
    await saving
  }
  const later = () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void flush(), saveDelay)
  }
  return {
    ...store,
    id: view.id,
    answer: (name, value) => {
      if (store.getState().answers[name] === value) return
      store.setState(({ answers }) => ({ answers: { ...answers, [name]: value }, dirty: true }))
      later()
    },
    suggest: (name, suggestion) => {
      store.setState(({ answers, suggested }) => ({
        answers: { ...answers, [name]: suggestion.value },
        suggested: { ...suggested, [name]: suggestion },
        dirty: true,
      }))
      later()
    },
    visit: (screen) => {
      if (store.getState().screen === screen) return
      store.setState({ screen, dirty: true })
      later()
    },
    flush,
  }
}
