import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import type { Problem } from '../../shared/errors/problem.ts'
import type { ReplyOf } from '../../shared/ipc/contract.ts'
import { ask, problemFrom } from '../bridge/index.ts'
import type { DraftStore } from './draft-store.ts'

interface Preview {
  revision: number
  value: ReplyOf<'wizard.preview'> | null
  problem: Problem | null
}

/** The script of the saved draft, made again after each save. The last one stays until the next is there. */
export const usePreview = (store: DraftStore) => {
  const revision = useStore(store, (state) => state.revision)
  const [preview, setPreview] = useState<Preview>({ revision: -1, value: null, problem: null })
  useEffect(() => {
    let gone = false
    ask('wizard.preview', { draft: store.id }).then(
      (value) => {
        if (!gone) setPreview({ revision, value, problem: null })
      },
      (thrown: unknown) => {
        if (!gone) setPreview(({ value }) => ({ revision, value, problem: problemFrom(thrown) }))
      },
    )
    return () => {
      gone = true
    }
  }, [store.id, revision])
  return { value: preview.value, problem: preview.problem, stale: preview.revision !== revision }
}
