import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import * as certificate from '../../scripts/tsql/certificate.ts'
import * as database from '../../scripts/tsql/database.ts'
import * as masterKey from '../../scripts/tsql/master-key.ts'
import type { FileProbe } from '../../scripts/tsql/queries.ts'
import type { MasterKeyFact } from '../sqlserver/facts-model.ts'
import type { Draftstep, UndoPlan } from '../sqlserver/plan-parts.ts'
import type { PlanNames } from './plan-names.ts'

export interface KeyContext {
  draft: EncryptedBackupDraft
  names: PlanNames
  target: TargetRef
  probe: FileProbe
  masterKey: MasterKeyFact | null
  /** Of the certificate that is used; null: it is created. */
  thumbprint: string | null
}

const controlMaster = 'CONTROL on master'
const once = { stopNow: null } as const

/** Master key of master: made, mended, or nothing to do. */
export const masterKeySteps = ({ draft, masterKey: found }: KeyContext): Draftstep[] => {
  if (draft.masterKeyMode === 'create' && found === null) {
    return [
      {
        kind: 'create-master-key',
        title: 'Create the database master key of master',
        now: 'master has no database master key',
        after: 'It has one, opened by the service master key or by its password',
        scripts: [masterKey.createMasterKey()],
        params: {},
        permission: controlMaster,
        undo: {
          can: 'until-first',
          of: 'back-up-database',
          action: 'Drop the database master key',
          script: masterKey.dropMasterKey(),
        },
        resume: 'before-image',
        ...once,
      },
    ]
  }
  if (draft.masterKeyMode === 'repair' && found !== null && !found.opensByItself) {
    return [
      {
        kind: 'repair-master-key',
        title: 'Add the service master key’s copy to the master key of master',
        now: 'The master key opens only with its password',
        after: 'The server opens it by itself, after a restart too',
        scripts: [masterKey.addServiceMasterKeyCopy()],
        params: { keyGuid: found.keyGuid },
        permission: controlMaster,
        undo: {
          can: 'until-first',
          of: 'back-up-database',
          action: 'Remove the copy under the service master key',
          script: masterKey.dropServiceMasterKeyCopy(),
        },
        resume: 'before-image',
        ...once,
      },
    ]
  }
  return []
}

const fileStays = (paths: readonly string[]): UndoPlan => ({
  can: false,
  because: `T-SQL can’t delete files. Stays on the server: ${paths.join(', ')}`,
})

export const keyFileSteps = ({ draft, names, probe }: KeyContext): Draftstep[] => [
  {
    kind: 'back-up-master-key',
    title: 'Export the database master key of master',
    now: 'No file of this run',
    after: `The server has written ${names.masterKeyFile}`,
    scripts: [masterKey.backupMasterKey(names.masterKeyFile)],
    params: {
      file: names.masterKeyFile,
      probe,
      provedBy: draft.proveOnServer ? names.scratch : null,
    },
    permission: controlMaster,
    undo: fileStays([names.masterKeyFile]),
    resume: 'marked',
    ...once,
  },
  ...(draft.serviceMasterKeyFile
    ? [
        {
          kind: 'back-up-service-master-key' as const,
          title: 'Export the service master key',
          now: 'No file of this run',
          after: `The server has written ${names.serviceMasterKeyFile}`,
          scripts: [masterKey.backupServiceMasterKey(names.serviceMasterKeyFile)],
          params: { file: names.serviceMasterKeyFile, probe },
          permission: 'CONTROL SERVER',
          undo: fileStays([names.serviceMasterKeyFile]),
          resume: 'marked' as const,
          ...once,
        },
      ]
    : []),
]

