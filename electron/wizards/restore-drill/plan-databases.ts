import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { DrillAround, DrilledSet } from '../../scripts/runbook/drill-params.ts'
import { checkDrillDatabase, dropDrillDatabase, restoreDrill } from '../../scripts/tsql/drill.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Chain } from './chains.ts'
import type { GivenKey } from './plan-keys.ts'
import { namedCredential } from './blobs.ts'
import { drillDatabaseName } from '../sqlserver/drill-names.ts'
import { restoredFile, seenFiles } from './plan-names.ts'
import { deviceOfFiles } from '../../scripts/runbook/devices.ts'
import type { VaultKeyNeed } from './vault-keys.ts'

interface DrillContext {
  draft: RestoreDrillDraft
  runId: RunId
  source: TargetRef
  around: DrillAround
  keys: readonly GivenKey[]
  vaultKeys: readonly VaultKeyNeed[]
}

const removal = { can: false, because: 'It only removes what this drill made', leaves: 'nothing' } as const
const readsOnly = { can: false, because: 'It changes nothing', leaves: 'nothing' } as const

/** One database after the other: read the files, restore, check, remove. So the drill server needs room for one only. */
export const databaseSteps = (context: DrillContext, chains: readonly Chain[]): Draftstep[] =>
  chains.flatMap((chain, index) => {
    const { draft, runId, source, around, keys, vaultKeys } = context
    const full = chain.sets[0]
    if (full === undefined) return []
    const original = full.database
    const database = drillDatabaseName(runId, index)
    const sets = chain.sets.map((set): DrilledSet => ({
      setId: set.setId,
      kind: set.kind,
      finishedAt: set.finishedAt,
      position: set.position,
      files: seenFiles(draft, set.files),
      thumbprint: set.thumbprint,
      credential: namedCredential(draft, seenFiles(draft, set.files)),
    }))
    const moves = full.databaseFiles.map((file, at) => ({
      logical: file.logical,
      to: restoredFile(draft, database, file, at),
    }))
    const targets = moves.map(({ to }) => to)
    const of = sets.length === 1 ? `the backup of ${original}` : `${sets.length} backups of ${original}`
    const dropScript = dropDrillDatabase(database)
    return [
      {
        kind: 'read-drill-backup',
        title: `Read ${of} as the drill server sees it`,
        now: `Known from the history of ${source.name} only`,
        after: 'Headers, stripes, file list and thumbprints are those of the history',
        scripts: [],
        params: {
          ...around,
          original,
          source: source.name,
          sourceId: source.id,
          sets,
          databaseFiles: full.databaseFiles.map(({ logical, kind }) => ({ logical, kind })),
        },
        permission: 'CREATE ANY DATABASE (the server asks for it before it reads a header)',
        undo: readsOnly,
        resume: 'named',
        stopNow: null,
      },
      {
        kind: 'restore-drill-database',
        title: `Restore ${of} as ${database}`,
        now: `No database ${database}`,
        after: `${database} is ONLINE, its files are ${targets.join(', ')}`,
        scripts: chain.sets.map((set, at) =>
          restoreDrill({
            kind: set.kind,
            database,
            device: deviceOfFiles(sets[at]?.files ?? [], sets[at]?.credential ?? null),
            position: set.position,
            moves,
            last: at === chain.sets.length - 1,
            checksum: set.checksums,
            stats: draft.stats,
          }),
        ),
        params: { ...around, original, sets, database, targets },
        permission: 'CREATE ANY DATABASE',
        undo: { can: true, action: `Drop database ${database}`, script: dropScript },
        resume: 'marked',
        stopNow: {
          leaves: `Database ${database} in state RESTORING. Resuming restores it from the beginning; undoing drops it`,
        },
      },
      {
        kind: 'check-drill-database',
        title: draft.consistency ? `Check every page of ${database}` : `Check ${database}`,
        now: 'Restored, not checked',
        after: draft.consistency
          ? 'ONLINE, of the size of the backup, and DBCC CHECKDB counted no errors'
          : 'ONLINE and of the size of the backup; pages not checked, as chosen',
        scripts: draft.consistency ? [checkDrillDatabase(database)] : [],
        params: {
          ...around,
          original,
          sets,
          database,
          consistency: draft.consistency,
          certificates: keys.map(({ certificate }) => certificate),
          vaultKeys: vaultKeys.map(({ thumbprint }) => thumbprint),
        },
        permission: `CONTROL on ${database} (its restorer has it)`,
        undo: readsOnly,
        resume: 'named',
        stopNow: draft.consistency ? { leaves: 'Nothing: it only reads' } : null,
      },
      {
        kind: 'drop-drill-database',
        title: `Remove database ${database}`,
        now: 'On the drill server, made by this drill',
        after: 'Not there any more, nor its files',
        scripts: [dropScript],
        params: { database, original, targets, probe: around.probe },
        permission: `CONTROL on ${database}`,
        undo: removal,
        resume: 'named',
        stopNow: null,
      },
    ] satisfies Draftstep[]
  })
