import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { FormDescription } from '../../shared/forms/form.ts'
import type { Environment } from '../../shared/model/target.ts'
import { useAsk } from '../bridge/index.ts'
import type { DraftStore } from './draft-store.ts'
import { targetsOf } from './form-shape.ts'

const mostDangerousFirst = ['production', 'test', 'rehearsal'] as const

/** Most dangerous environment of the targets that the draft names; null while none is chosen. */
export const useDraftEnvironment = (form: FormDescription, store: DraftStore): Environment | null => {
  const answers = useStore(store, (state) => state.answers)
  const targets = useMemo(() => targetsOf(form, answers), [form, answers])
  const { value } = useAsk('connections.list', {})
  const found = (value ?? [])
    .filter(({ connection }) => targets.includes(connection.id))
    .map(({ connection }) => connection.environment)
  return mostDangerousFirst.find((environment) => found.includes(environment)) ?? null
}
