import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { shownOf } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import {
  connectorThere,
  databasesOfConnector,
  newestFull,
  noneOnRecord,
  presentVersion,
  providerOfConnector,
} from './found.ts'

/** What one screen shows of the facts. With no server chosen yet, only the list of servers. */
export const formFacts = (
  screen: string,
  _answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
): FormFacts => {
  if (facts === null) {
    return { options: { targets }, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  }
  return {
    options: { targets },
    shown: shownOn(screen, facts),
    flags: {},
    suggested: suggestions(facts),
    checks: screen === 'backups' ? folderCheck(facts) : [],
    readAt: facts.readAt,
  }
}

const connectorShown = (facts: Facts): FormFacts['shown'][number] => {
  const { source, at } = facts.host.connector ?? facts.ekm.providers
  const there = connectorThere(facts)
  const installed = there?.installed.map(({ name, version }) => `${name} ${version}`).join(', ')
  return {
    label: 'Connector',
    value: `version ${presentVersion(facts) ?? 'not read'}${
      installed === undefined ? '; uninstall entry not read' : `; installed: ${installed || 'no entry'}`
    }`,
    source,
    at,
  }
}

const shownOn = (screen: string, facts: Facts): FormFacts['shown'] => {
  if (screen === 'connector') return [connectorShown(facts)]
  if (screen === 'backups')
    return [
      shownOf(
        facts.backups,
        'Full backups on record',
        () =>
          databasesOfConnector(facts)
            .map(
              ({ name }) =>
                `${name}: ${newestFull(facts, name)?.finished.slice(0, 16) ?? noneOnRecord(facts)}`,
            )
            .join('; ') || 'no database is under a key of the connector',
      ),
    ]
  const { reach } = facts.host
  return [
    connectorShown(facts),
    shownOf(facts.ekm.providers, 'Provider', () => {
      const provider = providerOfConnector(facts)
      return provider === undefined ? 'none of the connector' : `${provider.name}, ${provider.version}`
    }),
    shownOf(
      facts.ekm.databases,
      'Databases under its keys',
      () =>
        databasesOfConnector(facts)
          .map(({ name, state }) => `${name} (${state})`)
          .join(', ') || 'none',
    ),
    {
      label: 'PowerShell on the host',
      value: reach.reachable
        ? reach.how === 'simulated'
          ? 'reached (simulated)'
          : 'reached: it is this computer'
        : reach.because,
      source: 'Keyturn',
      at: facts.readAt,
    },
  ]
}

const suggestions = ({ folders }: Facts): FormFacts['suggested'] => {
  const folder = folders.read ? folders.value.backup : null
  return folder === null
    ? {}
    : { backupFolder: { value: folder, because: 'The server’s default folder for backups' } }
}

const folderCheck = ({ backupFolder: folder }: Facts): FormFacts['checks'] =>
  folder === null
    ? []
    : [
        {
          name: 'Folder on the server',
          state: !folder.read ? 'unknown' : folder.value ? 'ok' : 'failed',
          detail: !folder.read
            ? folder.because
            : folder.value
              ? 'The server sees it. What its service account may do there shows only in the run'
              : 'The server sees no such folder. Create it there or enter another one',
          at: folder.at,
          field: 'backupFolder',
        },
      ]
