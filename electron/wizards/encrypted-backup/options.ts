import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { editionRefusal, generatedKeyBits, todayOf } from '../sqlserver/certificate-rules.ts'
import type { DatabaseFact, Read } from '../sqlserver/facts-model.ts'
import { certificateOption } from '../sqlserver/option-rows.ts'
import { bytesText, shownOf } from '../sqlserver/words.ts'
import type { ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import { credentialFacts, credentialOptions, credentialCheck } from '../sqlserver/storage-options.ts'
import { placeInStorage } from '../sqlserver/preview-storage.ts'
import { databaseRefusal } from './blockers.ts'
import { keyRefusal } from './encryptor.ts'
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
      asymmetricKeys:
        facts.ekm?.keys.read === true ? facts.ekm.keys.value.map((key) => keyOption(facts, key)) : [],
      storageCredentials: credentialOptions(placeInStorage(answers), facts.credentials),
    },
    shown: shownOn(screen, answers, facts),
    flags: {
      'master-key-there': facts.masterKey.read && facts.masterKey.value !== null,
      'master-key-opens': facts.masterKey.read && facts.masterKey.value?.opensByItself === true,
    },
    suggested: suggestionsFor(facts, answers),
    checks: checksOn(screen, answers, facts),
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

const keyOption = (facts: Facts, key: ProviderKeyFact): FactOption => {
  const reason = keyRefusal(facts, key)
  return {
    value: key.name,
    label: key.name,
    usable: reason === null,
    ...(reason === null ? {} : { reason }),
    facts: {
      Thumbprint: key.thumbprint,
      Provider: key.provider ?? 'not read',
      'Place in the vault': key.place.read ? (key.place.value ?? 'not noted') : key.place.because,
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
  if (screen === 'keys' && answers['encryptor'] === 'asymmetric-key') return vaultKeyFacts(facts)
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
  const destination = answers['destination'] === 'url' ? 'url' : 'disk'
  const space = spaceFor(
    {
      databases: Array.isArray(chosen) ? chosen : [],
      backupFolder: typeof folder === 'string' ? folder : '',
      destination,
    },
    facts,
  )
  return [
    ...(destination === 'url'
      ? credentialFacts(facts.credentials)
      : [
          shownOf(facts.volumes, 'Free space there', () =>
            space.volume === null
              ? 'the server reports it only for volumes with database files'
              : `${bytesText(space.volume.availableBytes)} on ${space.volume.mountPoint}`,
          ),
        ]),
    shownOf(facts.databases, 'Size of the chosen databases', () =>
      space.neededBytes === null
        ? 'not visible'
        : `${bytesText(space.neededBytes)} by ${space.fromBackups ? 'the last full backups' : 'the data files'}`,
    ),
  ]
}

const vaultKeyFacts = ({ ekm }: Facts): Shown[] =>
  ekm === null
    ? []
    : [
        shownOf(ekm.option, 'Extensible key management', ({ inUse }) => (inUse ? 'on' : 'off')),
        shownOf(ekm.providers, 'Providers', (providers) =>
          providers.length === 0
            ? 'none'
            : providers
                .map(({ name, version, enabled }) => `${name} ${version}${enabled ? '' : ', disabled'}`)
                .join('; '),
        ),
        shownOf(ekm.keys, 'Keys of providers', (keys) => String(keys.length)),
      ]

type Check = FormFacts['checks'][number]

const checksOn = (screen: string, answers: Answers, facts: Facts): Check[] => {
  if (screen === 'server') return serverChecks(facts)
  if (screen === 'destination' && answers['destination'] === 'url')
    return credentialCheck(placeInStorage(answers), facts)
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
