import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { pairsIn } from '../../../shared/forms/restore-drill-keys.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { bytesText, shownOf } from '../sqlserver/words.ts'
import { named } from './blockers.ts'
import { chainOf, latestFulls } from './chains.ts'
import type { BackupSetFact, DrillServerFacts, Facts } from './facts-model.ts'
import { fewestKeys, needsOf } from './needs.ts'
import { blobAnswers } from './preview.ts'
import { blobsSeen, containersOf } from './blobs.ts'
import { vaultKeysOf } from './vault-keys.ts'
import { placeInStorage } from '../sqlserver/preview-storage.ts'
import { credentialCheck, credentialFacts, credentialOptions } from '../sqlserver/storage-options.ts'
import { credentialFor } from '../sqlserver/storage-rules.ts'

/** What one screen shows of the facts. With no server chosen yet, only the list of servers. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
): FormFacts => {
  const source = answers['target']
  const options: FormFacts['options'] = {
    targets,
    drillTargets: targets.map((target) =>
      target.value === source
        ? { ...target, usable: false, reason: 'it took the backups: a drill needs another server' }
        : target,
    ),
  }
  if (facts === null) return { options, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  return {
    options: {
      ...options,
      backups: backupOptions(facts),
      masterKeyMode: masterKeyOptions(facts.drill),
      passwords: passwordOptions(facts),
      storageCredentials: credentialOptions(
        { containerUrl: containersSeen(answers, facts)[0] ?? '' },
        facts.drill?.credentials ?? null,
      ),
    },
    shown: shownOn(screen, answers, facts),
    flags: { 'from-blobs': fromBlobs(answers, facts) },
    suggested: suggestedBy(answers, facts),
    checks: checksOn(screen, answers, facts),
    readAt: facts.source.readAt,
  }
}

const minute = (time: string): string => time.slice(0, 16).replace('T', ' ')

const backupOptions = ({ backups }: Facts): FactOption[] =>
  backups.read
    ? backups.value
        .filter(({ kind }) => kind === 'full')
        .toReversed()
        .slice(0, 1_000)
        .map((full) => backupOption(full, backups.value))
    : []

const backupOption = (full: BackupSetFact, all: readonly BackupSetFact[]): FactOption => {
  const follow = chainOf(full, all).sets.length - 1
  return {
    value: full.setId,
    label: `${full.database}, ${minute(full.finishedAt)}`,
    usable: full.media !== 'other',
    ...(full.media === 'other' ? { reason: 'not in files or blobs' } : {}),
    facts: {
      Files: full.files.join(', '),
      Needs:
        full.thumbprint === null
          ? 'no key'
          : `${full.thumbprint}${full.encryptor === 'asymmetric-key' ? ', a key in a vault' : ''}`,
      Size: full.bytes === null ? 'not read' : bytesText(full.bytes),
      'Followed by': follow === 0 ? 'nothing' : `${follow} backups`,
    },
  }
}

const masterKeyOptions = (drill: DrillServerFacts | null): FactOption[] => {
  if (drill === null || !drill.masterKey.read) return []
  const key = drill.masterKey.value
  const option = (value: string, label: string, reason: string | null): FactOption => ({
    value,
    label,
    usable: reason === null,
    ...(reason === null ? {} : { reason }),
  })
  const there = key === null ? null : 'master has one: a drill removes only what it made'
  return [
    option('throw-away', 'Create one under a throw-away password', there),
    option('password', 'Create one under a password of mine', there),
    option(
      'use',
      'Use the one that is there',
      key === null ? 'master has none' : key.opensByItself ? null : 'it does not open by itself',
    ),
  ]
}

const passwordOptions = ({ kept, source }: Facts): FactOption[] =>
  kept.map(({ handle, label, keptAt }) => ({
    value: handle,
    label: `Kept for ${source.target.name}: ${label}`,
    detail: `entered ${minute(keptAt)} UTC`,
    usable: true,
  }))

/** Containers of the blobs that the answers so far lead to. */
const containersSeen = (answers: Answers, facts: Facts): string[] =>
  containersOf(blobsSeen(blobAnswers(answers), chosenChains(answers, facts)))

