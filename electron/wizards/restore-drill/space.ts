import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import type { VolumeFact } from '../sqlserver/facts-model.ts'
import { volumeOf } from '../sqlserver/volumes.ts'
import type { Chain } from './chains.ts'
import type { Facts } from './facts-model.ts'

export interface DrillSpace {
  /** Bytes that the largest restored database takes; null: not in the history. */
  neededBytes: number | null
  volume: VolumeFact | null
}

/** Databases are restored one after the other, so the largest one decides. Data and log on one volume are added. */
export const spaceFor = (draft: RestoreDrillDraft, chains: readonly Chain[], facts: Facts): DrillSpace => {
  const drill = facts.drill
  const volumes = drill?.volumes.read === true ? drill.volumes.value : []
  const data = volumeOf(draft.dataFolder, volumes)
  const together = data !== null && volumeOf(draft.logFolder, volumes)?.mountPoint === data.mountPoint
  const sizes = chains.map(({ sets }) =>
    (sets[0]?.databaseFiles ?? [])
      .filter(({ kind }) => together || kind !== 'L')
      .reduce<number | null>((sum, { bytes }) => (sum === null || bytes === null ? null : sum + bytes), 0),
  )
  const known = sizes.filter((size): size is number => size !== null && size > 0)
  return { neededBytes: known.length === 0 ? null : Math.max(...known), volume: data }
}
