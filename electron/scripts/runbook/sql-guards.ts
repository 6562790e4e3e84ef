import type { PlannedStep } from '../../../shared/model/plan.ts'
import { joined, name, queryText, text, tsql, type Fragment } from '../tsql/fragment.ts'
import { drillFileList, drillHeader } from '../tsql/drill.ts'
import { readParams, type StepKind } from './step-params.ts'

/** What a runbook asks before a step and after it. Null: nothing to ask. */
export interface StepGuards {
  /** True where the step must not run: what it makes is there already, or what it needs is not. */
  stopIfBefore: Fragment | null
  stopIfAfter: Fragment | null
  /** Statements that show a person what is there now. */
  show: readonly string[]
}

const masterKeyThere = tsql`EXISTS (SELECT 1 FROM master.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##')`
const masterKeyOpens = tsql`EXISTS (SELECT 1 FROM sys.databases WHERE name = N'master' AND is_master_key_encrypted_by_server = 1)`
const showMasterKey = queryText(
  tsql`SELECT name, key_guid, algorithm_desc, create_date FROM master.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##';`,
)

const not = (condition: Fragment): Fragment => tsql`NOT ${condition}`

const certificateThere = (certificate: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM master.sys.certificates WHERE name = ${text(certificate)})`

const showCertificate = (certificate: string): string =>
  queryText(
    tsql`SELECT name, subject, thumbprint, expiry_date, pvt_key_encryption_type, pvt_key_last_backup_date FROM master.sys.certificates WHERE name = ${text(certificate)};`,
  )

const databaseThere = (database: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.databases WHERE name = ${text(database)})`

/** Older servers have only a procedure for it; there the server's own refusal (15240) and the mark in the name have to do. */
const anyFileThere = (probe: string, files: readonly string[]): Fragment | null =>
  probe === 'dm_os_file_exists'
    ? joined(
        files.map(
          (file) => tsql`EXISTS (SELECT 1 FROM sys.dm_os_file_exists(${text(file)}) WHERE file_exists = 1)`,
        ),
        ' OR ',
      )
    : null

const anyFileMissing = (probe: string, files: readonly string[]): Fragment | null =>
  probe === 'dm_os_file_exists'
    ? joined(
        files.map(
          (file) =>
            tsql`NOT EXISTS (SELECT 1 FROM sys.dm_os_file_exists(${text(file)}) WHERE file_exists = 1)`,
        ),
        ' OR ',
      )
    : null

type GuardsOf = { [Kind in StepKind]: (step: PlannedStep) => StepGuards }

const guards: GuardsOf = {
  'create-master-key': () => ({
    stopIfBefore: masterKeyThere,
    stopIfAfter: tsql`${not(masterKeyThere)} OR ${not(masterKeyOpens)}`,
    show: [showMasterKey],
  }),
  'repair-master-key': () => ({
    stopIfBefore: not(masterKeyThere),
    stopIfAfter: not(masterKeyOpens),
    show: [showMasterKey],
  }),
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
    const files = [certificateFile, privateKeyFile]
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
    const { scratch, certificate, imported } = readParams('prove-on-server', params)
    return {
      stopIfBefore: databaseThere(scratch),
      stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM master.sys.certificates AS m JOIN ${name(scratch)}.sys.certificates AS s ON s.thumbprint = m.thumbprint WHERE m.name = ${text(certificate)} AND s.name = ${text(imported)} AND s.pvt_key_encryption_type = 'PW')
  OR NOT EXISTS (SELECT 1 FROM ${name(scratch)}.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##')`,
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
    const { database, certificate, file, probe, description } = readParams('back-up-database', params)
    const unusable = tsql`NOT EXISTS (SELECT 1 FROM sys.databases WHERE name = ${text(database)} AND state = 0)
  OR NOT EXISTS (SELECT 1 FROM master.sys.certificates WHERE name = ${text(certificate)} AND pvt_key_encryption_type = 'MK' AND expiry_date > GETUTCDATE())`
    const taken = anyFileThere(probe, [file])
    return {
      stopIfBefore: taken === null ? unusable : tsql`${unusable} OR ${taken}`,
      stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM msdb.dbo.backupset AS bs JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = bs.media_set_id
  JOIN master.sys.certificates AS c ON c.thumbprint = bs.encryptor_thumbprint
  WHERE c.name = ${text(certificate)} AND bs.database_name = ${text(database)} AND bs.description = ${text(description)} AND f.physical_device_name = ${text(file)})`,
      show: [queryText(tsql`RESTORE HEADERONLY FROM DISK = ${text(file)};`)],
    }
  },
  'verify-backup': () => ({ stopIfBefore: null, stopIfAfter: null, show: [] }),

  'check-drill-server': () => ({
    stopIfBefore: tsql`EXISTS (SELECT 1 FROM sys.databases WHERE database_id > 4)`,
    stopIfAfter: null,
    show: [queryText(tsql`SELECT name, state_desc FROM sys.databases WHERE database_id > 4;`)],
  }),
  'create-drill-master-key': () => ({
    stopIfBefore: masterKeyThere,
    stopIfAfter: tsql`${not(masterKeyThere)} OR ${not(masterKeyOpens)}`,
    show: [showMasterKey],
  }),
  'import-drill-certificate': ({ params }) => {
    const { certificate } = readParams('import-drill-certificate', params)
    return {
      stopIfBefore: certificateThere(certificate),
      stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM master.sys.certificates WHERE name = ${text(certificate)} AND pvt_key_encryption_type = 'MK')`,
      show: [showCertificate(certificate)],
    }
  },
  'read-drill-backup': ({ params }) => {
    const { sets } = readParams('read-drill-backup', params)
    const [full] = sets
    return {
      stopIfBefore: null,
      stopIfAfter: null,
      show: [
        ...sets.map(({ files }) => drillHeader(files)),
        ...(full === undefined ? [] : [drillFileList(full.files, full.position)]),
      ],
    }
  },
  'restore-drill-database': ({ params }) => {
    const { database, targets, probe } = readParams('restore-drill-database', params)
    const taken = anyFileThere(probe, targets)
    return {
      stopIfBefore: taken === null ? databaseThere(database) : tsql`${databaseThere(database)} OR ${taken}`,
      stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM sys.databases WHERE name = ${text(database)} AND state = 0)`,
      show: [],
    }
  },
  'check-drill-database': ({ params }) => {
    const { database } = readParams('check-drill-database', params)
    return {
      stopIfBefore: not(databaseThere(database)),
      stopIfAfter: null,
      show: [
        queryText(
          tsql`SELECT name, state_desc, is_encrypted FROM sys.databases WHERE name = ${text(database)};`,
        ),
      ],
    }
  },
  'drop-drill-database': ({ params }) => {
    const { database } = readParams('drop-drill-database', params)
    return { stopIfBefore: null, stopIfAfter: databaseThere(database), show: [] }
  },
  'drop-drill-certificate': ({ params }) => {
    const { certificate } = readParams('drop-drill-certificate', params)
    return { stopIfBefore: null, stopIfAfter: certificateThere(certificate), show: [] }
  },
  'drop-drill-master-key': () => ({ stopIfBefore: null, stopIfAfter: masterKeyThere, show: [] }),
}

export const guardsOf = (step: PlannedStep): StepGuards => {
  const kind = step.kind
  if (!isKind(kind)) return { stopIfBefore: null, stopIfAfter: null, show: [] }
  return guards[kind](step)
}

const isKind = (kind: string): kind is StepKind => Object.hasOwn(guards, kind)
