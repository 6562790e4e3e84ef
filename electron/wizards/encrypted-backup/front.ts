import { encryptedBackupForm } from '../../../shared/forms/encrypted-backup.ts'
import {
  encryptedBackupScreenProblems,
  encryptedBackupScreens,
} from '../../../shared/forms/encrypted-backup-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import { agentJobSnippet } from '../../scripts/runbook/agent-job.ts'
import { olaSnippet } from '../../scripts/runbook/ola.ts'
import type { JobFront } from '../front.ts'
import { exportName, runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { encryptedBackup } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const encryptedBackupFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: encryptedBackup,
      form: encryptedBackupForm,
      screens: encryptedBackupScreens,
      screenProblems: encryptedBackupScreenProblems,
      readFacts,
      formFacts,
      preview,
      exports: {
        ...runbooks,
        'agent-job': { fileName: exportName('agent-job', 'sql'), text: ({ plan }) => agentJobSnippet(plan) },
        ola: { fileName: exportName('ola-hallengren', 'sql'), text: ({ plan }) => olaSnippet(plan) },
      },
    },
    targets,
  )
