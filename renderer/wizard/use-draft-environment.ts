import { useStore } from 'zustand'
import type { FormDescription } from '../../shared/forms/form.ts'
import type { Environment } from '../../shared/model/target.ts'
import { useAsk } from '../bridge/index.ts'
import type { DraftStore } from './draft-store.ts'
import { targetOf } from './form-shape.ts'

/** Environment of the target that the draft names; null while none is chosen. */
export const useDraftEnvironment = (form: FormDescription, store: DraftStore): Environment | null => {
  const target = useStore(store, (state) => targetOf(form, state.answers))
  const { value } = useAsk('connections.list', {})
  return value?.find(({ connection }) => connection.id === target)?.connection.environment ?? null
}
