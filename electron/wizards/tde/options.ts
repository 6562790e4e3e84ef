import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { tdeTasks, type TdeTask } from '../../../shared/forms/tde-draft.ts'
import { folderCheck, keySuggestions } from '../sqlserver/form-parts.ts'
import { certificateRow } from '../sqlserver/option-rows.ts'
import { restartCheck } from '../sqlserver/restart-trap.ts'
import { shownOf } from '../sqlserver/words.ts'
import { editionRefusal, protectorRefusal } from './blockers.ts'
import { databaseRefusal } from './database-rules.ts'
import type { Facts } from './facts-model.ts'
import { keyOf } from '../sqlserver/tde-facts.ts'
import { protectorOf } from './facts-words.ts'
import { stateText, type DatabaseKey } from '../sqlserver/database-keys.ts'
import { someReplicaIsSilent } from './replicas.ts'

/** What one screen shows of the facts. With no server chosen yet, only the list of servers. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
): FormFacts => {
  if (facts === null) {
    return { options: { targets }, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  }
  const task = tdeTasks.find((one) => one === answers['task']) ?? null
  return {
    options: {
      targets,
      databases: databaseOptions(facts, task),
      certificates: facts.certificates.read
        ? facts.certificates.value.map((one) => certificateRow(one, protectorRefusal(one)))
        : [],
    },
    shown: screen === 'files' ? [] : shownOn(facts),
    flags: { replicaIsSilent: someReplicaIsSilent(facts) },
    suggested: suggestions(facts, task),
    checks: [
      ...(screen === 'task' ? serverChecks(facts) : []),
      ...(screen === 'files' ? folderChecks(facts) : []),
    ],
    readAt: facts.readAt,
  }
}

/** Without a task every database is listed, none refused for what it is not asked. */
const databaseOptions = (facts: Facts, task: TdeTask | null): FactOption[] => {
  if (!facts.databases.read) return []
  return facts.databases.value
    .filter(({ name }) => !['master', 'model', 'msdb', 'tempdb'].includes(name.toLowerCase()))
    .map((database) => {
      const key = keyOf(facts, database.name)
      const reason = task === null ? null : databaseRefusal(facts, database, task)
      return {
        value: database.name,
        label: database.name,
        usable: reason === null,
        ...(reason === null ? {} : { reason }),
        facts: {
          Encryption: !facts.keys.read
            ? 'not read'
            : key === undefined
              ? 'no key'
              : `state ${stateText(key)}`,
          Protector: !facts.keys.read
            ? 'not read'
            : key === undefined
              ? 'none'
              : (protectorOf(facts, database.name)?.name ?? 'not seen'),
          Recovery: database.recoveryModel,
        },
      }
    })
}

const shownOn = (facts: Facts): FormFacts['shown'] => [
  shownOf(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
  shownOf(facts.keys, 'Databases with an encryption key', (keys) =>
    keysText(keys.filter(({ database }) => database !== 'tempdb')),
  ),
]

/** The list below has every database with its state; the head of the screen is short. */
const keysShown = 6
const keysText = (keys: readonly DatabaseKey[]): string => {
  const more = keys.length - keysShown
  const named = keys.slice(0, keysShown).map((key) => `${key.database}: ${stateText(key)}`)
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join('; ') || 'none'
}

const serverChecks = (facts: Facts): FormFacts['checks'] => {
  const edition = editionRefusal(facts)
  return [
    {
      name: 'Edition',
      state: !facts.server.read ? 'unknown' : edition === null ? 'ok' : 'failed',
      detail: !facts.server.read
        ? facts.server.because
        : (edition ?? `${facts.server.value.edition} has TDE`),
      at: facts.server.at,
      field: 'target',
    },
    restartCheck(facts),
  ]
}

const folderChecks = (facts: Facts): FormFacts['checks'] => [
  ...folderCheck(facts.keyFolder),
  ...folderCheck(facts.backupFolder).map((check) => ({
    ...check,
    name: 'Folder for backups',
    field: 'backupFolder',
  })),
]

const suggestions = (facts: Facts, task: TdeTask | null): FormFacts['suggested'] => {
  const year = facts.readAt.slice(0, 4)
  const taken = facts.certificates.read
    ? new Set(facts.certificates.value.map(({ name }) => name.toLowerCase()))
    : new Set<string>()
  let free = `KT_TDE_${year}`
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `KT_TDE_${year}_${number}`
  const folder = facts.folders.read ? facts.folders.value.backup : null
  return {
    ...keySuggestions(facts),
    ...(task === null ? { task: { value: 'turn-on', because: 'The usual beginning' } } : {}),
    certificateMode: { value: 'create', because: 'A certificate for TDE only, proven before its first use' },
    certificateName: { value: free, because: 'Says what it is for and since when' },
    certificateSubject: {
      value: `TDE ${facts.target.name} ${year}`.slice(0, 64),
      because: 'Says in the .cer file what the key is for',
    },
    logBackups: { value: 'take', because: 'Only where a change of the key needs one; else none is taken' },
    algorithm: { value: 'AES_256', because: 'The longest key that the server offers' },
    ...(folder === null
      ? {}
      : { backupFolder: { value: folder, because: 'The server’s own folder for backups' } }),
  }
}
