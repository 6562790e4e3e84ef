import { highestProofs, type KeyCopyProof } from '../../shared/model/evidence.ts'
import type { KeptCopy } from '../../shared/ipc/schemas.ts'
import type { SecretUse } from '../../shared/model/plan.ts'
import { holesOf } from '../../shared/model/script.ts'
import type { SecretPurpose } from '../../shared/model/secrets.ts'
import type { RunWithSteps } from '../record/runs.ts'

/**
 * Which copies of keys each kept password opens, from what the record holds of finished steps: a step's script names
 * the secret by its hole, its outcome the copies. Nothing of it is stored a second time, so no crash can leave the two
 * apart. Pure.
 */
export const copiesByHandle = (runs: readonly RunWithSteps[]): Map<string, KeptCopy[]> => {
  const found = new Map<string, Map<string, Opens[]>>()
  for (const run of runs) {
    for (const { use, proof } of opensOf(run)) {
      const byRun = found.get(use.handle) ?? new Map<string, Opens[]>()
      byRun.set(run.run.id, [...(byRun.get(run.run.id) ?? []), { use, proof }])
      found.set(use.handle, byRun)
    }
  }
  return new Map(
    [...found].map(([handle, byRun]) => [
      handle,
      [...byRun].flatMap(([run, opens]) => {
        const generation = opens[0]?.use.generation ?? 1
        return highestProofs(opens.map(({ proof }) => proof)).map((proof) => copyOf(proof, run, generation))
      }),
    ]),
  )
}

interface Opens {
  use: SecretUse
  proof: KeyCopyProof
}

const filePurposes: readonly SecretPurpose[] = ['sql.key-file-password', 'sql.smk-file-password']
const done = ['verified', 'satisfied']

const opensOf = ({ run, steps }: RunWithSteps): Opens[] => {
  const uses = new Map(run.plan.secrets.map((use) => [use.hole, use]))
  /** A later step that proves a copy shows its place again, perhaps beside other copies. */
  const writtenWith = new Map<string, readonly SecretUse[]>()
  return run.plan.steps.flatMap((planned, ordinal) => {
    const step = steps[ordinal]
    if (step === undefined || !done.includes(step.state) || step.effect === 'undone') return []
    const names = new Set(planned.scripts.flatMap(holesOf).map(({ hole }) => hole))
    const used = [...names].flatMap((hole) => uses.get(hole) ?? [])
    const files = used.filter(({ purpose }) => filePurposes.includes(purpose))
    const copies = step.proofs.flatMap((proof) => {
      const place = JSON.stringify([proof.kind, proof.key, proof.location])
      const openers = writtenWith.get(place) ?? files
      writtenWith.set(place, openers)
      return openers.map((use) => ({ use, proof }))
    })
    const inDatabase = used
      .filter(({ purpose }) => purpose === 'sql.dmk-password')
      .map((use) => ({ use, proof: masterKeyInPlace(planned.title, use, step.endedAt ?? run.startedAt) }))
    return [...copies, ...inDatabase]
  })
}

/** A master key's own password opens it where it is, not a file. */
const masterKeyInPlace = (title: string, { target }: SecretUse, at: string): KeyCopyProof => ({
  key: title,
  kind: 'database-master-key',
  location: `${target.name}: in the database itself`,
  level: 'recorded',
  by: 'catalog',
  at,
  thumbprint: null,
  note: '',
})

const copyOf = (
  { key, kind, location, level, thumbprint, at }: KeyCopyProof,
  run: string,
  generation: number,
): KeptCopy => ({ key, kind, location, level, thumbprint, run, at, generation })
