import { KeyturnError } from '../../../shared/errors/problem.ts'
import {
  hostAnswers,
  HostReplies,
  type HostCall,
  type HostRefusal,
  type HostReply,
} from '../../../shared/model/host-calls.ts'

const refusalWords: Readonly<Record<HostRefusal, string>> = {
  'access-denied': 'access is denied',
  'not-there': 'what it needs is not there',
  'already-there': 'a file of that name is there',
  'no-command': 'the command is not on that computer',
  'not-simulated': 'that is not simulated',
  failed: 'it failed',
}

/** Whatever came back, as the answers of these calls, each checked; throws `host-refused` or `host-answer`. */
export const answersOf = (calls: readonly HostCall[], replies: unknown, host: string): unknown[] => {
  const read = HostReplies.safeParse(replies)
  if (!read.success) throw notUnderstood(calls[0], host)
  const answers = calls.slice(0, read.data.length).map((call, at) => answerOf(call, read.data[at], host))
  if (answers.length !== calls.length) throw notUnderstood(calls[answers.length], host)
  return answers
}

const answerOf = (call: HostCall, reply: HostReply | undefined, host: string): unknown => {
  if (reply === undefined) throw notUnderstood(call, host)
  if (!reply.ok)
    throw new KeyturnError(
      'host-refused',
      {
        host,
        call: call.call,
        why: refusalWords[reply.refusal],
        said: reply.message.replace(/\p{Cc}+/gu, ' ').slice(0, 300) || 'Windows said nothing more',
      },
      { vendor: { system: 'os', number: reply.refusal } },
    )
  const answer = hostAnswers[call.call].safeParse(reply.answer)
  if (!answer.success) throw notUnderstood(call, host)
  return answer.data
}

const notUnderstood = (call: HostCall | undefined, host: string): KeyturnError =>
  new KeyturnError('host-answer', { host, call: call?.call ?? 'the script' })
