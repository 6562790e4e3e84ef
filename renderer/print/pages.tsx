import type { PrintDocument } from '../../shared/model/print.ts'
import { PrintedRecoverySheet } from './PrintedRecoverySheet.tsx'
import { PrintedRun } from './PrintedRun.tsx'

/** The body of each page that can be printed; complete by its type. */
export const PrintedPage = ({ document }: { document: PrintDocument }) => {
  switch (document.page) {
    case 'run':
      return <PrintedRun run={document.content} />
    case 'recovery-sheet':
      return <PrintedRecoverySheet sections={document.content.sections} />
  }
}
