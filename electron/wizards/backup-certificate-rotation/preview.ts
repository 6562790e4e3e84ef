import type { RotationDraft } from '../../../shared/forms/backup-certificate-rotation.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { blanksOf, markBlank, noServerFacts, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts.ts'
import { planRotation } from './plan.ts'

/** The statements that the answers so far lead to; blanks as ‹certificate name›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const read = facts ?? {
    ...noServerFacts,
    keyFolder: null,
    agentSteps: null,
    secrets: {},
    localCopyLabel: null,
  }
  return previewOf(() => planRotation(withBlanks(answers), read, markBlank).plan)
}

const withBlanks = (answers: Answers): RotationDraft => {
  const { text, flag, oneOf, day } = blanksOf(answers)
  return {
    target: text('target', ''),
    oldCertificate: text('oldCertificate', '‹old certificate›'),
    certificateName: text('certificateName', '‹certificate name›'),
    certificateSubject: text('certificateSubject', '‹subject›'),
    certificateExpiry: day('certificateExpiry'),
    format: oneOf('format', ['pvk', 'pfx']),
    keyFolder: text('keyFolder', '‹folder for key files›'),
    certificateFilePassword: '',
    proveOnServer: flag('proveOnServer', true),
    localCopy: text('localCopy', '‹folder of yours›'),
  }
}
