import type { RunView } from '../../shared/model/plan.ts'

export interface EngineEventMap {
  'run-changed': RunView
}

export interface EngineEvents {
  /** Calls `listener` for each event until the returned function is called. */
  on<Name extends keyof EngineEventMap>(
    name: Name,
    listener: (event: EngineEventMap[Name]) => void,
  ): () => void
}

export interface EngineEmitter extends EngineEvents {
  /** A listener that throws does not disturb the run or the other listeners. */
  emit<Name extends keyof EngineEventMap>(name: Name, event: EngineEventMap[Name]): void
}

export const createEmitter = (): EngineEmitter => {
  const listeners = new Set<(event: RunView) => void>()
  return {
    on(_name, listener) {
      const own = (event: RunView): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    emit(_name, event) {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch {
          listeners.delete(listener)
        }
      }
    },
  }
}
