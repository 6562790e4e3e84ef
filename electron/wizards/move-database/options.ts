import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { todayOf } from '../sqlserver/certificate-rules.ts'
import type { DatabaseFact } from '../sqlserver/facts-model.ts'
import { certificateOption } from '../sqlserver/option-rows.ts'
import { bytesText, shownOf } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import { certificateThere, valueOf } from './plan-context.ts'

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
  const there = facts.destination?.answered === true ? facts.destination : null
  const tde = valueOf(facts.encryption)?.thumbprint ?? null
  return {
    options: {
      targets,
      otherTargets: targets.filter(({ value }) => value !== facts.target.id),
      databases: (valueOf(facts.databases) ?? []).filter(isUser).map(databaseRow),
      backupCertificates: (valueOf(facts.certificates) ?? []).map((one) =>
        certificateOption(one, todayOf(facts)),
      ),
    },
    shown: shownOn(screen, facts),
    flags: {
      needsCertificate: tde !== null && (there === null || certificateThere(there.facts, tde) === null),
      hasDatabaseKey: valueOf(facts.databaseKey) !== null,
    },
    suggested: suggestionsFor(facts),
    checks: screen === 'way' ? folderChecks(facts) : [],
    readAt: facts.readAt,
  }
}

const isUser = ({ name }: DatabaseFact): boolean => !/^(master|model|msdb|tempdb)$/i.test(name)

const databaseRow = (database: DatabaseFact): FactOption => {
  const reason =
    database.state !== 'ONLINE'
      ? `Its state is ${database.state}`
      : database.snapshot
        ? 'It is a snapshot'
        : null
  return {
    value: database.name,
    label: database.name,
    usable: reason === null,
    ...(reason === null ? {} : { reason }),
    facts: {
      TDE: database.tde ? (database.tdeThumbprint ?? 'yes') : 'no',
      Recovery: database.recoveryModel,
      Data: database.dataBytes === null ? 'not visible' : bytesText(database.dataBytes),
    },
  }
}

const shownOn = (screen: string, facts: Facts): FormFacts['shown'] => {
  const there = facts.destination?.answered === true ? facts.destination : null
  const version = ({ version: one, edition }: { version: string; edition: string }): string =>
    `${one}, ${edition}`
  return [
    shownOf(facts.server, 'Version of the source', version),
    ...(there === null
      ? []
      : [
          shownOf(there.facts.server, 'Version of the destination', version),
          shownOf(there.facts.masterKey, 'Master key of master there', (key) =>
            key === null
              ? 'none: create it first'
              : key.opensByItself
                ? 'there; the server opens it by itself'
                : 'there; opens only with its password: repair it first',
          ),
        ]),
    ...(screen === 'keys' && facts.encryption !== null
      ? [
          shownOf(facts.encryption, 'Encryption of the database', (one) =>
            one === null ? 'none' : `state ${one.state}, under thumbprint ${one.thumbprint ?? 'not read'}`,
          ),
        ]
      : []),
  ]
}

const suggestionsFor = (facts: Facts): FormFacts['suggested'] => {
  const there = facts.destination?.answered === true ? facts.destination.facts : null
  const folder = there === null ? null : (valueOf(there.folders)?.data ?? null)
  return {
    certificateFrom: { value: 'connection', because: 'No key file is written anywhere' },
    way: {
      value: 'backup',
      because: 'The source stays in use, and nothing has to be copied on a shared folder',
    },
    sourceAfter: { value: 'as-it-was', because: 'Until someone has seen that the destination serves' },
    checkConsistency: { value: true, because: 'It reads every page that came' },
    ...(facts.database === null
      ? {}
      : { newName: { value: facts.database, because: 'Applications know this name' } }),
    ...(folder === null
      ? {}
      : { dataFolder: { value: folder, because: 'Data files of the destination go there by default' } }),
  }
}

const folderChecks = (facts: Facts): FormFacts['checks'] => {
  const there = facts.destination?.answered === true ? facts.destination : null
  return (
    [
      ['dataFolder', 'Folder for the database files', there?.dataFolder ?? null],
      ['backupFolder', 'Folder for the backup on the source', facts.backupFolder],
      ['readFolder', 'Folder for the backup on the destination', there?.readFolder ?? null],
    ] as const
  ).flatMap(([field, name, read]) =>
    read === null
      ? []
      : [
          {
            name,
            state: !read.read ? ('unknown' as const) : read.value ? ('ok' as const) : ('failed' as const),
            detail: !read.read
              ? read.because
              : read.value
                ? 'The server sees it. What its service account may do there shows only in the run'
                : 'The server sees no such folder. Create it or enter another one',
            at: read.at,
            field,
          },
        ],
  )
}
