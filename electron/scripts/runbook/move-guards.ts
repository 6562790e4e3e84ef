import type { PlannedStep } from '../../../shared/model/plan.ts'
import { joined, name, queryText, text, tsql, whole, type Fragment } from '../tsql/fragment.ts'
import { anyFileMissing, databaseOnline, databaseThere } from './guard-parts.ts'
import type { moveParams } from './move-params.ts'
import type { StepGuards } from './sql-guards.ts'
import { readParams } from './step-params.ts'

/** What the runbook of a move asks around its steps. */

const nothing: StepGuards = { stopIfBefore: null, stopIfAfter: null, show: [] }
const show = (database: string): string =>
  queryText(
    tsql`SELECT name, state_desc, user_access_desc, is_encrypted FROM sys.databases WHERE name = ${text(database)};`,
  )

/** True while master lacks one of these, or has it without a private key under its master key. */
const lacks = (thumbprints: readonly (string | null)[]): Fragment | null => {
  const asked = thumbprints.filter((one) => one !== null)
  return asked.length === 0
    ? null
    : joined(
        asked.map(
          (one) =>
            tsql`NOT EXISTS (SELECT 1 FROM master.sys.certificates WHERE CONVERT(varchar(66), thumbprint, 1) = ${text(`0x${one}`)} AND pvt_key_encryption_type = 'MK')`,
        ),
        ' OR ',
      )
}

type GuardsOf = { [Kind in keyof typeof moveParams]: (step: PlannedStep) => StepGuards }

export const moveGuards: GuardsOf = {
  'try-database-key': ({ params }) => {
    const { database } = readParams('try-database-key', params)
    return {
      ...nothing,
      stopIfBefore: tsql`NOT EXISTS (SELECT 1 FROM ${name(database)}.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##')`,
    }
  },
  'match-protectors': ({ params }) => {
    const { tde, backup } = readParams('match-protectors', params)
    return { ...nothing, stopIfAfter: lacks([tde, backup]) }
  },
  'back-up-for-move': ({ params }) => {
    const { database, file, description } = readParams('back-up-for-move', params)
    return {
      stopIfBefore: tsql`NOT ${databaseOnline(database)}`,
      stopIfAfter: tsql`NOT EXISTS (SELECT 1 FROM msdb.dbo.backupset AS bs JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = bs.media_set_id
  WHERE bs.database_name = ${text(database)} AND bs.description = ${text(description)} AND f.physical_device_name = ${text(file)})`,
      show: [],
    }
  },
  'read-moved-backup': ({ params }) => {
    const { probe, file, tde, backup } = readParams('read-moved-backup', params)
    const unseen = anyFileMissing(probe, [file])
    const unopened = lacks([tde, backup])
    const parts = [unseen, unopened].filter((one) => one !== null)
    return { ...nothing, stopIfBefore: parts.length === 0 ? null : joined(parts, ' OR ') }
  },
  'restore-moved-database': ({ params }) => {
    const { newName } = readParams('restore-moved-database', params)
    return {
      stopIfBefore: databaseThere(newName),
      stopIfAfter: tsql`NOT ${databaseOnline(newName)}`,
      show: [show(newName)],
    }
  },
  'detach-database': ({ params }) => {
    const { database } = readParams('detach-database', params)
    return {
      stopIfBefore: tsql`NOT ${databaseOnline(database)}`,
      stopIfAfter: databaseThere(database),
      show: [],
    }
  },
  'wait-for-files': ({ params }) => {
    const { probe, files } = readParams('wait-for-files', params)
    return {
      ...nothing,
      stopIfAfter: anyFileMissing(
        probe,
        files.map(({ to }) => to),
      ),
    }
  },
  'attach-moved-database': ({ params }) => {
    const { newName } = readParams('attach-moved-database', params)
    return {
      stopIfBefore: databaseThere(newName),
      stopIfAfter: tsql`NOT ${databaseOnline(newName)}`,
      show: [show(newName)],
    }
  },
  'set-database-options': ({ params }) => {
    const { database, owner, trustworthy, broker } = readParams('set-database-options', params)
    const wrong = [
      tsql`d.is_trustworthy_on <> ${whole(trustworthy ? 1 : 0, 0, 1)}`,
      tsql`d.is_broker_enabled <> ${whole(broker ? 1 : 0, 0, 1)}`,
      ...(owner === null
        ? []
        : // A name that this login does not see is NULL, which no comparison would stop at.
          [tsql`SUSER_SNAME(d.owner_sid) IS NULL OR SUSER_SNAME(d.owner_sid) <> ${text(owner)}`]),
    ]
    return {
      stopIfBefore: tsql`NOT ${databaseOnline(database)}`,
      stopIfAfter: tsql`EXISTS (SELECT 1 FROM sys.databases AS d WHERE d.name = ${text(database)} AND (${joined(wrong, ' OR ')}))`,
      show: [show(database)],
    }
  },
  'check-moved-database': ({ params }) => {
    const { newName, tde } = readParams('check-moved-database', params)
    return {
      stopIfBefore: null,
      stopIfAfter:
        tde === null
          ? tsql`NOT ${databaseOnline(newName)}`
          : tsql`NOT EXISTS (SELECT 1 FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID(${text(newName)}) AND CONVERT(varchar(66), encryptor_thumbprint, 1) = ${text(`0x${tde}`)})`,
      show: [show(newName)],
    }
  },
  'attach-source': ({ params }) => {
    const { database } = readParams('attach-source', params)
    return {
      stopIfBefore: databaseThere(database),
      stopIfAfter: tsql`NOT ${databaseOnline(database)}`,
      show: [show(database)],
    }
  },
  'set-source-offline': ({ params }) => {
    const { database } = readParams('set-source-offline', params)
    return {
      stopIfBefore: tsql`NOT ${databaseOnline(database)}`,
      stopIfAfter: databaseOnline(database),
      show: [show(database)],
    }
  },
}
