import { runMark } from '../../../shared/model/ids.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import { runbookMarkdown } from '../../scripts/runbook/markdown.ts'
import { runbookPowerShell } from '../../scripts/runbook/powershell.ts'
import { runbookSql } from '../../scripts/runbook/sql.ts'
import type { JobExport } from '../front.ts'

/** Name of an exported file; holds the job and the run's mark. */
export const exportName =
  (what: string, extension: string) =>
  ({ runId, job }: Plan): string =>
    `keyturn-${job}-${what}-${runMark(runId)}.${extension}`

/** The two runbooks that any plan on SQL Servers can be taken along as. */
export const runbooks = {
  'runbook-sql': {
    fileName: exportName('runbook', 'sql'),
    text: ({ plan, digest }) => runbookSql(plan, digest),
  },
  'runbook-md': { fileName: exportName('runbook', 'md'), text: runbookMarkdown },
} as const satisfies Record<string, JobExport>

/** Also those of plans with steps on the server's Windows host; written for Windows PowerShell, which needs the mark of UTF-8. */
export const hostRunbooks = {
  ...runbooks,
  'runbook-ps1': {
    fileName: exportName('runbook', 'ps1'),
    text: ({ plan, digest }) => `\uFEFF${runbookPowerShell(plan, digest)}`,
  },
} as const satisfies Record<string, JobExport>
