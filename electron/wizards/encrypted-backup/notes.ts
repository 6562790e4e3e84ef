import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Facts, Read } from './facts-model.ts'
import type { PlanNames } from './plan-names.ts'
import { bytesText, spaceFor } from './space.ts'

/** Bits of the key that CREATE CERTIFICATE makes; it takes no size. Facts: 1024 up to 2014, 2048 to 2019, 3072 from 2022. */
export const generatedKeyBits = (major: number): number => (major >= 16 ? 3072 : major >= 13 ? 2048 : 1024)

/** Facts that a person wants to see before a run. */
export const notesOn = (draft: EncryptedBackupDraft, facts: Facts, names: PlanNames): Evidence[] => {
  const notes: Evidence[] = [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    note(facts.masterKey, 'Copies of the master key', (key) =>
      key === null
        ? 'no master key'
        : `${key.serviceMasterKeyCopies} under the service master key, ${key.passwordCopies} under a password`,
    ),
    note(facts.volumes, 'Free space for backups', () => spaceText(draft, facts)),
    note(facts.replicas, 'Other replicas of the chosen databases', (replicas) => {
      const chosen = replicas.filter(({ database }) => draft.databases.includes(database))
      return chosen.length === 0 ? 'none' : chosen.map((r) => `${r.replica} (${r.database})`).join(', ')
    }),
    {
      statement: 'Whether the service account may write to the folders',
      value: 'not known before the run: only the server can try',
      source: 'Keyturn',
      at: facts.readAt,
    },
    {
      statement: 'Mark of this run, in every name that it gives',
      value: names.mark,
      source: 'Keyturn',
      at: facts.readAt,
    },
  ]
  if (draft.certificateMode === 'create') {
    notes.push(
      note(
        facts.server,
        'Key of the new certificate',
        ({ major }) =>
          `RSA ${generatedKeyBits(major)} bits: CREATE CERTIFICATE takes no size, the version decides`,
      ),
    )
  }
  return notes
}

const note = <Value>(read: Read<Value>, statement: string, text: (value: Value) => string): Evidence => ({
  statement,
  value: read.read ? text(read.value) : read.because,
  source: read.source,
  at: read.at,
})

const spaceText = (draft: EncryptedBackupDraft, facts: Facts): string => {
  const { neededBytes, fromBackups, volume } = spaceFor(draft, facts)
  const free =
    volume === null
      ? `the server does not report the volume of ${draft.backupFolder}: it holds no database file`
      : `${bytesText(volume.availableBytes)} on ${volume.mountPoint}`
  const need =
    neededBytes === null
      ? 'size not visible'
      : `${bytesText(neededBytes)} by ${fromBackups ? 'the last full backups' : 'the data files, an upper limit'}`
  return `${free}; needed: ${need}`
}
