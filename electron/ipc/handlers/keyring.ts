import { join } from 'node:path'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { unmetRules } from '../../../shared/forms/secret-rules.ts'
import { asHandleId, type HandleId } from '../../../shared/model/ids.ts'
import { generatePassword } from '../../platform/generate-password.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import { writeNewFile } from '../../platform/atomic-file.ts'
import type { Keyring, RecoverySheet } from '../../ports/keyring.ts'
import type { Places } from '../../ports/places.ts'
import type { Record } from '../../record/record.ts'
import type { Handlers } from '../router.ts'

export interface KeyringParts {
  keyring: Keyring
  record: Record
  places: Places
  /** Closes what was opened with secrets. */
  onLock(): Promise<void>
  runsGoOn(): boolean
}

const done = { done: true } as const

export const keyringHandlers = ({ keyring, record, places, onLock, runsGoOn }: KeyringParts) =>
  ({
    'keyring.create': async ({ passphrase }) => {
      using secret = SecretBytes.take(passphrase)
      await keyring.create(secret)
      record.append({ kind: 'keyring-created', body: {}, outcome: 'done' })
      return done
    },
    'keyring.unlock': async ({ passphrase }) => {
      using secret = SecretBytes.take(passphrase)
      try {
        await keyring.unlock(secret)
      } catch (thrown) {
        record.append({
          kind: 'keyring-unlock-refused',
          body: { problem: problemOf(thrown) },
          outcome: 'refused',
        })
        throw thrown
      }
      record.append({ kind: 'keyring-unlocked', body: {}, outcome: 'done' })
      return done
    },
    'keyring.lock': async () => {
      keyring.lock({ keepRuns: true })
      await onLock()
      record.append({ kind: 'keyring-locked', body: { runsGoOn: runsGoOn() }, outcome: 'done' })
      return done
    },
    'keyring.recoverySheet': async () => {
      record.append({ kind: 'recovery-sheet-made', body: {}, outcome: 'done' })
      return sheetView(keyring.recoverySheet())
    },
    'keyring.saveRecoverySheet': async ({ place }) => {
      const name = 'keyturn-recovery-sheet.txt'
      await writeNewFile(join(places.folderOf(place), name), Buffer.from(sheetText(keyring.recoverySheet())))
      record.append({ kind: 'recovery-sheet-made', body: {}, outcome: 'done' })
      return { name }
    },
    'secrets.keep': async ({ purpose, target, label, rule, bytes }) => {
      using secret = SecretBytes.take(bytes)
      const unmet = secret.use((held) => unmetRules(rule, held.toString('utf8')))
      if (unmet.length > 0) {
        throw new KeyturnError(
          'answers-incomplete',
          { count: 1 },
          { fields: [{ field: label, message: unmet.join('. ') }] },
        )
      }
      return kept(await keyring.put({ purpose, target, label }, secret))
    },
    'secrets.generate': async ({ purpose, target, label }) => {
      using secret = generatePassword()
      return kept(await keyring.put({ purpose, target, label }, secret))
    },
    'secrets.about': async ({ handle }) => {
      const info = keyring.list().find(({ id }) => id === handle)
      return { found: info !== undefined, label: info?.label ?? '', keptAt: info?.keptAt ?? null }
    },
  }) satisfies Partial<Handlers>

const kept = ({ id, keptAt }: { id: HandleId; keptAt: string }): { handle: string; keptAt: string } => ({
  handle: asHandleId(id),
  keptAt,
})

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
