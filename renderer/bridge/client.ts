import type {
  Answer,
  Bridge,
  ChannelName,
  EventName,
  ReplyOf,
  RequestOf,
  WindowEvents,
} from '../../shared/ipc/contract.ts'
import type { Problem } from '../../shared/errors/problem.ts'

declare global {
  interface Window {
    /** Put there by the preload or the DevTools binding, before any script of the page runs. */
    keyturn?: Bridge
  }
}

/** A refused or failed request, as the data that main sent. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.title}`)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

const noBridge: Problem = {
  code: 'internal',
  kind: 'bug',
  title: 'This page has no connection to Keyturn’s main process',
  unchanged: 'Nothing was read or changed',
  causes: ['The page was opened outside Keyturn', 'The main process ended'],
  next: 'Close this window and start Keyturn again',
  retrySafe: true,
}

const unwrap = <Value>(answer: Answer<Value>): Value => {
  if (answer.ok) return answer.value
  throw new ProblemError(answer.problem)
}

/** Asks main and gives the value, or throws ProblemError: never anything else. */
export const ask = async <Name extends ChannelName>(
  name: Name,
  request: RequestOf<Name>,
): Promise<ReplyOf<Name>> => {
  if (!window.keyturn) throw new ProblemError(noBridge)
  let answer: Answer<ReplyOf<Name>>
  try {
    answer = await window.keyturn.ask(name, request)
  } catch {
    throw new ProblemError(noBridge)
  }
  return unwrap(answer)
}

/** Listens to what main tells without being asked; returns the function that stops it. */
export const listen = <Name extends EventName>(
  name: Name,
  listener: (value: WindowEvents[Name]) => void,
): (() => void) => window.keyturn?.on(name, listener) ?? (() => undefined)

const unexpected: Problem = {
  code: 'internal',
  kind: 'bug',
  title: 'This page stopped because of a fault of its own',
  unchanged: 'Runs go on in the main process; the draft is kept as last saved',
  causes: ['A defect in Keyturn’s window'],
  next: 'Open the page again; report what you did before',
  retrySafe: true,
}

/** Whatever was thrown, as a problem to show. The text of a foreign error is never shown. */
export const problemFrom = (thrown: unknown): Problem =>
  thrown instanceof ProblemError ? thrown.problem : unexpected
