import type { PlannedStep } from '../../../shared/model/plan.ts'
import { joined, name, queryText, text, tsql, whole, type Fragment } from '../tsql/fragment.ts'
import { databaseKeyOf } from '../tsql/tde-queries.ts'
import { anyFileMissing, anyFileThere, databaseOnline, databaseThere } from './guard-parts.ts'
import { cleanUpGuards } from './clean-up-guards.ts'
import { ekmGuards } from './ekm-guards.ts'
import { deviceOf } from './devices.ts'
import { moveGuards } from './move-guards.ts'
import { storageGuards } from './storage-guards.ts'
import { headerOnly } from '../tsql/restore.ts'
import { drillGuards } from './drill-guards.ts'
import type { escrowDrillParams, escrowTokenParams } from './escrow-drill-params.ts'
import type { escrowParams } from './escrow-params.ts'
import type { hostParams } from './host-params.ts'
import { readParams, type ParamsOf, type StepKind } from './step-params.ts'
import { rotationGuards } from './rotation-guards.ts'
import type { rotationVaultParams } from './rotation-params.ts'
import type { storageAzureParams } from './storage-params.ts'
import type { hsmParams } from './hsm-params.ts'
import type { importParams } from './import-params.ts'
import type { vaultParams } from './vault-params.ts'

/** What a runbook asks before a step and after it. Null: nothing to ask. */
export interface StepGuards {
  /** True where the step must not run: what it makes is there already, or what it needs is not. */
  stopIfBefore: Fragment | null
  stopIfAfter: Fragment | null
  /** Statements that show a person what is there now. */
  show: readonly string[]
}

const masterKeyThere = (database: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM ${name(database)}.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##')`
const masterKeyOpens = (database: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.databases WHERE name = ${text(database)} AND is_master_key_encrypted_by_server = 1)`
const showMasterKey = (database: string): string =>
  queryText(
    tsql`SELECT name, key_guid, algorithm_desc, create_date FROM ${name(database)}.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##';`,
  )

/** The catalog does not show which passwords a key has; the statement's own refusal has to do. */
const onKey = (database: string): StepGuards => ({
  stopIfBefore: not(masterKeyThere(database)),
  stopIfAfter: not(masterKeyThere(database)),
  show: [showMasterKey(database)],
})
const nothingToAsk: StepGuards = { stopIfBefore: null, stopIfAfter: null, show: [] }

const not = (condition: Fragment): Fragment => tsql`NOT ${condition}`

const protectorsOf = {
  certificate: tsql`master.sys.certificates`,
  'asymmetric-key': tsql`master.sys.asymmetric_keys`,
} as const
type ProtectorKind = keyof typeof protectorsOf

const namedProtector = (
  params: { certificate: string } | { asymmetricKey: string },
): [ProtectorKind, string] =>
  'certificate' in params ? ['certificate', params.certificate] : ['asymmetric-key', params.asymmetricKey]
const protectorThere = (kind: ProtectorKind, protector: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM ${protectorsOf[kind]} WHERE name = ${text(protector)})`
const certificateThere = (certificate: string): Fragment => protectorThere('certificate', certificate)

const showCertificate = (certificate: string): string =>
  queryText(
    tsql`SELECT name, subject, thumbprint, expiry_date, pvt_key_encryption_type, pvt_key_last_backup_date FROM master.sys.certificates WHERE name = ${text(certificate)};`,
  )

const imported = (certificate: string): StepGuards => ({
  stopIfBefore: tsql`${certificateThere(certificate)} OR ${not(masterKeyThere('master'))}`,
  stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM master.sys.certificates WHERE name = ${text(certificate)} AND pvt_key_encryption_type = 'MK')`,
  show: [showCertificate(certificate)],
})

/** A database encryption key in one of these states, under that certificate; no states: any; null: under any. */
const keyOf = (
  database: string,
  states: readonly number[] = [],
  thumbprint: string | null = null,
): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = ${text(database)}${
    states.length === 0
      ? tsql``
      : tsql` AND k.encryption_state IN (${joined(
          states.map((state) => whole(state, 0, 6)),
          ', ',
        )})`
  }${
    thumbprint === null
      ? tsql``
      : tsql` AND CONVERT(varchar(66), k.encryptor_thumbprint, 1) = ${text(`0x${thumbprint}`)}`
  })`
const keyUnder = (database: string, protector: string, kind: ProtectorKind = 'certificate'): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id
  JOIN ${protectorsOf[kind]} AS c ON c.thumbprint = k.encryptor_thumbprint WHERE d.name = ${text(database)} AND c.name = ${text(protector)})`
const showKey = (database: string): string => databaseKeyOf(database, false)

