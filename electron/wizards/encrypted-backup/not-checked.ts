import type { Plan } from '../../../shared/model/plan.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'

const backupsOf = (plan: Plan) =>
  plan.steps
    .filter(({ kind }) => kind === 'back-up-database')
    .map(({ params }) => readParams('back-up-database', params))

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  const backups = backupsOf(plan)
  const vaultKey = backups.find(({ encryptor }) => encryptor === 'asymmetric-key')
  return [
    'No backup was restored. Reading a file again uses this server’s own key; it does not show that another server can restore it.',
    ...(vaultKey === undefined ? ofCertificate(has) : ofVaultKey(vaultKey.certificate)),
    ...(has('verify-backup') ? [] : ['The backup files were not read again after they were written.']),
    ...(backups.some(({ blobs }) => blobs !== null) ? ofBlobs(has) : []),
    vaultKey === undefined
      ? 'Other replicas and other servers were not asked whether they have the certificate.'
      : 'Other replicas and other servers were not asked whether they have provider, credential and the key object of the same thumbprint.',
  ]
}

const ofVaultKey = (key: string): string[] => [
  `Asymmetric key ${key} leaves no file: its copy is the key in the vault. Whether there is a key backup of the vault was not checked here; job Vault makes one, and proves that the key wraps.`,
  'A restore elsewhere needs the vault, its provider in the same generation, a credential and the key object. None of these was tried on another server.',
]

const ofBlobs = (has: (kind: string) => boolean): string[] => [
  'The blobs were seen by this server alone, with its own credential. That a restore elsewhere reaches the container was not checked.',
  'Whether the container keeps deleted blobs, or forbids changing them, was not checked.',
  ...(has('create-storage-credential')
    ? []
    : [
        'When the secret of the credential ends, if it has an end, is not known: the server does not show it.',
      ]),
]

const ofCertificate = (has: (kind: string) => boolean): string[] => [
  has('prove-on-server')
    ? 'The key files were opened on this server, minutes after they were written. Whether they are still there later was not checked.'
    : 'The key files on the server were written but not opened.',
  ...(has('prove-on-server')
    ? [
        'The master key that came out of its file was not compared with the one in master: the server shows nothing to compare.',
      ]
    : []),
  ...(has('back-up-service-master-key')
    ? [
        'The service master key file was not opened: that is possible only by restoring it over an instance’s own key.',
      ]
    : []),
  ...(has('fetch-certificate-pair')
    ? ['Whether the passwords are kept outside this computer was not checked.']
    : ['No copy of the certificate pair was fetched from the server.']),
]
