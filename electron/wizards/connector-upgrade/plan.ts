import type { ConnectorUpgradeDraft } from '../../../shared/forms/connector-upgrade.ts'
import { fileNamePart, inServerFolder } from '../../../shared/forms/names.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { alterProvider } from '../../scripts/tsql/ekm.ts'
import { setOnline } from '../../scripts/tsql/move.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import { fullBackup } from '../../scripts/tsql/tde.ts'
import type { ProviderFact } from '../sqlserver/ekm-facts.ts'
import { connectorLibrary, runtimeFor } from '../sqlserver/host-rules.ts'
import { replaceConnectorStep, serviceOf } from '../sqlserver/plan-host.ts'
import { numbered, type Draftstep } from '../sqlserver/plan-parts.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import {
  databasesOfConnector,
  installedCode,
  keysOfConnector,
  newestFull,
  presentVersion,
  providerOfConnector,
} from './found.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planConnectorUpgrade = (
  draft: ConnectorUpgradeDraft,
  facts: Facts,
  runId: RunId,
): PlanOutcome => {
  const mark = runMark(runId)
  const databases = databasesOfConnector(facts).map(({ name }) => name)
  const provider = providerOfConnector(facts)
  const steps = numbered(
    [
      ...databases.map((database) =>
        draft.backups === 'take'
          ? backupStep(draft, facts, mark, { database, when: 'before' })
          : confirmStep(facts, database),
      ),
      replaceStep(draft, facts, mark),
      ...(provider === undefined ? [] : [registerStep(draft, provider, databases)]),
      ...databases.map(onlineStep),
      compareStep(draft, facts),
      ...databases.map((database) => backupStep(draft, facts, mark, { database, when: 'after' })),
    ],
    facts.target,
  )
  const plan: Plan = {
    format: 1,
    job: 'connector-upgrade',
    runId,
    title: `Connector of ${facts.target.name}: ${presentVersion(facts) ?? 'a version that was not read'} to ${draft.version}`,
    targets: [{ ref: facts.target, identity: { ...facts.identity } }],
    steps,
    secrets: [],
    relied: reliedOn(facts),
  }
  return { plan, advice: adviceOn(draft, facts, mark) }
}

const libraryOf = (facts: Facts): string => providerOfConnector(facts)?.dllPath ?? connectorLibrary

const backupStep = (
  { backupFolder }: ConnectorUpgradeDraft,
  facts: Facts,
  mark: string,
  { database, when }: { database: string; when: 'before' | 'after' },
): Draftstep => {
  const number = databasesOfConnector(facts).findIndex(({ name }) => name === database) + 1
  const file = inServerFolder(
    backupFolder,
    `${fileNamePart(database)}_${when}_connector_${facts.plannedOn}_${mark}_${number}.bak`,
  )
  const description = `keyturn:${mark}`
  return {
    kind: 'full-backup',
    title: `Take a full backup of ${database} ${when} the change`,
    now:
      when === 'before'
        ? 'Its newest full backup is of another time'
        : 'Its backups are of before the change',
    after: `${file}: full, with checksum; a restore needs the key under the thumbprint that the database has at that moment`,
    scripts: [
      fullBackup({
        database,
        path: file,
        name: `${fileNamePart(database)} ${when} connector`.slice(0, 128),
        description,
        stats: 5,
      }),
    ],
    params: { database, file, probe: fileProbeFor(majorOf(facts)), description },
    permission: `BACKUP DATABASE on ${database}`,
    undo: { can: false, because: `T-SQL can’t delete files. Stays on the server: ${file}` },
    resume: 'marked',
    stopNow: { leaves: `A half file may stay on the server: ${file}. A retry writes over it` },
  }
}

