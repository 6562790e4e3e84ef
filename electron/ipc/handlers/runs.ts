import { join } from 'node:path'
import type { Engine } from '../../engine/engine.ts'
import { writeNewFile } from '../../platform/atomic-file.ts'
import type { Places } from '../../ports/places.ts'
import type { Record } from '../../record/record.ts'
import { runReport } from '../../scripts/report/run-report.ts'
import type { Handlers } from '../router.ts'

export interface RunsParts {
  engine: Engine
  places: Places
  record: Record
  rehearsal: boolean
}

const done = { done: true } as const

export const runsHandlers = ({ engine, places, record, rehearsal }: RunsParts) =>
  ({
    'runs.start': async ({ digest, ticket, reason }) => ({
      run: await engine.start({ digest, ticket, reason }),
    }),
    'runs.get': async ({ run }) => engine.get(run),
    'runs.look': async ({ run }) => engine.look(run),
    'runs.list': async () => engine.list(),
    'runs.stop': async ({ run, when }) => {
      await engine.stop(run, when)
      return done
    },
    'runs.retry': async ({ run }) => {
      await engine.retry(run)
      return done
    },
    'runs.resume': async ({ run }) => {
      await engine.resume(run)
      return done
    },
    'runs.undo': async ({ run }) => {
      await engine.undo(run)
      return done
    },
    'runs.leave': async ({ run, reason }) => {
      await engine.leave(run, reason)
      return done
    },
    'runs.report': async ({ run, place }) => {
      const view = engine.get(run)
      const name = `${rehearsal ? 'REHEARSAL-' : ''}keyturn-run-${run}.md`
      await writeNewFile(join(places.folderOf(place), name), Buffer.from(runReport(view, { rehearsal })))
      record.append({
        kind: 'report-exported',
        body: { title: view.title, format: 'markdown', to: places.label(place) },
        outcome: 'done',
        runId: run,
      })
      return { name }
    },
  }) satisfies Partial<Handlers>
