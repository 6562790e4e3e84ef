export { ask, listen, problemFrom, ProblemError } from './client.ts'
export { useAsk, type Asked } from './use-ask.ts'
export { useAction, type Action } from './use-action.ts'
