/** One checked fact: what, its value, who said so and when (ISO 8601, UTC). Nothing is shown as checked without one. */
export interface Evidence {
  statement: string
  value: string
  /** The system and view or command that answered, for instance `SQLPROD-01, RESTORE HEADERONLY`. */
  source: string
  at: string
  /** Machine-readable values that later steps or the inventory need (thumbprint, path, set id). Never a secret. */
  data?: Readonly<Record<string, string | number | boolean | null>>
}

/** How far a copy of a key was proven. The order is the ladder. */
export const proofLevels = ['recorded', 'seen', 'matched', 'opened', 'restored'] as const
export type ProofLevel = (typeof proofLevels)[number]

/** Who opened a copy: words that the result page names in full. */
export type ProvenBy = 'catalog' | 'server' | 'vault' | 'keyturn'

/** One place where a key (or a backup) is, and the highest rung that was climbed for it in this run. */
export interface KeyCopyProof {
  key: string
  kind: 'certificate' | 'database-master-key' | 'service-master-key' | 'backup' | 'vault-key'
  location: string
  level: ProofLevel
  by: ProvenBy
  at: string
  thumbprint: string | null
  note: string
}

/**
 * One row per copy: the highest rung that was climbed for it, in the order in which the copies were made. Two places of
 * one key are two copies.
 */
export const highestProofs = (proofs: readonly KeyCopyProof[]): KeyCopyProof[] => {
  const best = new Map<string, KeyCopyProof>()
  for (const proof of proofs) {
    const copy = JSON.stringify([proof.kind, proof.key, proof.location])
    const known = best.get(copy)
    if (!known || rungOf(proof) >= rungOf(known)) best.set(copy, proof)
  }
  return [...best.values()]
}

const rungOf = ({ level }: KeyCopyProof): number => proofLevels.indexOf(level)
