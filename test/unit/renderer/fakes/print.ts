import type { PrintDocument, PrintPageName } from '../../../../shared/model/print.ts'
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
export const printDocument = (page: PrintPageName): PrintDocument =>
  page === 'run'
    ? { page, head, content: verifiedView }
    : {
        page,
        head: { ...head, title: 'Recovery sheet' },
        content: { sections: [{ heading: 'Commands', lines: ['openssl version'] }] },
      }
