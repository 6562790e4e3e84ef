import type { ConnectorUpgradeDraft } from '../../../shared/forms/connector-upgrade.ts'
import {
  generationOfVersion,
  generationWords,
  newestKnown,
  compareVersions,
} from '../../../shared/model/connector-version.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Blocker, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import { seenByDoctor } from '../sqlserver/doctor-link.ts'
import { folderBlockers, placeBlockers } from '../sqlserver/certificate-advice.ts'
import { note } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import {
  connectorThere,
  crosses,
  databasesOfConnector,
  direction,
  hoursSince,
  installedCode,
  keysOfConnector,
  newestFull,
  noneOnRecord,
  onRecordOf,
  presentVersion,
  providerOfConnector,
  readOf,
} from './found.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: ConnectorUpgradeDraft, facts: Facts, mark: string): PlanAdvice => ({
  satisfied: [],
  blockers: blockersFor(draft, facts),
  warnings: warningsOn(draft, facts),
  notes: notesOn(facts, mark),
  factsAt: facts.readAt,
})

const blocker = (what: string, measured: string, limit: string, screen: string | null): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

const blockersFor = (draft: ConnectorUpgradeDraft, facts: Facts): Blocker[] => {
  const { ekm, rights } = facts
  const unread = [ekm.providers, ekm.keys, ekm.databases, facts.now].flatMap((part) =>
    part.read
      ? []
      : [
          blocker(
            `${part.source}: not read`,
            part.because,
            'Read whole: a database that is not seen would be left without a backup',
            'server',
          ),
        ],
  )
  return [
    ...unread,
    ...(facts.clustered.read
      ? []
      : [
          blocker(
            `${facts.clustered.source}: not read`,
            facts.clustered.because,
            'Read: a cluster takes its resource offline itself',
            'server',
          ),
        ]),
    ...(ekm.providers.read && providerOfConnector(facts) === undefined
      ? [
          blocker(
            'There is no provider of the connector',
            'none registered',
            'One that is registered',
            'server',
          ),
        ]
      : []),
    ...closedBlockers(facts),
    ...(facts.clustered.read && facts.clustered.value
      ? [
          blocker(
            'This is a failover cluster instance',
            'IsClustered 1',
            'An instance on one computer: a cluster takes its resource offline, node by node, which this version does not do',
            'server',
          ),
        ]
      : []),
    ...(rights.read && rights.value.controlServer === false
      ? [blocker('The provider can’t be registered again', 'no CONTROL SERVER', 'CONTROL SERVER', 'server')]
      : []),
    ...versionBlockers(draft, facts),
    ...codeBlockers(draft, facts),
    ...hostBlockers(draft, facts),
    ...(draft.backups === 'confirm' ? ageBlockers(draft, facts) : []),
    ...folderBlockers(facts.backupFolder, draft.backupFolder, 'backups'),
  ]
}

/** A database that is not open now can't be backed up, and would be laid to the new connector. */
const closedBlockers = (facts: Facts): Blocker[] =>
  databasesOfConnector(facts)
    .filter(({ state }) => state !== 'ONLINE')
    .map(({ name, state }) =>
      seenByDoctor(
        facts.target,
        blocker(`${name} is not open`, state, 'ONLINE before the connector is changed', 'server'),
      ),
    )

const versionBlockers = (draft: ConnectorUpgradeDraft, facts: Facts): Blocker[] => {
  const order = direction(facts, draft.version)
  const present = presentVersion(facts) ?? 'not read'
  if (order === null)
    return [
      blocker('The present version was not read', present, 'Four numbers, to compare with', 'connector'),
    ]
  if (order === 0)
    return [blocker(`Version ${draft.version} is there already`, present, 'Another version', 'connector')]
  const newer = draft.task === 'newer'
  return newer === order > 0
    ? []
    : [
        blocker(
          `Version ${draft.version} is ${order > 0 ? 'newer' : 'older'}`,
          `the present one is ${present}`,
          newer
            ? 'A newer one, or the task “Go back”'
            : 'An older one, or the task “Install a newer connector”',
          'connector',
        ),
      ]
}

