import type { MoveDraft } from '../../../shared/forms/move-database-draft.ts'
import { inServerFolder } from '../../../shared/forms/names.ts'
import { runMark, type RunId, type Thumbprint } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { fileProbeFor, type FileProbe } from '../../scripts/tsql/queries.ts'
import type { CertificateFact, MasterKeyFact, Read, ServerFacts } from '../sqlserver/facts-model.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import type { Facts, MovedDatabase } from './facts-model.ts'
import { fileNameOf, markedIn } from './paths.ts'

/** What every step of a move is about, worked out once. */
export interface MoveContext {
  draft: MoveDraft
  facts: Facts
  destination: ServerFacts
  there: TargetRef
  account: string | null
  probe: { source: FileProbe; destination: FileProbe }
  mark: string
  moved: MovedDatabase
  tde: Thumbprint | null
  encryptionState: number
  databaseKey: MasterKeyFact | null
  /** Certificate of the source that the database is under. */
  tdeCertificate: CertificateFact | null
  backupCertificate: CertificateFact | null
  /** Where each file of the database comes to be on the destination. */
  files: { logical: string; from: string; to: string; pages: number }[]
  /** The backup as the source writes it, and as the destination reads it. */
  backup: { written: string; read: string; description: string; name: string }
}

export const valueOf = <Value>(read: Read<Value> | null): Value | null =>
  read?.read === true ? read.value : null

/** Null while something that every statement needs is not known; the review names it. */
export const contextOf = (draft: MoveDraft, facts: Facts, runId: RunId): MoveContext | null => {
  const moved = valueOf(facts.moved)
  if (moved === null || facts.destination?.answered !== true) return null
  const { facts: destination, account } = facts.destination
  const encryption = valueOf(facts.encryption)
  const mark = runMark(runId)
  const certificates = valueOf(facts.certificates) ?? []
  const tde = encryption?.thumbprint ?? null
  const written = inServerFolder(
    draft.backupFolder,
    `${fileSafe(draft.database)}_${facts.plannedOn}_${mark}.bak`,
  )
  return {
    draft,
    facts,
    destination,
    there: destination.target,
    account: valueOf(account),
    probe: { source: fileProbeFor(majorOf(facts)), destination: fileProbeFor(majorOf(destination)) },
    mark,
    moved,
    tde,
    encryptionState: encryption?.state ?? 0,
    databaseKey: valueOf(facts.databaseKey),
    tdeCertificate: tde === null ? null : (certificates.find((one) => one.thumbprint === tde) ?? null),
    backupCertificate:
      draft.way === 'detach' || draft.backupCertificate === ''
        ? null
        : (certificates.find(({ name }) => name === draft.backupCertificate) ?? null),
    files: filesOf(draft, moved, mark),
    backup: {
      written,
      read: draft.readFolder === '' ? written : inServerFolder(draft.readFolder, fileNameOf(written)),
      description: `keyturn ${mark}`,
      name: `Move of ${draft.database}`.slice(0, 128),
    },
  }
}

/** Restored files carry the mark; copied ones keep the names that they have. */
const filesOf = (draft: MoveDraft, { files }: MovedDatabase, mark: string): MoveContext['files'] => {
  const taken: string[] = []
  return files.map(({ logical, path, pages }) => {
    const to =
      draft.way === 'detach'
        ? inServerFolder(draft.dataFolder, fileNameOf(path))
        : markedIn(draft.dataFolder, path, mark, taken)
    taken.push(to)
    return { logical, from: path, to, pages }
  })
}

/** A database name may hold what no file name can. */
const fileSafe = (name: string): string => name.replace(/[^\p{L}\p{N}_-]/gu, '_').slice(0, 40)

/** A certificate of that thumbprint in master of the destination, under its master key. */
export const certificateThere = (destination: ServerFacts, thumbprint: string): CertificateFact | null =>
  valueOf(destination.certificates)?.find(
    (one) => one.thumbprint === thumbprint && one.privateKey === 'MK',
  ) ?? null
