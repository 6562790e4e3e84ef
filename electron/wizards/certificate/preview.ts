import { certificateTasks, type CertificateDraft } from '../../../shared/forms/certificate-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asTargetId, parseThumbprint } from '../../../shared/model/ids.ts'
import type { CertificateFact } from '../sqlserver/facts-model.ts'
import { blanksOf, markBlank, noServerFacts, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planCertificate } from './plan.ts'

/** The statements that the answers so far lead to; blanks as ‹certificate name›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const draft = withBlanks(answers)
  const read = facts ?? {
    ...noServerFacts,
    keyFolder: null,
    local: null,
    others: [],
    replicasNamed: [],
    secrets: {},
    localCopyLabel: null,
  }
  return previewOf(() => planCertificate(draft, withSomething(draft, read), markBlank).plan)
}

/** Shows the statement of a copy or a comparison before certificate and servers are chosen. */
const withSomething = (draft: CertificateDraft, facts: Facts): Facts => {
  const known =
    facts.certificates.read && facts.certificates.value.some(({ name }) => name === draft.certificateName)
  return {
    ...facts,
    certificates: known
      ? facts.certificates
      : { read: true, value: [anyCertificate(draft.certificateName)], source: 'Keyturn', at: '' },
    others:
      facts.others.length > 0
        ? facts.others
        : [
            {
              answered: true,
              facts: {
                ...noServerFacts,
                target: { ...noServerFacts.target, id: asTargetId('‹server›'), name: '‹other server›' },
              },
            },
          ],
  }
}

const anyCertificate = (name: string): CertificateFact => ({
  name,
  subject: '',
  thumbprint: parseThumbprint('0'.repeat(40)),
  startsOn: '',
  expiresOn: '',
  privateKey: 'MK',
  lastExport: null,
  backups: null,
  keptUntil: null,
  withoutEnd: 0,
  protects: null,
})

const withBlanks = (answers: Answers): CertificateDraft => {
  const { text, flag, oneOf, day } = blanksOf(answers)
  return {
    target: text('target', ''),
    task: oneOf('task', certificateTasks),
    certificateName: text('certificateName', '‹certificate name›'),
    certificateSubject: text('certificateSubject', '‹subject›'),
    certificateExpiry: day('certificateExpiry'),
    keyUse: oneOf('keyUse', ['backup', 'tde', 'other']),
    format: oneOf('format', ['pvk', 'pfx']),
    keyFolder: text('keyFolder', '‹folder for key files›'),
    certificateFilePassword: null,
    proveOnServer: flag('proveOnServer', true),
    localCopy: text('localCopy', '') || null,
    sourceFolder: text('sourceFolder', '') || null,
    sourceCertificateFile: text('sourceCertificateFile', '‹certificate file›'),
    sourcePrivateKeyFile: text('sourcePrivateKeyFile', ''),
    serverCertificateFile: text('serverCertificateFile', '‹certificate file›'),
    serverPrivateKeyFile: /\.(pfx|p12)$/i.test(text('serverCertificateFile', ''))
      ? ''
      : text('serverPrivateKeyFile', '‹private key file›'),
    replicas: [],
  }
}
