import type { Problem } from '../../../shared/errors/problem.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'
import type { NamedReplica } from '../sqlserver/read-replicas.ts'
import type { LocalKeyFiles } from '../sqlserver/read-local-files.ts'

/** A server that is to get a copy: what was read of it, or why it gave no answer. */
export type OtherServer =
  { answered: true; facts: ServerFacts } | { answered: false; target: TargetRef; problem: Problem }

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  /** The server's folder for key files; null: the answers name none yet. */
  keyFolder: Read<boolean> | null
  /** The picked folder with files; null: none is picked. */
  local: Read<LocalKeyFiles> | null
  others: readonly OtherServer[]
  /** Other replicas that the catalog names, and which connection reaches each. */
  replicasNamed: readonly NamedReplica[]
  secrets: SecretFacts
  /** Label of the folder that gets the pair; null: none chosen, or not known any more. */
  localCopyLabel: string | null
}
