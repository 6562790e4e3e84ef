import {
  backupCertificateRotationForm,
  rotationScreenProblems,
  rotationScreens,
} from '../../../shared/forms/backup-certificate-rotation.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { backupCertificateRotation } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const backupCertificateRotationFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: backupCertificateRotation,
      form: backupCertificateRotationForm,
      screens: rotationScreens,
      screenProblems: rotationScreenProblems,
      readFacts,
      formFacts,
      preview,
      exports: runbooks,
    },
    targets,
  )
