import type { PlannedStep } from '../../../shared/model/plan.ts'
import { drillFileList, drillHeader } from '../tsql/drill.ts'
import { providerKeys } from '../tsql/ekm-queries.ts'
import { joined, queryText, text, tsql, type Fragment } from '../tsql/fragment.ts'
import { deviceOfFiles } from './devices.ts'
import { anyFileThere, databaseOnline, databaseThere } from './guard-parts.ts'
import type { StepGuards } from './sql-guards.ts'
import { readParams } from './step-params.ts'

/** What the runbook of a drill asks around its steps, but for those on keys. */

const not = (condition: Fragment): Fragment => tsql`NOT ${condition}`

type Kinds =
  | 'check-drill-server'
  | 'check-drill-vault-keys'
  | 'read-drill-backup'
  | 'restore-drill-database'
  | 'check-drill-database'
  | 'drop-drill-database'

export const drillGuards: { [Kind in Kinds]: (step: PlannedStep) => StepGuards } = {
  'check-drill-server': () => ({
    stopIfBefore: tsql`EXISTS (SELECT 1 FROM sys.databases WHERE database_id > 4)`,
    stopIfAfter: null,
    show: [queryText(tsql`SELECT name, state_desc FROM sys.databases WHERE database_id > 4;`)],
  }),
  'check-drill-vault-keys': ({ params }) => {
    const { keys } = readParams('check-drill-vault-keys', params)
    return {
      stopIfBefore: joined(
        keys.map(
          ({ thumbprint }) =>
            tsql`NOT EXISTS (SELECT 1 FROM master.sys.asymmetric_keys WHERE CONVERT(varchar(66), thumbprint, 1) = ${text(`0x${thumbprint}`)})`,
        ),
        ' OR ',
      ),
      stopIfAfter: null,
      show: [providerKeys()],
    }
  },
  'read-drill-backup': ({ params }) => {
    const { sets } = readParams('read-drill-backup', params)
    const [full] = sets
    return {
      stopIfBefore: null,
      stopIfAfter: null,
      show: [
        ...sets.map(({ files, credential }) => drillHeader(deviceOfFiles(files, credential))),
        ...(full === undefined
          ? []
          : [drillFileList(deviceOfFiles(full.files, full.credential), full.position)]),
      ],
    }
  },
  'restore-drill-database': ({ params }) => {
    const { database, targets, probe } = readParams('restore-drill-database', params)
    const taken = anyFileThere(probe, targets)
    return {
      stopIfBefore: taken === null ? databaseThere(database) : tsql`${databaseThere(database)} OR ${taken}`,
      stopIfAfter: not(databaseOnline(database)),
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
}
