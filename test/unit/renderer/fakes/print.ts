import type { PrintDocument, PrintPageName } from '../../../../shared/model/print.ts'
import { shareGroup } from './escrow.ts'
import { at, server, verifiedView } from './plan.ts'

const head = {
  title: 'Report of the run “Encrypted backup of Sales”',
  rehearsal: false,
  environment: 'production',
  madeBy: 'aruiz',
  madeAt: at,
  scope: 'One run, all steps',
  sources: [{ source: server.name, asOf: at }],
  silent: ['ktr-sql-02'],
  digest: 'ab12'.repeat(16),
}

/** What main gives the page that prints. */
export const printDocument = (page: PrintPageName): PrintDocument => {
  switch (page) {
    case 'run':
      return { page, head, content: verifiedView }
    case 'recovery-sheet':
      return {
        page,
        head: { ...head, title: 'Recovery sheet' },
        content: { sections: [{ heading: 'Commands', lines: ['openssl version'] }] },
      }
    case 'ceremony':
      return {
        page,
        head: { ...head, title: 'Record of a share ceremony' },
        content: {
          group: shareGroup,
          witnesses: ['Wanda Lang'],
          countersigner: 'ef56'.repeat(16),
          entries: [{ seq: 12, at, sentence: 'A share ceremony was begun', hash: 'ab12'.repeat(16) }],
        },
      }
    case 'share-sheet':
      return { page, head, content: { text: new TextEncoder().encode('BEGIN SHARE WORDS\nacademic') } }
  }
}
