import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { copiesText, shownOf } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import { folderCheck } from '../sqlserver/form-parts.ts'
import { restartCheck } from '../sqlserver/restart-trap.ts'

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
  const key = facts.key?.read === true ? facts.key.value : null
  return {
    options: { targets, databases: databaseOptions(facts) },
    shown: screen === 'files' ? [] : shownOn(facts),
    flags: { 'key-closed': key !== null && !key.opensByItself },
    suggested: suggestionsFor(answers, facts),
    checks: screen === 'files' ? folderCheck(facts.keyFolder) : [restartCheck(facts)],
    readAt: facts.readAt,
  }
}

/** Master first: its key is the one that certificates of TDE and backups stand on. */
const databaseOptions = ({ databases }: Facts): FactOption[] => {
  if (!databases.read) return []
  const usable = databases.value.filter(({ name, snapshot }) => name !== 'tempdb' && !snapshot)
  return usable
    .toSorted((a, b) => Number(b.name === 'master') - Number(a.name === 'master'))
    .map(({ name, state }) => ({
      value: name,
      label: name,
      usable: state === 'ONLINE',
      ...(state === 'ONLINE' ? {} : { reason: `its state is ${state}` }),
      facts: { State: state },
    }))
}

const shownOn = (facts: Facts): FormFacts['shown'][number][] => [
  shownOf(facts.serviceKey, 'Service master key', (key) =>
    key === null
      ? 'not shown by the catalog'
      : `${key.algorithm}, changed ${key.modified?.slice(0, 10) ?? 'never, as the catalog says'}`,
  ),
  shownOf(
    facts.opened,
    'Databases whose master key the server opens by itself',
    (all) => all.join(', ') || 'none',
  ),
  shownOf(facts.key ?? notChosen(facts), 'Master key of the chosen database', (key) =>
    key === null
      ? 'none'
      : `${key.algorithm}; ${copiesText(key.serviceMasterKeyCopies)} under the service master key, ${key.passwordCopies} under a password`,
  ),
  shownOf(facts.below ?? notChosen(facts), 'Private keys under it', (all) => all.join(', ') || 'none'),
]

const notChosen = ({ readAt }: Facts) =>
  ({ read: false, because: 'no database is chosen', source: 'Keyturn', at: readAt }) as const

const suggestionsFor = (answers: Answers, facts: Facts): FormFacts['suggested'] => {
  const suggested: FormFacts['suggested'] = {
    key: { value: 'database', because: 'The one that certificates stand on' },
    database: { value: 'master', because: 'Certificates of TDE and backups are under its key' },
    proveOnServer: { value: true, because: 'File and password are tried before they are needed' },
    force: { value: false, because: 'The server stops where something can’t be decrypted' },
  }
  const folder = facts.folders.read ? facts.folders.value.backup : null
  if (folder !== null) {
    suggested['keyFolder'] = {
      value: folder,
      because:
        'The service account may write there. Move the files away afterwards: keys and backups belong apart',
    }
  }
  if (answers['key'] === 'service') {
    suggested['act'] = { value: 'back-up', because: 'Changes nothing' }
  } else if (facts.key?.read === true) {
    const key = facts.key.value
    suggested['act'] =
      key === null
        ? { value: 'create', because: `${facts.database ?? 'The database'} has none` }
        : key.opensByItself
          ? { value: 'back-up', because: 'Changes nothing' }
          : { value: 'add-copy', because: 'The key opens only with its password' }
  }
  return suggested
}
