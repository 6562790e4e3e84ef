import type { PrintDocument } from '../../shared/model/print.ts'
import { PrintedRecoverySheet } from './PrintedRecoverySheet.tsx'
import { PrintedCeremony } from './PrintedCeremony.tsx'
import { PrintedRun } from './PrintedRun.tsx'
import { PrintedShare } from './PrintedShare.tsx'

/** The body of each page that can be printed; complete by its type. */
export const PrintedPage = ({ document }: { document: PrintDocument }) => {
  switch (document.page) {
    case 'run':
      return <PrintedRun run={document.content} />
    case 'recovery-sheet':
      return <PrintedRecoverySheet sections={document.content.sections} />
    case 'ceremony':
      return <PrintedCeremony {...document.content} />
    case 'share-sheet':
      return <PrintedShare text={document.content.text} />
  }
}
