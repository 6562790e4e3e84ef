import { mostDrilled, type RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { passwordsOf } from '../../../shared/forms/restore-drill-keys.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import { secretBlockers as goneSecrets } from '../sqlserver/certificate-advice.ts'
import { storageHoles } from '../../scripts/tsql/storage.ts'
import { hasTde } from '../sqlserver/editions.ts'
import type { RightsFact } from '../sqlserver/facts-model.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { bytesText } from '../sqlserver/words.ts'
import type { Chain } from './chains.ts'
import type { DrillServerFacts, Facts } from './facts-model.ts'
import { fewestKeys, needsOf } from './needs.ts'
import type { GivenKey } from './plan-keys.ts'
import { baseName } from './plan-names.ts'
import { spaceFor } from './space.ts'

const blocker = (screen: string | null, what: string, measured: string, limit: string): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

export const backupBlockers = (
  draft: RestoreDrillDraft,
  facts: Facts,
  chains: readonly Chain[],
): Blocker[] => {
  const on = (what: string, measured: string, limit: string): Blocker =>
    blocker('backup', what, measured, limit)
  if (!facts.backups.read)
    return [
      on('The history of backups was not read', facts.backups.because, 'SELECT on the backup tables in msdb'),
    ]
  const found: Blocker[] = []
  const known = new Set(facts.backups.value.map(({ setId }) => setId))
  for (const setId of draft.which === 'chosen' ? draft.backups : []) {
    if (!known.has(setId))
      found.push(
        on('A chosen backup is not on record any more', setId, 'One of the newest 2,000 backups in msdb'),
      )
  }
  if (chains.length === 0) found.push(on('There is no backup to drill', 'None on record', 'A full backup'))
  if (chains.length > mostDrilled)
    found.push(on('These are too many for one drill', `${chains.length} databases`, `At most ${mostDrilled}`))
  for (const { sets } of chains) {
    const [full] = sets
    if (full === undefined) continue
    const what = `The backup of ${full.database} of ${full.finishedAt.slice(0, 16).replace('T', ' ')}`
    if (sets.some(({ media }) => media === 'other'))
      found.push(on(`${what} is not in files or blobs`, full.files.join(', '), 'Files on disk, or blobs'))
    if (draft.filesWhere === 'same' && new Set(sets.map(({ media }) => media)).size > 1)
      found.push(
        on(
          `${what} and what follows it are on disk and in storage`,
          sets.map(({ kind, media }) => `${kind}: ${media}`).join(', '),
          'All in one kind of place; or copied to one container',
        ),
      )
    if (full.databaseFiles.length === 0)
      found.push(
        on(
          `${what} has no file list in the history`,
          'msdb.dbo.backupfile has no row for it',
          'The logical names of its files, to restore them elsewhere',
        ),
      )
    for (const set of draft.filesWhere === 'folder' || draft.filesWhere === 'container' ? sets : []) {
      if (new Set(set.files.map((file) => baseName(file).toLowerCase())).size !== set.files.length)
        found.push(
          on(
            `${what} has two files of one name`,
            set.files.join(', '),
            'Names that differ, to be together in one place',
          ),
        )
    }
  }
  return found
}

export const drillServerBlockers = (
  draft: RestoreDrillDraft,
  facts: Facts,
  chains: readonly Chain[],
  keys: readonly GivenKey[],
): Blocker[] => {
  const { drill } = facts
  const on = (what: string, measured: string, limit: string): Blocker =>
    blocker('server', what, measured, limit)
  if (drill === null) return [on('No drill server is chosen', 'None', 'Another connected server')]
  const { name } = drill.target
  const identity = drill.identity
  const found: Blocker[] = []
  if (identity.serverName !== '' && identity.serverName === facts.source.identity.serverName)
    found.push(
      on(
        'The drill server is the server of the backups, under another connection',
        `Both answer as ${identity.serverName}`,
        'Another server',
      ),
    )
  if (!drill.userDatabases.read)
    found.push(on(`Databases of ${name} were not read`, drill.userDatabases.because, 'None may be there'))
  else if (drill.userDatabases.value.length > 0)
    found.push(
      on(
        `${name} is not empty`,
        named(drill.userDatabases.value),
        'No user databases: a drill must not be able to touch anybody’s data',
      ),
    )
  const major = majorOf(drill)
  const newest = Math.max(0, ...chains.flatMap(({ sets }) => sets.map((set) => set.major ?? 0)))
  if (drill.server.read && newest > major)
    found.push(
      on(
        `The backups come from a newer version than ${name} has`,
        `Backups of version ${newest}, ${name} is ${drill.server.value.version}`,
        'The same major version or a later one (SQL 3169)',
      ),
    )
  const { tde, unseen } = needsOf(chains, facts)
  if (tde.length + unseen.length > 0 && drill.server.read && !hasTde(drill.server.value))
    found.push(
      on(
        `${name} can’t hold a database under TDE`,
        drill.server.value.edition,
        'An edition with TDE (SQL 33117)',
      ),
    )
  if (keys.some(({ files }) => 'pfx' in files)) {
    if (drill.server.read && major < 16)
      found.push(
        on(
          `${name} does not read .pfx files`,
          drill.server.value.version,
          'SQL Server 2022, or a .cer and a .pvk file',
        ),
      )
  }
  found.push(...masterKeyBlockers(draft, drill, on), ...rightBlockers(drill, on), ...folderBlockers(drill))
  const { neededBytes, volume } = spaceFor(draft, chains, facts)
  if (neededBytes !== null && volume !== null && volume.availableBytes < neededBytes)
    found.push(
      on(
        'The largest restored database does not fit',
        `${bytesText(volume.availableBytes)} free on ${volume.mountPoint}`,
        bytesText(neededBytes),
      ),
    )
  return found
}

export const named = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`

type On = (what: string, measured: string, limit: string) => Blocker

const masterKeyBlockers = (draft: RestoreDrillDraft, drill: DrillServerFacts, on: On): Blocker[] => {
  const key = drill.masterKey
  if (!key.read)
    return [on('The master key of the drill server was not read', key.because, 'The plan needs it')]
  if (draft.masterKeyMode === 'use') {
    if (key.value === null)
      return [on('The drill server has no master key', `${key.source}: no row`, 'Choose to create one')]
    return key.value.opensByItself
      ? []
      : [
          on(
            'The drill server’s master key does not open by itself',
            'No copy under its service master key',
            'Repair it there, or use another server',
          ),
        ]
  }
  return key.value === null
    ? []
    : [
        on(
          'The drill server has a master key already',
          `${key.source}: ${key.value.keyGuid}`,
          'Choose to use it: a drill removes only what it made',
        ),
      ]
}

const rightBlockers = (drill: DrillServerFacts, on: On): Blocker[] => {
  const { rights, principal } = drill
  if (!rights.read || rights.value.sysadmin === true || rights.value.controlServer === true) return []
  const missing = (
    [
      ['createDatabase', 'CREATE ANY DATABASE'],
      ['controlMaster', 'CONTROL on master'],
    ] as const satisfies readonly (readonly [keyof RightsFact, string])[]
  ).filter(([right]) => rights.value[right] === false)
  return missing.map(([, right]) =>
    on(`${principal} has no ${right} on the drill server`, 'not granted', right),
  )
}

const folderBlockers = ({ seen, target, keyFolders }: DrillServerFacts): Blocker[] =>
  [
    { read: seen.backup, words: 'the folder of the backup files', screen: 'server' },
    { read: seen.data, words: 'the folder for data files', screen: 'server' },
    { read: seen.log, words: 'the folder for log files', screen: 'server' },
    ...keyFolders.map((one) => ({
      read: one.seen,
      words: `the folder of key files ${one.folder}`,
      screen: 'keys',
    })),
  ].flatMap(({ read, words, screen }) =>
    read?.read === true && !read.value
      ? [
          blocker(
            screen,
            `${target.name} does not see ${words}`,
            'No such folder there',
            'A folder that it sees',
          ),
        ]
      : [],
  )

export const keyBlockers = (
  draft: RestoreDrillDraft,
  facts: Facts,
  chains: readonly Chain[],
  keys: readonly GivenKey[],
): Blocker[] => {
  const on = (what: string, measured: string, limit: string): Blocker =>
    blocker('keys', what, measured, limit)
  const needs = needsOf(chains, facts)
  const found: Blocker[] = []
  for (const { folder, files } of draft.keyFiles === 'search' ? (facts.drill?.keyFolders ?? []) : []) {
    if (files?.read === false)
      found.push(
        on(`The files in ${folder} were not listed`, files.because, 'VIEW SERVER STATE; or name the files'),
      )
  }
  const fewest = fewestKeys(needs)
  if (fewest > keys.length)
    found.push(
      on(
        draft.keyFiles === 'none'
          ? 'The backups are encrypted and no key files are given'
          : keys.length === 0
            ? 'No key files are in these folders'
            : 'The databases need more certificates than key files are given',
        [
          ...needs.backup.map((thumbprint) => `${thumbprint} for the backup`),
          ...needs.tde.map(({ database, thumbprint }) => `${thumbprint} for TDE of ${database}`),
          ...needs.unseen.map((database) => `a certificate that is not visible for TDE of ${database}`),
        ].join('; '),
        fewest === 1
          ? 'Key files of this certificate'
          : `Key files of these ${fewest} certificates; ${keys.length} given`,
      ),
    )
  const drill = facts.drill
  if (drill?.certificates.read === false)
    found.push(
      on(
        `Certificates of ${drill.target.name} were not read`,
        drill.certificates.because,
        'None that the backups need may be there',
      ),
    )
  if (drill?.certificates.read === true) {
    for (const certificate of drill.certificates.value) {
      if (certificate.thumbprint !== null && needs.all.includes(certificate.thumbprint))
        found.push(
          on(
            `${drill.target.name} has a certificate already that the backups need`,
            `${certificate.name}, ${certificate.thumbprint}`,
            'Not there: the drill is to show that the key files alone are enough',
          ),
        )
    }
  }
  return found
}

const onServerScreen: ReadonlySet<string> = new Set([
  'dmk_password',
  storageHoles.sas,
  storageHoles['access-key'],
])

export const secretBlockers = (draft: RestoreDrillDraft, facts: Facts, plan: Plan): Blocker[] => {
  const kept = draft.keyFiles === 'none' ? [] : passwordsOf(draft).filter(({ from }) => from === 'kept')
  const strangers = kept.filter(({ handle }) => !facts.kept.some((one) => one.handle === handle))
  return [
    ...goneSecrets(plan, facts.secrets, (hole) => (onServerScreen.has(hole) ? 'server' : 'keys')),
    ...strangers.map(() =>
      blocker(
        'keys',
        'The chosen kept password is not one of a key file of this server',
        'Kept for something else, or gone',
        'Choose another, or type it',
      ),
    ),
  ]
}