const codeBlockers = (draft: ConnectorUpgradeDraft, facts: Facts): Blocker[] => {
  const installed = connectorThere(facts)?.installed
  if (installed !== undefined && installed.length > 1)
    return [
      blocker(
        'Several connectors are installed',
        installed.map(({ name, version }) => `${name} ${version}`).join(', '),
        'One: uninstall what is left of another by hand',
        'connector',
      ),
    ]
  // None installed, and the host says so: there is nothing to uninstall.
  if (installed !== undefined || installedCode(facts) !== null || draft.productCode !== '') return []
  return [
    seenByDoctor(
      facts.target,
      blocker(
        'The product code of the present connector is not known',
        facts.host.reach.reachable ? 'not read on the host' : facts.host.reach.because,
        'The code of its uninstall entry: the EKM doctor’s script for the host prints it',
        'connector',
      ),
    ),
  ]
}

const hostBlockers = (draft: ConnectorUpgradeDraft, facts: Facts): Blocker[] =>
  facts.host.reach.reachable
    ? []
    : draft.scriptFolder === null
      ? [
          blocker(
            'No PowerShell reaches the host',
            facts.host.reach.because,
            'A folder of yours for the script and its result',
            'connector',
          ),
        ]
      : placeBlockers(draft.scriptFolder, facts.scriptFolderLabel, 'connector')

const ageBlockers = ({ mostHours }: ConnectorUpgradeDraft, facts: Facts): Blocker[] => {
  if (!facts.backups.read)
    return [blocker('Backups on record: not read', facts.backups.because, 'SELECT in msdb', 'backups')]
  return databasesOfConnector(facts).flatMap(({ name }) => {
    const newest = newestFull(facts, name)
    const hours = newest === undefined ? null : hoursSince(facts, newest.finished)
    if (newest !== undefined && hours !== null && hours <= mostHours) return []
    return [
      blocker(
        `${name} has no full backup that is new enough`,
        newest === undefined
          ? noneOnRecord(facts)
          : `${newest.finished} (time of the server), ${hours === null ? 'age not known' : `${hours.toFixed(1)} hours old`}`,
        `At most ${mostHours} hours old, or let this run take one`,
        'backups',
      ),
    ]
  })
}

const warningsOn = (draft: ConnectorUpgradeDraft, facts: Facts): Warning[] => {
  const databases = databasesOfConnector(facts)
  return [
    {
      what: `${facts.target.name} serves nobody while the connector is changed`,
      why: 'The service is stopped, with those that depend on it. A setup that somebody clicks through takes as long as that takes',
      screen: 'connector',
    },
    ...(crosses(facts, draft.version) === false ? [] : crossingWarnings(draft, facts)),
    ...replicaWarnings(facts),
    ...((compareVersions(draft.version, newestKnown) ?? 0) > 0
      ? [
          {
            what: `Version ${draft.version} is later than any that Keyturn knows`,
            why: `What is told of thumbprints is known up to ${newestKnown}. The library’s signature is compared all the same`,
            screen: 'connector',
          },
        ]
      : []),
    ...(databases.length === 0
      ? [
          {
            what: 'No database is under a key of the connector',
            why: 'Nothing is backed up, and nothing proves that keys open with the new connector. Encrypted backups under its keys were not looked for',
            screen: null,
          },
        ]
      : []),
  ]
}

