import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { editionRefusal, generatedKeyBits, todayOf } from '../sqlserver/certificate-rules.ts'
import type { DatabaseFact, Read } from '../sqlserver/facts-model.ts'
import { certificateOption } from '../sqlserver/option-rows.ts'
import { bytesText, shownOf } from '../sqlserver/words.ts'
import { databaseRefusal } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import { spaceFor } from './space.ts'
import { suggestionsFor } from './suggestions.ts'

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
  return {
    options: {
      targets,
      databases: facts.databases.read ? facts.databases.value.map(databaseOption) : [],
      certificates: facts.certificates.read
        ? facts.certificates.value.map((certificate) => certificateOption(certificate, todayOf(facts)))
        : [],
      masterKeyMode: masterKeyOptions(facts),
    },
    shown: shownOn(screen, answers, facts),
    flags: {
      'master-key-there': facts.masterKey.read && facts.masterKey.value !== null,
      'master-key-opens': facts.masterKey.read && facts.masterKey.value?.opensByItself === true,
    },
    suggested: suggestionsFor(facts),
    checks: checksOn(screen, facts),
    readAt: facts.readAt,
  }
}

const databaseOption = (database: DatabaseFact): FactOption => {
  const reason = databaseRefusal(database)
  return {
    value: database.name,
    label: database.name,
    usable: reason === null,
    ...(reason === null ? {} : { reason }),
    facts: {
      State: database.state,
      Size: database.dataBytes === null ? 'not visible' : bytesText(database.dataBytes),
      TDE: database.tde ? 'on' : 'off',
      Recovery: database.recoveryModel,
    },
  }
}

const masterKeyOptions = ({ masterKey }: Facts): FactOption[] => {
  if (!masterKey.read) return []
  const key = masterKey.value
  const option = (value: string, label: string, reason: string | null): FactOption => ({
    value,
    label,
    usable: reason === null,
    ...(reason === null ? {} : { reason }),
  })
  const none = key === null ? 'master has none' : null
  return [
    option(
      'use',
      'Use the one that is there',
      none ?? (key?.opensByItself === true ? null : 'it does not open by itself: repair it'),
    ),
    option('create', 'Create one', key === null ? null : 'master has one'),
    option(
      'repair',
      'Repair the one that is there',
      none ?? (key?.opensByItself === true ? 'it opens by itself' : null),
    ),
  ]
}

type Shown = FormFacts['shown'][number]

const shownOn = (screen: string, answers: Answers, facts: Facts): Shown[] => {
  if (screen === 'server') {
    return [
      shownOf(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
      {
        label: 'Login',
        value: facts.principal,
        source: `${facts.target.name}, ORIGINAL_LOGIN()`,
        at: facts.readAt,
      },
    ]
  }
  if (screen === 'keys') {
    return [
      shownOf(facts.masterKey, 'Database master key of master', (key) =>
        key === null
          ? 'none'
          : key.opensByItself
            ? `there; the server opens it by itself (${key.algorithm})`
            : 'there; opens only with its password',
      ),
      shownOf(
        facts.server,
        'Key of a new certificate',
        ({ major }) => `RSA ${generatedKeyBits(major)} bits, decided by the version`,
      ),
    ]
  }
  if (screen !== 'destination') return []
  const folder = answers['backupFolder']
  const chosen = answers['databases']
  const space = spaceFor(
    {
      databases: Array.isArray(chosen) ? chosen : [],
      backupFolder: typeof folder === 'string' ? folder : '',
    },
    facts,
  )
  return [
    shownOf(facts.volumes, 'Free space there', () =>
      space.volume === null
        ? 'the server reports it only for volumes with database files'
        : `${bytesText(space.volume.availableBytes)} on ${space.volume.mountPoint}`,
    ),
    shownOf(facts.databases, 'Size of the chosen databases', () =>
      space.neededBytes === null
        ? 'not visible'
        : `${bytesText(space.neededBytes)} by ${space.fromBackups ? 'the last full backups' : 'the data files'}`,
    ),
  ]
}

type Check = FormFacts['checks'][number]

const checksOn = (screen: string, facts: Facts): Check[] => {
  if (screen === 'server') return serverChecks(facts)
  const folder = screen === 'files' ? facts.keyFolder : screen === 'destination' ? facts.backupFolder : null
  if (folder === null) return []
  return [
    {
      name: 'Folder on the server',
      state: !folder.read ? 'unknown' : folder.value ? 'ok' : 'failed',
      detail: !folder.read
        ? folder.because
        : folder.value
          ? 'The server sees it. Whether its service account may write there shows only in the run'
          : 'The server sees no such folder. Create it there or enter another one',
      at: folder.at,
      field: screen === 'files' ? 'keyFolder' : 'backupFolder',
    },
  ]
}

const serverChecks = (facts: Facts): Check[] => {
  const { server, rights } = facts
  const refusal = server.read ? editionRefusal(server.value.edition, server.value.engineEdition) : null
  const old = server.read && server.value.major < 12
  const check = (name: string, read: Read<unknown>, failed: string | null, ok: string): Check => ({
    name,
    state: !read.read ? 'unknown' : failed === null ? 'ok' : 'failed',
    detail: !read.read ? read.because : (failed ?? ok),
    at: read.at,
    field: 'target',
  })
  const mayExport = !rights.read || rights.value.sysadmin === true || rights.value.controlMaster !== false
  return [
    check(
      'Encrypted backups',
      server,
      refusal ?? (old ? 'This version does not encrypt backups; SQL Server 2014 or later does' : null),
      'This version and edition create them',
    ),
    check(
      'Right to export keys',
      rights,
      mayExport ? null : `${facts.principal} has no CONTROL on master; the least-privilege script grants it`,
      'CONTROL on master',
    ),
  ]
}
