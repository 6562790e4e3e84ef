import { z } from 'zod'
import { renewingText } from './certificate.ts'
import {
  dayOf,
  expiryProblem,
  flag,
  folder,
  id,
  keyFileFormat,
  optionalText,
  problemsOf,
  whole,
  type AnswerProblem,
} from './draft-parts.ts'
import {
  certificateExpiry,
  certificateSubject,
  keyFileKind,
  keyFilePassword,
  keyFolder,
  openOnServer,
  ownFolder,
} from './field-parts.ts'
import type { Answers, FormDescription, Screen } from './form.ts'
import { existingNameProblem, newNameProblem, subjectProblem } from './names.ts'

const certificatesScreen: Screen = {
  id: 'certificates',
  noun: 'Certificates',
  question: 'Which certificate is replaced, and by what?',
  purpose: `${renewingText}. The old one is never dropped here.`,
  reads: { facts: ['Version and edition', 'Key of a new certificate'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'Both certificates are in master of this server',
      rule: 'One connected SQL Server, 2014 or later',
      from: 'targets',
      many: false,
    },
    {
      kind: 'pick',
      name: 'oldCertificate',
      label: 'Certificate that backups are taken with now',
      why: 'Its backups, and the jobs that name it, are read and listed',
      rule: 'One with a private key. An expired one can be replaced too',
      from: 'oldCertificates',
      many: false,
    },
    {
      kind: 'text',
      name: 'certificateName',
      label: 'Name of the new certificate',
      why: 'Jobs and backup statements will have to name it',
      rule: '1 to 128 characters, on one line, not beginning or ending with ##',
      hint: 'For instance KT_Backup_2027',
      maxLength: 128,
    },
    certificateSubject({ hint: 'For instance Backup encryption SQLPROD-01 2027' }),
    certificateExpiry(),
  ],
}

const filesScreen: Screen = {
  id: 'files',
  noun: 'Key files',
  question: 'Where do copies of the new key go, and how are they opened?',
  purpose: 'The new certificate is exported and the files opened before any backup is taken with it.',
  reads: { facts: [], checks: [] },
  fields: [
    keyFileKind({ label: 'Kind of files on the server' }),
    keyFolder(),
    keyFilePassword(),
    openOnServer(),
    ownFolder(),
  ],
}

/** The job "Rotation of the backup certificate" as data. */
export const backupCertificateRotationForm: FormDescription = {
  job: 'backup-certificate-rotation',
  title: 'Rotate the backup certificate',
  summary:
    'A new certificate for backups, exported and opened before its first use; the jobs that still name the old one listed; the old one kept for the backups that need it.',
  noun: 'Rotation of the backup certificate',
  targetFields: ['target'],
  intro: {
    question: 'Replace the certificate that backups are encrypted with',
    changes: [
      'A new certificate is added to master',
      'Its key files are written to a folder on the server and opened there, and the pair is written to a folder of yours and opened by Keyturn',
      'The old certificate stays as it is: its backups need it until the last of them is gone',
      'Jobs are not changed: those that name the old certificate are listed, with what to put in its place',
    ],
    needs: [
      'A database master key in master that the server opens by itself',
      'Rights: CREATE CERTIFICATE and CONTROL on master, CREATE ANY DATABASE for the scratch database; SELECT in msdb to list backups and jobs',
      'A folder on the server that the service account may write to, and a folder on this computer',
      'No restart',
    ],
    cannotBeUndone: [
      'Key files that were written on the server and here stay until someone deletes them',
      'As soon as a backup was taken with the new certificate, it stays too',
    ],
    minutes: '5 minutes to answer, under a minute to run',
  },
  screens: [certificatesScreen, filesScreen],
  exports: ['runbook-sql', 'runbook-md'],
  next: [
    {
      text: 'Change the jobs that the result lists, then take a backup with the new certificate and restore it elsewhere.',
      label: 'Take an encrypted backup',
      to: 'encrypted-backup',
    },
    {
      text: 'The old pair must stay, here and where its files are, until the last backup that needs it is gone.',
      label: 'See the keys',
      to: 'keys',
    },
    {
      text: 'Other replicas that take or restore backups need the new certificate too.',
      label: 'Copy the certificate',
      to: 'certificate',
    },
  ],
}

const certificatesShape = z.object({
  target: id('No server is chosen. Choose one'),
  oldCertificate: optionalText,
  certificateName: optionalText,
  certificateSubject: optionalText,
  certificateExpiry: optionalText,
})

const certificatesAt = (now: () => Date) =>
  whole(certificatesShape, (answers, say) => {
    say('oldCertificate', existingNameProblem(answers.oldCertificate, 'The certificate to replace'))
    say('certificateName', newNameProblem(answers.certificateName, 'The certificate name'))
    say('certificateSubject', subjectProblem(answers.certificateSubject))
    say('certificateExpiry', expiryProblem(answers.certificateExpiry, dayOf(now())))
  })

const files = z.object({
  format: keyFileFormat,
  keyFolder: folder('The folder for key files'),
  certificateFilePassword: id('The password of the private key file is missing. Enter or generate one'),
  proveOnServer: flag(true),
  localCopy: id('No folder of yours is picked. Pick the one that gets the pair'),
})

export type RotationDraft = z.output<typeof certificatesShape> & z.output<typeof files>

const screensAt = (now: () => Date) => ({ certificates: certificatesAt(now), files }) as const

export const rotationScreens = ['certificates', 'files'] as const
export type RotationScreenId = (typeof rotationScreens)[number]

export const rotationDraftAt = (now: () => Date): z.ZodType<RotationDraft> => certificatesAt(now).and(files)

export const rotationScreenProblems = (
  screen: RotationScreenId,
  answers: Answers,
  now: () => Date = () => new Date(),
): AnswerProblem[] => problemsOf(screensAt(now)[screen], answers)