/** Said before, by name: what the change of thumbprints takes away, and the way out. */
const crossingWarnings = (draft: ConnectorUpgradeDraft, facts: Facts): Warning[] => {
  const generation = generationOfVersion(draft.version)
  const keys = keysOfConnector(facts)
  return [
    {
      what:
        crosses(facts, draft.version) === null
          ? 'Whether thumbprints change is not known: the present version was not read'
          : `Thumbprints change: ${generation === null ? 'this version' : generationWords[generation]} make others`,
      why: `${keys.map(({ name }) => name).join(', ') || 'No key'} and the databases under them keep the ones that they have, and go on opening here. The same key of the vault that is opened anew, here or on another server, gets another thumbprint`,
      screen: 'connector',
    },
    {
      what: `Backups of before answer SQL 33111 where the key was opened with version ${draft.version}`,
      why: `On record: ${databasesOfConnector(facts)
        .map(({ name }) => `${name}: ${backupsText(facts, name)}`)
        .join('; ')}. To restore one: a server with the connector of before, or this job’s “Go back”`,
      screen: 'connector',
    },
    {
      what: 'What has to follow this run',
      why: 'For each key: open the same key of the vault under another name, give it a login and a credential, put the databases under it (the job Rotation of a vault key), and take new full backups. The old key objects stay for the old backups',
      screen: null,
    },
  ]
}

const backupsText = (facts: Facts, database: string): string => {
  if (!facts.backups.read) return `not read (${facts.backups.because})`
  const all = onRecordOf(facts, database)
  const [newest, oldest] = [all[0], all.at(-1)]
  if (newest === undefined || oldest === undefined) return noneOnRecord(facts)
  const full = all.filter(({ kind }) => kind === 'full')
  return `${readOf(facts)}${all.length} from ${oldest.finished.slice(0, 10)} to ${newest.finished.slice(0, 10)}, of them full: ${
    full
      .slice(0, 5)
      .map(({ finished, device }) => `${finished.slice(0, 16)} ${device}`)
      .join(', ') || 'none'
  }${full.length > 5 ? ` and ${full.length - 5} more` : ''}`
}

/** Only this server is done: every other node needs the same connector before it takes over. */
const replicaWarnings = (facts: Facts): Warning[] => {
  if (!facts.replicas.read)
    return [
      {
        what: 'Replicas: not read',
        why: `${facts.replicas.because}. Every node needs the same connector before it takes over`,
        screen: null,
      },
    ]
  const own = facts.identity.serverName.toUpperCase()
  const others = [...new Set(facts.replicas.value.map(({ replica }) => replica))].filter(
    (name) => name.toUpperCase() !== own,
  )
  return others.map((name) => ({
    what: `Replica ${name} keeps its connector`,
    why: 'One run changes one server. Do the secondary ones first, then fail over, then the one that was primary: until then a failover may meet a key that does not open there',
    screen: null,
  }))
}

const notesOn = (facts: Facts, mark: string): Evidence[] => [
  note(facts.ekm.providers, 'Provider', () => {
    const provider = providerOfConnector(facts)
    return provider === undefined
      ? 'none'
      : `${provider.name}, ${provider.dllPath}, version ${provider.version}`
  }),
  ...(facts.host.connector === null
    ? []
    : [
        note(facts.host.connector, 'On the host', ({ dll: library, installed }) =>
          [
            library === null ? 'no library' : `library ${library.version}`,
            installed
              .map(({ name, version, productCode }) => `${name} ${version} ${productCode}`)
              .join(', ') || 'no uninstall entry',
          ].join('; '),
        ),
      ]),
  note(
    facts.ekm.keys,
    'Keys and their thumbprints',
    () =>
      keysOfConnector(facts)
        .map(({ name, thumbprint }) => `${name} ${thumbprint}`)
        .join(', ') || 'none',
  ),
  ...databasesOfConnector(facts).map(({ name }) =>
    note(facts.backups, `Backups of ${name} on record`, () => backupsText(facts, name)),
  ),
  {
    statement: 'The way back',
    value: `This job, task “Go back”, with the setup of ${presentVersion(facts) ?? 'the present version'}: keep that package on the host`,
    source: 'Keyturn',
    at: facts.readAt,
  },
  {
    statement: 'Mark of this run, in every name that it gives',
    value: mark,
    source: 'Keyturn',
    at: facts.readAt,
  },
]