export const certificateSteps = ({ draft, names, thumbprint, probe }: KeyContext): Draftstep[] => {
  const pair = { certificate: names.certificateFile, privateKey: names.privateKeyFile }
  return [
    ...(draft.certificateMode === 'create'
      ? [
          {
            kind: 'create-certificate' as const,
            title: `Create certificate ${draft.certificateName}`,
            now: 'No certificate of that name in master',
            after: `It is there, its private key under the master key, until ${draft.certificateExpiry} (UTC)`,
            scripts: [
              certificate.createCertificate({
                name: draft.certificateName,
                subject: draft.certificateSubject,
                expiry: draft.certificateExpiry,
              }),
            ],
            params: {
              certificate: draft.certificateName,
              subject: draft.certificateSubject,
              expiry: draft.certificateExpiry,
            },
            permission: 'CREATE CERTIFICATE in master',
            undo: {
              can: 'until-first' as const,
              of: 'back-up-database' as const,
              action: `Drop certificate ${draft.certificateName}`,
              script: certificate.dropCertificate(draft.certificateName),
            },
            resume: 'named' as const,
            ...once,
          },
        ]
      : []),
    {
      kind: 'back-up-certificate',
      title: `Export certificate ${draft.certificateName} with its private key`,
      now: 'No files of this run',
      after: `The server has written ${names.certificateFile} and ${names.privateKeyFile}`,
      scripts: [certificate.backupCertificate(draft.certificateName, pair)],
      params: {
        certificate: draft.certificateName,
        thumbprint,
        certificateFile: names.certificateFile,
        privateKeyFile: names.privateKeyFile,
        probe,
      },
      permission: `CONTROL on certificate ${draft.certificateName}`,
      undo: fileStays([names.certificateFile, names.privateKeyFile]),
      resume: 'marked',
      ...once,
    },
  ]
}

export const proofSteps = ({ draft, names, thumbprint, target }: KeyContext): Draftstep[] => {
  const pair = { certificate: names.certificateFile, privateKey: names.privateKeyFile }
  const onServer: Draftstep[] = [
    {
      kind: 'prove-on-server',
      title: 'Open the exported files in a scratch database',
      now: `No database ${names.scratch}`,
      after:
        'It holds the certificate and a master key that came out of the files; the thumbprint is compared',
      scripts: [
        database.createScratch(names.scratch),
        certificate.importCertificateInto(names.scratch, names.imported, pair),
        masterKey.restoreMasterKeyInto(names.scratch, names.masterKeyFile),
      ],
      params: {
        scratch: names.scratch,
        imported: names.imported,
        certificate: draft.certificateName,
        thumbprint,
        certificateFile: names.certificateFile,
        privateKeyFile: names.privateKeyFile,
        masterKeyFile: names.masterKeyFile,
      },
      permission: 'CREATE ANY DATABASE',
      undo: {
        can: true,
        action: `Drop database ${names.scratch}`,
        script: database.dropScratch(names.scratch),
      },
      resume: 'marked',
      ...once,
    },
    {
      kind: 'drop-scratch',
      title: 'Drop the scratch database',
      now: `Database ${names.scratch} holds copies of the keys under a throw-away password`,
      after: 'It is gone',
      scripts: [database.dropScratch(names.scratch)],
      params: { scratch: names.scratch },
      permission: 'Owner of the scratch database (its creator)',
      undo: { can: false, because: 'Nothing of value was in it' },
      resume: 'named',
      ...once,
    },
  ]
  const local: Draftstep[] =
    draft.localCopy === null
      ? []
      : [
          {
            kind: 'fetch-certificate-pair',
            title: `Fetch the pair of ${draft.certificateName} and open it here`,
            now: 'No files of this run in your folder',
            after: `${names.localCertificateFile} and ${names.localPrivateKeyFile} are written, read again and opened with the kept password`,
            scripts: [certificate.fetchKeyPair(draft.certificateName)],
            params: {
              certificate: draft.certificateName,
              thumbprint,
              place: draft.localCopy,
              certificateFile: names.localCertificateFile,
              privateKeyFile: names.localPrivateKeyFile,
            },
            permission: `CONTROL on certificate ${draft.certificateName} on ${target.name}; write access to your folder`,
            undo: {
              can: false,
              because: `A copy of a key is not deleted by an undo. Stays in your folder: ${names.localCertificateFile}, ${names.localPrivateKeyFile}`,
            },
            resume: 'marked',
            ...once,
          },
        ]
  return [...(draft.proveOnServer ? onServer : []), ...local]
}
