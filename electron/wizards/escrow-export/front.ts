import { escrowExportForm } from '../../../shared/forms/escrow-export.ts'
import { escrowExportScreenProblems, escrowExportScreens } from '../../../shared/forms/escrow-export-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { escrowExport } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const escrowExportFront = (
  means: EscrowMeans,
  targets: () => readonly FactOption[],
  subscriptions: () => readonly FactOption[],
): JobFront =>
  serverFront(
    {
      job: escrowExport(means),
      form: escrowExportForm,
      screens: escrowExportScreens,
      screenProblems: escrowExportScreenProblems,
      readFacts: (answers, reader) => readFacts(answers, reader, means),
      formFacts: (screen, answers, facts, servers, now) =>
        formFacts(screen, answers, facts, servers, now, subscriptions()),
      preview,
      exports: { 'runbook-md': runbooks['runbook-md'] },
    },
    targets,
  )