/** A statement on the key that is there: `from`, the states in which it can be sent; `to`, those that it may end in. */
const keyChange = (database: string, from: readonly number[], to: readonly number[]): StepGuards => ({
  stopIfBefore: not(keyOf(database, from)),
  stopIfAfter: not(keyOf(database, to)),
  show: [showKey(database)],
})

/** A backup without encryption of its own. */
const ownBackup = ({ database, file, probe, description }: ParamsOf<'full-backup'>): StepGuards => {
  const closed = not(databaseOnline(database))
  const taken = anyFileThere(probe, [file])
  return {
    stopIfBefore: taken === null ? closed : tsql`${closed} OR ${taken}`,
    stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM msdb.dbo.backupset AS bs JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = bs.media_set_id
  WHERE bs.database_name = ${text(database)} AND bs.description = ${text(description)} AND f.physical_device_name = ${text(file)})`,
    show: [queryText(tsql`RESTORE HEADERONLY FROM DISK = ${text(file)};`)],
  }
}

/** Steps that no SQL Server runs have none. */
type WithoutGuards =
  | keyof typeof vaultParams
  | keyof typeof hsmParams
  | keyof typeof hostParams
  | keyof typeof rotationVaultParams
  | keyof typeof storageAzureParams
  | keyof typeof escrowParams
  | keyof typeof importParams
  | keyof typeof escrowDrillParams
  | keyof typeof escrowTokenParams
type GuardsOf = { [Kind in Exclude<StepKind, WithoutGuards>]: (step: PlannedStep) => StepGuards }

const guards: GuardsOf = {
  'create-master-key': ({ params }) => {
    const { database } = readParams('create-master-key', params)
    return {
      stopIfBefore: masterKeyThere(database),
      stopIfAfter: tsql`${not(masterKeyThere(database))} OR ${not(masterKeyOpens(database))}`,
      show: [showMasterKey(database)],
    }
  },
  'repair-master-key': ({ params }) => {
    const { database } = readParams('repair-master-key', params)
    return {
      stopIfBefore: not(masterKeyThere(database)),
      stopIfAfter: not(masterKeyOpens(database)),
      show: [showMasterKey(database)],
    }
  },
  'prove-master-key-file': ({ params }) => {
    const { scratch } = readParams('prove-master-key-file', params)
    return {
      stopIfBefore: databaseThere(scratch),
      stopIfAfter: not(masterKeyThere(scratch)),
      show: [showMasterKey(scratch)],
    }
  },
  'add-master-key-password': ({ params }) => onKey(readParams('add-master-key-password', params).database),
  'drop-master-key-password': ({ params }) => onKey(readParams('drop-master-key-password', params).database),
  'drop-master-key-copy': ({ params }) => {
    const { database } = readParams('drop-master-key-copy', params)
    return { ...onKey(database), stopIfAfter: masterKeyOpens(database) }
  },
  'regenerate-master-key': ({ params }) => onKey(readParams('regenerate-master-key', params).database),
  'restore-master-key': ({ params }) => {
    const { database } = readParams('restore-master-key', params)
    return { ...onKey(database), stopIfBefore: null }
  },
  'regenerate-service-master-key': () => nothingToAsk,
  'restore-service-master-key': () => nothingToAsk,
  'back-up-master-key': ({ params }) => {
    const { file, probe } = readParams('back-up-master-key', params)
    return {
      stopIfBefore: anyFileThere(probe, [file]),
      stopIfAfter: anyFileMissing(probe, [file]),
      show: [],
    }
  },
  'back-up-service-master-key': ({ params }) => {
    const { file, probe } = readParams('back-up-service-master-key', params)
    return {
      stopIfBefore: anyFileThere(probe, [file]),
      stopIfAfter: anyFileMissing(probe, [file]),
      show: [],
    }
  },
  'create-certificate': ({ params }) => {
    const { certificate } = readParams('create-certificate', params)
    return {
      stopIfBefore: certificateThere(certificate),
      stopIfAfter: not(certificateThere(certificate)),
      show: [showCertificate(certificate)],
    }
  },
  'back-up-certificate': ({ params }) => {
    const { certificate, thumbprint, certificateFile, privateKeyFile, probe } = readParams(
      'back-up-certificate',
      params,
    )
    const files = privateKeyFile === null ? [certificateFile] : [certificateFile, privateKeyFile]
    const planned =
      thumbprint === null
        ? tsql``
        : tsql` AND CONVERT(varchar(66), thumbprint, 1) = ${text(`0x${thumbprint}`)}`
    const missing = tsql`NOT EXISTS (SELECT 1 FROM master.sys.certificates WHERE name = ${text(certificate)} AND pvt_key_encryption_type = 'MK'${planned})`
    const taken = anyFileThere(probe, files)
    const notWritten = anyFileMissing(probe, files)
    const neverExported = tsql`NOT EXISTS (SELECT 1 FROM master.sys.certificates WHERE name = ${text(certificate)} AND pvt_key_last_backup_date IS NOT NULL)`
    return {
      stopIfBefore: taken === null ? missing : tsql`${missing} OR ${taken}`,
      stopIfAfter: notWritten === null ? neverExported : tsql`${neverExported} OR ${notWritten}`,
      show: [showCertificate(certificate)],
    }
  },
  'prove-on-server': ({ params }) => {
    const { scratch, certificate, imported, masterKeyFile } = readParams('prove-on-server', params)
    const noMasterKey =
      masterKeyFile === null
        ? tsql``
        : tsql`
  OR NOT EXISTS (SELECT 1 FROM ${name(scratch)}.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##')`
    return {
      stopIfBefore: databaseThere(scratch),
      stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM master.sys.certificates AS m JOIN ${name(scratch)}.sys.certificates AS s ON s.thumbprint = m.thumbprint WHERE m.name = ${text(certificate)} AND s.name = ${text(imported)} AND s.pvt_key_encryption_type = 'PW')${noMasterKey}`,
      show: [
        queryText(
          tsql`SELECT name, thumbprint, pvt_key_encryption_type FROM ${name(scratch)}.sys.certificates;`,
        ),
      ],
    }
  },
  'drop-scratch': ({ params }) => {
    const { scratch } = readParams('drop-scratch', params)
    return { stopIfBefore: null, stopIfAfter: databaseThere(scratch), show: [] }
  },
  'fetch-certificate-pair': () => ({ stopIfBefore: null, stopIfAfter: null, show: [] }),
  'back-up-database': ({ params }) => {
    const backup = readParams('back-up-database', params)
    const { database, certificate, encryptor, file, probe, description, blobs } = backup
    const keys =
      encryptor === 'certificate' ? tsql`master.sys.certificates` : tsql`master.sys.asymmetric_keys`
    const usable =
      encryptor === 'certificate'
        ? tsql`pvt_key_encryption_type = 'MK' AND expiry_date > GETUTCDATE()`
        : tsql`provider_type = N'CRYPTOGRAPHIC PROVIDER'`
    const unusable = tsql`${not(databaseOnline(database))}
  OR NOT EXISTS (SELECT 1 FROM ${keys} WHERE name = ${text(certificate)} AND ${usable})`
    // No statement asks whether a blob is there; the mark in its name has to do.
    const taken = blobs === null ? anyFileThere(probe, [file]) : null
    return {
      stopIfBefore: taken === null ? unusable : tsql`${unusable} OR ${taken}`,
      stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM msdb.dbo.backupset AS bs JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = bs.media_set_id
  JOIN ${keys} AS c ON c.thumbprint = bs.encryptor_thumbprint
  WHERE c.name = ${text(certificate)} AND bs.database_name = ${text(database)} AND bs.description = ${text(description)} AND f.physical_device_name = ${text(file)})`,
      show: [headerOnly(deviceOf(backup))],
    }
  },
  'open-key-files': () => nothingToAsk,
  'import-key-files': ({ params }) => imported(readParams('import-key-files', params).certificate),
  'import-server-files': ({ params }) => imported(readParams('import-server-files', params).certificate),
  'compare-certificate': ({ params }) => ({
    ...nothingToAsk,
    show: [showCertificate(readParams('compare-certificate', params).certificate)],
  }),
  'copy-certificate': ({ params }) => imported(readParams('copy-certificate', params).certificate),
  'keep-old-certificate': ({ params }) => {
    const { certificate } = readParams('keep-old-certificate', params)
    return {
      stopIfBefore: null,
      stopIfAfter: not(certificateThere(certificate)),
      show: [showCertificate(certificate)],
    }
  },
  'create-database-key': ({ params }) => {
    const planned = readParams('create-database-key', params)
    const { database } = planned
    const [kind, protector] = namedProtector(planned)
    return {
      stopIfBefore: tsql`${keyOf(database)} OR ${not(protectorThere(kind, protector))}`,
      stopIfAfter: not(keyUnder(database, protector, kind)),
      show: [showKey(database)],
    }
  },
  'create-scratch': ({ params }) => {
    const { scratch } = readParams('create-scratch', params)
    return { stopIfBefore: databaseThere(scratch), stopIfAfter: not(databaseOnline(scratch)), show: [] }
  },
  'compare-vault-key': ({ params }) => {
    const { database, asymmetricKey } = readParams('compare-vault-key', params)
    return {
      stopIfBefore: null,
      stopIfAfter: not(keyUnder(database, asymmetricKey, 'asymmetric-key')),
      show: [showKey(database)],
    }
  },
  'change-protector': ({ params }) => {
    const { database, certificate } = readParams('change-protector', params)
    return {
      stopIfBefore: tsql`${not(keyOf(database, [1, 3]))} OR ${not(certificateThere(certificate))}`,
      stopIfAfter: not(keyUnder(database, certificate)),
      show: [showKey(database)],
    }
  },
  'regenerate-database-key': ({ params }) =>
    keyChange(readParams('regenerate-database-key', params).database, [3], [3, 4]),
  'drop-database-key': ({ params }) => {
    const { database } = readParams('drop-database-key', params)
    return {
      stopIfBefore: not(keyOf(database, [1])),
      stopIfAfter: keyOf(database),
      show: [showKey(database)],
    }
  },
  'set-encryption-on': ({ params }) =>
    keyChange(readParams('set-encryption-on', params).database, [1], [2, 3]),
  'set-encryption-off': ({ params }) =>
    keyChange(readParams('set-encryption-off', params).database, [3], [5, 1]),
  'suspend-scan': ({ params }) =>
    keyChange(readParams('suspend-scan', params).database, [2, 4, 5], [2, 4, 5]),
  'resume-scan': ({ params }) =>
    keyChange(readParams('resume-scan', params).database, [2, 4, 5], [1, 2, 3, 4, 5]),
  'watch-scan': ({ params }) => {
    const { database, state } = readParams('watch-scan', params)
    return {
      stopIfBefore: null,
      stopIfAfter: not(keyOf(database, state === null ? [1, 3] : [state])),
      show: [showKey(database)],
    }
  },
  'watch-replica': ({ params }) => {
    const { database, state, thumbprint } = readParams('watch-replica', params)
    // The state alone does not tell: where only the protector moved, it is 3 before and after.
    const followed = keyOf(database, state === null ? [1, 3] : [state], thumbprint)
    return {
      stopIfBefore: null,
      // A database without a key is in clear.
      stopIfAfter: state === 3 ? not(followed) : tsql`${keyOf(database)} AND ${not(followed)}`,
      show: [showKey(database)],
    }
  },
  'full-backup': ({ params }) => ownBackup(readParams('full-backup', params)),
  'log-backup': ({ params }) => ownBackup(readParams('log-backup', params)),
  checkpoint: ({ params }) => ({
    ...nothingToAsk,
    stopIfBefore: not(databaseThere(readParams('checkpoint', params).database)),
  }),
  'keep-protector': ({ params }) => {
    const { certificate } = readParams('keep-protector', params)
    return {
      stopIfBefore: null,
      stopIfAfter: not(certificateThere(certificate)),
      show: [showCertificate(certificate)],
    }
  },
  'verify-backup': () => ({ stopIfBefore: null, stopIfAfter: null, show: [] }),
  'create-drill-master-key': () => ({
    stopIfBefore: masterKeyThere('master'),
    stopIfAfter: tsql`${not(masterKeyThere('master'))} OR ${not(masterKeyOpens('master'))}`,
    show: [showMasterKey('master')],
  }),
  'import-drill-certificate': ({ params }) => {
    const { certificate } = readParams('import-drill-certificate', params)
    return {
      stopIfBefore: certificateThere(certificate),
      stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM master.sys.certificates WHERE name = ${text(certificate)} AND pvt_key_encryption_type = 'MK')`,
      show: [showCertificate(certificate)],
    }
  },
  'drop-drill-certificate': ({ params }) => {
    const { certificate } = readParams('drop-drill-certificate', params)
    return { stopIfBefore: null, stopIfAfter: certificateThere(certificate), show: [] }
  },
  'restore-escrow-certificate': ({ params }) =>
    imported(readParams('restore-escrow-certificate', params).certificate),
  'prove-escrow-certificate': ({ params }) => ({
    ...nothingToAsk,
    show: [showCertificate(readParams('prove-escrow-certificate', params).certificate)],
  }),
  'read-escrow-backup': () => nothingToAsk,
  'drop-drill-master-key': () => ({ stopIfBefore: null, stopIfAfter: masterKeyThere('master'), show: [] }),
  ...drillGuards,
  ...moveGuards,
  ...ekmGuards,
  ...rotationGuards,
  ...cleanUpGuards,
  ...storageGuards,
}

export const guardsOf = (step: PlannedStep): StepGuards => {
  const kind = step.kind
  if (!isKind(kind)) return { stopIfBefore: null, stopIfAfter: null, show: [] }
  return guards[kind](step)
}

const isKind = (kind: string): kind is keyof GuardsOf => Object.hasOwn(guards, kind)
