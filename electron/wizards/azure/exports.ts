import { runbookAz } from '../../scripts/runbook/az.ts'
import { runbookMarkdown } from '../../scripts/runbook/markdown.ts'
import type { JobExport } from '../front.ts'
import { exportName } from '../sqlserver/exports.ts'

/** The two runbooks that any plan in Azure can be taken along as. */
export const azureRunbooks = {
  'runbook-az': {
    fileName: exportName('runbook', 'sh'),
    text: ({ plan, digest }) => runbookAz(plan, digest),
  },
  'runbook-md': { fileName: exportName('runbook', 'md'), text: runbookMarkdown },
} as const satisfies Record<string, JobExport>
