import { runMark, type RunId } from '../../../shared/model/ids.ts'
import { drillPrefix } from '../../scripts/tsql/drill.ts'

/** Every name that a drill gives on the drill server holds the run's mark. */
export const drillDatabaseName = (runId: RunId, index: number): string =>
  `${drillPrefix}${runMark(runId)}_d${index + 1}`

export const drillCertificateName = (runId: RunId, index: number): string =>
  `${drillPrefix}${runMark(runId)}_c${index + 1}`