const confirmStep = (facts: Facts, database: string): Draftstep => {
  const newest = newestFull(facts, database)
  const finished = newest?.finished ?? ''
  return {
    kind: 'confirm-full-backup',
    title: `Confirm the full backup of ${database}`,
    now:
      newest === undefined ? 'None on record' : `Finished ${finished} (time of the server), ${newest.device}`,
    after: 'msdb names it still, or a newer one',
    scripts: [],
    params: { database, finished, device: newest?.device ?? '' },
    permission: 'SELECT in msdb',
    undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
    resume: 'named',
    stopNow: null,
  }
}

const replaceStep = (draft: ConnectorUpgradeDraft, facts: Facts, mark: string): Draftstep =>
  replaceConnectorStep(
    {
      computer: facts.identity.machineName,
      service: serviceOf(facts.identity.instanceName),
      mark,
      place: draft.scriptFolder,
    },
    {
      dllPath: libraryOf(facts),
      version: draft.version,
      runtime: runtimeFor(majorOf(facts)),
      productCode:
        installedCode(facts) ?? (draft.productCode === '' ? null : draft.productCode.toUpperCase()),
      setup: draft.setup,
      mode: draft.mode,
      now: `Version ${presentVersion(facts) ?? 'not read'}`,
    },
  )

const registerStep = (
  { version }: ConnectorUpgradeDraft,
  {
    name: provider,
    dllPath: library,
    version: registered,
  }: Pick<ProviderFact, 'name' | 'dllPath' | 'version'>,
  databases: readonly string[],
): Draftstep => ({
  kind: 'register-library',
  title: `Register ${provider} from the new library, where that is needed`,
  now: `Registered as ${registered}`,
  after: `Registered as ${version}. Nothing is sent where it is that already and every database is ONLINE`,
  scripts: [alterProvider(provider, library)],
  params: { provider, dllPath: library, version, databases: [...databases] },
  permission: 'CONTROL SERVER',
  undo: {
    can: false,
    because: 'The provider leads to the same file as before; going back is this job again',
  },
  resume: 'named',
  stopNow: null,
})

const onlineStep = (database: string): Draftstep => ({
  kind: 'bring-online',
  title: `See that ${database} is ONLINE, or set it online`,
  now: 'Opened with the connector of before',
  after: 'ONLINE: its key opened with the new connector. Nothing is sent where it is that already',
  scripts: [setOnline(database)],
  params: { database },
  permission: `ALTER on ${database}`,
  undo: { can: false, because: 'An open database is what is wanted' },
  resume: 'named',
  stopNow: null,
})

const compareStep = ({ version }: ConnectorUpgradeDraft, facts: Facts): Draftstep => ({
  kind: 'compare-thumbprints',
  title: 'Compare thumbprints of keys and databases',
  now: 'Read before the change',
  after: 'Every key of master and every database has the thumbprint that it had',
  scripts: [],
  params: {
    version,
    keys: keysOfConnector(facts).map(({ name, thumbprint }) => ({ name, thumbprint })),
    databases: databasesOfConnector(facts).flatMap(({ name, key }) =>
      key?.thumbprint === null || key?.thumbprint === undefined ? [] : [{ name, thumbprint: key.thumbprint }],
    ),
  },
  permission: 'VIEW DEFINITION on master, VIEW SERVER STATE',
  undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
  resume: 'named',
  stopNow: null,
})

/** Words for what changed, should somebody change it between review and run. */
const reliedOn = (facts: Facts): ReliedFact[] => {
  const on = (fact: string, value: string): ReliedFact => ({ target: facts.target.name, fact, value })
  const provider = providerOfConnector(facts)
  return [
    on('Connector', presentVersion(facts) ?? 'not read'),
    on('Installed as', installedCode(facts) ?? 'not read'),
    on(
      'Provider',
      provider === undefined ? 'none' : `${provider.name}, ${provider.dllPath}, ${provider.version}`,
    ),
    ...keysOfConnector(facts).map(({ name, thumbprint }) => on(`Key ${name}`, thumbprint)),
    ...databasesOfConnector(facts).map(({ name, key }) =>
      on(`Database ${name}`, key?.thumbprint ?? 'not open'),
    ),
  ]
}
