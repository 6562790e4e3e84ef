import { join } from 'node:path'
import { problemOf } from '../../../shared/errors/problem.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import { writeNewFile } from '../../platform/atomic-file.ts'
import type { LockReason } from '../../../shared/model/keyring.ts'
import type { Clock } from '../../ports/clock.ts'
import type { KdfFacts, Keyring, RecoverySheet, UnlockOutcome } from '../../ports/keyring.ts'
import type { Places } from '../../ports/places.ts'
import type { Record } from '../../record/record.ts'
import type { Rehearsal } from '../../rehearsal/rehearsal.ts'
import type { Handlers } from '../router.ts'

export interface KeyringParts {
  keyring: Keyring
  record: Record
  places: Places
  clock: Clock
  rehearsal: Rehearsal | null
  /** Locks, closes what was opened with secrets, and records it. */
  lock(because: LockReason): Promise<void>
}

const done = { done: true } as const

export const keyringHandlers = ({ keyring, record, places, clock, rehearsal, lock }: KeyringParts) =>
  ({
    'keyring.create': async ({ passphrase }) => {
      using secret = SecretBytes.take(passphrase)
      await keyring.create(secret)
      record.append({ kind: 'keyring-created', body: {}, outcome: 'done' })
      return done
    },
    'keyring.unlock': async ({ passphrase }) => {
      using secret = SecretBytes.take(passphrase)
      let strengthened: UnlockOutcome['strengthened']
      try {
        strengthened = (await keyring.unlock(secret)).strengthened
      } catch (thrown) {
        record.append({
          kind: 'keyring-unlock-refused',
          body: { problem: problemOf(thrown) },
          outcome: 'refused',
        })
        throw thrown
      }
      record.append({ kind: 'keyring-unlocked', body: {}, outcome: 'done' })
      if (strengthened !== null) {
        const { from, to } = strengthened
        record.append({
          kind: 'keyring-strengthened',
          body: { from: workOf(from), to: workOf(to) },
          outcome: 'done',
        })
      }
      await rehearsal?.rememberPassphrase(secret)
      return done
    },
    'keyring.lock': async () => {
      await lock('asked')
      return done
    },
    'keyring.recoverySheet': async () => {
      const sheet = sheetView(keyring.recoverySheet())
      await keyring.sheetMade()
      record.append({ kind: 'recovery-sheet-made', body: {}, outcome: 'done' })
      return sheet
    },
    'keyring.saveRecoverySheet': async ({ place }) => {
      // Each sheet is of one set of parameters: a new one never takes the place of the one before.
      const stamp = clock.now().toISOString().replace(/[:.]/g, '')
      const name = `${rehearsal === null ? '' : 'REHEARSAL-'}keyturn-recovery-sheet-${stamp}.txt`
      await writeNewFile(join(places.folderOf(place), name), Buffer.from(sheetText(keyring.recoverySheet())))
      await keyring.sheetMade()
      record.append({ kind: 'recovery-sheet-made', body: {}, outcome: 'done' })
      return { name }
    },
  }) satisfies Partial<Handlers>

const workOf = ({ name, N, r, p }: KdfFacts): string => `${name} N=${N} r=${r} p=${p}`

/** The sheet in parts, for the page, the text file and the printed one. */
export const sheetSections = (sheet: RecoverySheet): { heading: string; lines: string[] }[] => [
  { heading: 'What this is', lines: [...sheet.paragraphs] },
  { heading: 'The keyring', lines: sheet.facts.map(([label, value]) => `${label}: ${value}`) },
  { heading: 'Commands that open it without Keyturn', lines: [...sheet.commands] },
]

const sheetView = (sheet: RecoverySheet) => ({
  title: sheet.title,
  made: sheet.madeAt,
  sections: sheetSections(sheet),
})

const sheetText = (sheet: RecoverySheet): string => {
  const { title, made, sections } = sheetView(sheet)
  const body = sections.flatMap(({ heading, lines }) => ['', heading, ...lines.map((line) => `  ${line}`)])
  return [title, made, ...body, ''].join('\n')
}
