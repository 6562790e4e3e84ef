import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import { generatedKeyBits } from '../sqlserver/certificate-rules.ts'
import { bytesText, note } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import { roomOf } from './blockers-storage.ts'
import { keyNamed } from './encryptor.ts'
import { stripesOf, type PlanNames } from './plan-names.ts'
import { spaceFor } from './space.ts'

/** Facts that a person wants to see before a run. */
export const notesOn = (draft: EncryptedBackupDraft, facts: Facts, names: PlanNames): Evidence[] => {
  const notes: Evidence[] = [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    ...keyNotes(draft, facts),
    ...(draft.destination === 'disk'
      ? [note(facts.volumes, 'Free space for backups', () => spaceText(draft, facts))]
      : [
          {
            statement: 'What the blobs of one backup hold at most',
            value: `${bytesText(roomOf(draft))} in ${stripesOf(draft)} ${stripesOf(draft) === 1 ? 'blob' : 'blobs'}`,
            source: 'Keyturn, limits of Azure Storage',
            at: facts.readAt,
          },
        ]),
    note(facts.replicas, 'Other replicas of the chosen databases', (replicas) => {
      const chosen = replicas.filter(({ database }) => draft.databases.includes(database))
      return chosen.length === 0 ? 'none' : chosen.map((r) => `${r.replica} (${r.database})`).join(', ')
    }),
    {
      statement:
        draft.destination === 'disk'
          ? 'Whether the service account may write to the folders'
          : 'Whether storage lets the server in',
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
  if (draft.encryptor === 'certificate' && draft.certificateMode === 'create') {
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

const keyNotes = (draft: EncryptedBackupDraft, facts: Facts): Evidence[] => {
  const { ekm } = facts
  if (draft.encryptor === 'certificate') {
    return [
      note(facts.masterKey, 'Copies of the master key', (key) =>
        key === null
          ? 'no master key'
          : `${key.serviceMasterKeyCopies} under the service master key, ${key.passwordCopies} under a password`,
      ),
    ]
  }
  const key = keyNamed(facts, draft.asymmetricKeyName)
  if (ekm === null || key === undefined) return []
  return [
    note(
      ekm.keys,
      `Asymmetric key ${key.name}`,
      () => `${key.thumbprint}, of provider ${key.provider ?? '(not read)'}`,
    ),
    note(key.place, 'Its place in the vault, as the connector noted it', (place) => place ?? 'not noted'),
    {
      statement: 'Proof of its copies',
      value: 'none in this run: a key in a vault leaves no file that could be opened',
      source: 'Keyturn',
      at: facts.readAt,
    },
  ]
}

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
