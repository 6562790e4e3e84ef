import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { SqlServers } from '../../ports/sql-server.ts'
import type { Connections } from '../../profile/connections.ts'
import { refOf } from '../../profile/target-ref.ts'
import type { Record } from '../../record/record.ts'
import { carryFiles } from '../../rehearsal/carry-files.ts'
import type { Rehearsal } from '../../rehearsal/rehearsal.ts'
import type { Handlers } from '../router.ts'

export interface RehearsalParts {
  /** Null outside a rehearsal: every one of these is refused there. */
  rehearsal: Rehearsal | null
  record: Record
  connections: Pick<Connections, 'sqlServer'>
  servers: SqlServers
}

const done = { done: true } as const

export const rehearsalHandlers = ({ rehearsal, record, connections, servers }: RehearsalParts) => {
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
    'rehearsal.carryFiles': async ({ from, to }) => {
      const stage = here()
      const open = (target: TargetId) => servers.open(refOf(connections.sqlServer(target)))
      if (from === to) throw new KeyturnError('not-found', { what: 'Another server' })
      const source = await open(from)
      const target = await open(to)
      const carried = await carryFiles(stage, source, target)
      note(
        `${carried.files} backups and key files of ${source.ref.name} were made readable for ${target.ref.name} (${carried.account})`,
      )
      return carried
    },
    'rehearsal.restartServer': async ({ server }) => {
      await here().restartServer(server)
      note(`${server} was restarted`)
      return done
    },
  } satisfies Partial<Handlers>
}