const fromBlobs = (answers: Answers, facts: Facts): boolean =>
  answers['filesWhere'] === 'container' ||
  answers['filesWhere'] === 'blobs' ||
  containersSeen(answers, facts).length > 0

type Shown = FormFacts['shown'][number]

const chosenChains = (answers: Answers, facts: Facts) => {
  if (!facts.backups.read) return []
  const all = facts.backups.value
  const chosen = answers['backups']
  const fulls =
    answers['which'] === 'latest'
      ? latestFulls(all)
      : all.filter(({ setId }) => Array.isArray(chosen) && chosen.includes(setId))
  return fulls.map((full) => chainOf(full, all))
}

const shownOn = (screen: string, answers: Answers, facts: Facts): Shown[] => {
  const { drill } = facts
  if (screen === 'backup') {
    return [
      shownOf(facts.backups, 'Full backups on record', (sets) =>
        String(sets.filter(({ kind }) => kind === 'full').length),
      ),
    ]
  }
  if (screen === 'keys') {
    const needs = needsOf(chosenChains(answers, facts), facts)
    const vaultKeys = vaultKeysOf(chosenChains(answers, facts), facts)
    return [
      shownOf(facts.backups, 'The chosen backups need', () => needs.backup.join(', ') || 'no certificate'),
      ...(vaultKeys.length === 0
        ? []
        : [
            shownOf(facts.backups, 'Keys in a vault, without files', () =>
              vaultKeys.map(({ thumbprint, what }) => `${thumbprint} (${what})`).join(', '),
            ),
          ]),
      shownOf(
        facts.source.databases,
        'TDE needs, as of now',
        () =>
          [
            ...needs.tde.map(({ database, thumbprint }) => `${thumbprint} (${database})`),
            ...needs.unseen.map((database) => `not visible with this login (${database})`),
          ].join(', ') || 'no key',
      ),
      ...(drill?.keyFolders ?? []).flatMap(({ folder, files }) =>
        files === null ? [] : [shownOf(files, `Key files in ${folder}`, (names) => pairWords(names))],
      ),
    ]
  }
  return screen === 'server' && drill !== null
    ? [
        shownOf(drill.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
        shownOf(drill.account, 'Account that opens the files', (account) => account ?? 'not named'),
        ...(fromBlobs(answers, facts) ? credentialFacts(drill.credentials) : []),
      ]
    : []
}

type Check = FormFacts['checks'][number]

const checkOf = (read: Read<boolean>, name: string, field: string): Check => ({
  name,
  state: !read.read ? 'unknown' : read.value ? 'ok' : 'failed',
  detail: !read.read
    ? read.because
    : read.value
      ? 'The drill server sees it. Whether its service account may read what is in it shows only in the run'
      : 'The drill server sees no such folder. Enter it as that server sees it',
  at: read.at,
  field,
})

const pairWords = (files: readonly string[]): string => {
  const { pairs, alone } = pairsIn(files)
  const found = pairs.map(({ certificate }) => certificate)
  return `${pairs.length === 0 ? 'none' : `${pairs.length}: ${named(found)}`}${
    alone.length === 0 ? '' : `; without a .pvk of the same name: ${named(alone)}`
  }`
}

const checksOn = (screen: string, answers: Answers, facts: Facts): Check[] => {
  const { drill } = facts
  if (drill === null) return []
  const folder = (which: keyof DrillServerFacts['seen'], name: string, field: string): Check[] => {
    const read = drill.seen[which]
    return read === null ? [] : [checkOf(read, name, field)]
  }
  if (screen === 'keys')
    return drill.keyFolders.map((one, index) =>
      checkOf(
        one.seen,
        `Folder of the key files: ${one.folder}`,
        index === 0 ? 'keyFolder' : 'moreKeyFolders',
      ),
    )
  if (screen !== 'server') return []
  const { userDatabases } = drill
  return [
    {
      name: 'Empty',
      state: !userDatabases.read ? 'unknown' : userDatabases.value.length === 0 ? 'ok' : 'failed',
      detail: !userDatabases.read
        ? userDatabases.because
        : userDatabases.value.length === 0
          ? 'No user databases'
          : `It has ${named(userDatabases.value)}. Choose a server without user databases`,
      at: userDatabases.at,
      field: 'drillTarget',
    },
    ...containersSeen(answers, facts)
      .slice(0, 1)
      .flatMap((containerUrl) => credentialCheck({ ...placeInStorage(answers), containerUrl }, drill)),
    ...folder('backup', 'Folder of the backup files', 'backupFolder'),
    ...folder('data', 'Folder for data files', 'dataFolder'),
    ...folder('log', 'Folder for log files', 'logFolder'),
  ]
}

/** Blobs are where they were written for every server; drives rarely are. */
const placeSuggestion = (answers: Answers, facts: Facts): FormFacts['suggested'][string] =>
  chosenChains(answers, facts).some(({ sets }) => sets.some(({ media }) => media === 'url'))
    ? { value: 'same', because: 'The chosen backups are in a container' }
    : { value: 'folder', because: 'Another server rarely sees the same drives' }

const suggestedBy = (answers: Answers, facts: Facts): FormFacts['suggested'] => {
  const { drill } = facts
  const fewest = fewestKeys(needsOf(chosenChains(answers, facts), facts))
  const suggested: FormFacts['suggested'] = {
    which: { value: 'chosen', because: 'One backup is drilled in minutes; all of them take their time' },
    follow: { value: true, because: 'A real restore would go on with them' },
    filesWhere: placeSuggestion(answers, facts),
    consistency: { value: true, because: 'A restore alone does not find pages that were damaged before' },
    stats: { value: 5, because: 'Twenty messages per restore' },
    keyFiles: {
      value: fewest === 0 ? 'none' : 'search',
      because:
        fewest === 0
          ? 'The chosen backups ask for no certificate'
          : `The chosen backups ask for ${fewest === 1 ? 'a certificate' : `${fewest} certificates`}`,
    },
    passwordFrom: { value: 'typed', because: 'Then the drill shows that people have them' },
  }
  suggested['blobAccess'] = { value: 'sas', because: 'A token has an end and opens one container' }
  if (drill === null) return suggested
  const [containerUrl] = containersSeen(answers, facts)
  if (containerUrl !== undefined) {
    const there = credentialFor({ ...placeInStorage(answers), containerUrl }, drill.credentials)
    suggested['credentialMode'] =
      there === undefined
        ? {
            value: 'create',
            because: 'The drill server has none of this name; the run removes it at its end',
          }
        : { value: 'use', because: `The drill server has one, of IDENTITY ${there.identity}` }
  }
  if (drill.masterKey.read)
    suggested['masterKeyMode'] = {
      value: drill.masterKey.value === null ? 'throw-away' : 'use',
      because: drill.masterKey.value === null ? 'The drill server has none' : 'The drill server has one',
    }
  const { folders, logFolder } = drill
  const data = folders.read ? folders.value.data : null
  const backup = folders.read ? folders.value.backup : null
  const log = logFolder.read ? logFolder.value : null
  if (data !== null)
    suggested['dataFolder'] = { value: data, because: 'The drill server’s own folder for data' }
  if (log !== null || data !== null)
    suggested['logFolder'] = { value: log ?? data, because: 'The drill server’s own folder for logs' }
  if (backup !== null) {
    suggested['backupFolder'] = { value: backup, because: 'The drill server’s own folder for backups' }
    suggested['keyFolder'] = { value: backup, because: 'The drill server’s own folder for backups' }
  }
  return suggested
}
