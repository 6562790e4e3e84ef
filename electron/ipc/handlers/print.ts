import { join } from 'node:path'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { printRoute } from '../../../shared/model/print.ts'
import { writeNewFile } from '../../platform/atomic-file.ts'
import type { Places } from '../../ports/places.ts'
import type { Record } from '../../record/record.ts'
import type { Shell } from '../../shell/shell.ts'
import type { PrintPages } from '../print-pages.ts'
import type { Handlers } from '../router.ts'

export interface PrintHandlerParts {
  pages: PrintPages
  places: Places
  record: Record
  rehearsal: boolean
  shell(): Pick<Shell, 'printPdf'> | null
}

export const printHandlers = ({ pages, places, record, rehearsal, shell }: PrintHandlerParts) =>
  ({
    'print.content': async ({ page, id }) => pages[page].document(id),
    // Heard by the shell that prints (`openPrintDoor`); elsewhere it means nothing.
    'print.ready': async () => ({ done: true }),
    'print.save': async ({ page, id, place }) => {
      const source = pages[page]
      const document = source.document(id)
      const folder = places.folderOf(place)
      const printing = shell()
      if (printing === null) throw new KeyturnError('print-failed')
      const pdf = await printing.printPdf(printRoute(page, id))
      const name = `${rehearsal ? 'REHEARSAL-' : ''}${source.fileName(id)}.pdf`
      await writeNewFile(join(folder, name), Buffer.from(pdf))
      record.append({ ...source.entry(document, places.label(place)), outcome: 'done' })
      return { name }
    },
  }) satisfies Partial<Handlers>
