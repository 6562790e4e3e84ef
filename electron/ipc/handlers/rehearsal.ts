import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Record } from '../../record/record.ts'
import type { Rehearsal } from '../../rehearsal/rehearsal.ts'
import type { Handlers } from '../router.ts'

export interface RehearsalParts {
  /** Null outside a rehearsal: every one of these is refused there. */
  rehearsal: Rehearsal | null
  record: Record
}

const done = { done: true } as const

export const rehearsalHandlers = ({ rehearsal, record }: RehearsalParts) => {
  const here = (): Rehearsal => {
    if (!rehearsal) throw new KeyturnError('not-found', { what: 'A rehearsal' })
    return rehearsal
  }
  const note = (what: string): void => {
    record.append({ kind: 'rehearsal-changed', body: { what }, outcome: 'done' })
  }
  return {
    'rehearsal.reset': async () => {
      await here().reset()
      note('All simulated servers were reset')
      return done
    },
    'rehearsal.loseKey': async ({ server, what }) => {
      await here().loseKey(server, what)
      note(
        `${what === 'certificate' ? 'The certificates' : 'The master key'} of ${server} were lost on purpose`,
      )
      return done
    },
    'rehearsal.restartServer': async ({ server }) => {
      await here().restartServer(server)
      note(`${server} was restarted`)
      return done
    },
  } satisfies Partial<Handlers>
}
