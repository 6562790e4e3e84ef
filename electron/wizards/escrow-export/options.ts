import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { certificateRow } from '../sqlserver/option-rows.ts'
import { shownOf } from '../sqlserver/words.ts'
import { fileRows, groupRow } from '../escrow/rows.ts'
import { exportRefusal } from './blockers.ts'
import type { Facts, KeptPassword } from './facts-model.ts'

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
  const folder = facts.recipients?.read === true ? facts.recipients.value : null
  return {
    options: {
      targets,
      certificates: facts.certificates.read
        ? facts.certificates.value.map((one) => certificateRow(one, exportRefusal(one)))
        : [],
      keptPasswords: facts.kept.map(passwordRow),
      pairFiles: keyFileRows(facts.files, /\.(cer|crt|der|pfx|p12)$/i),
      privateKeyFiles: keyFileRows(facts.files, /\.pvk$/i),
      keyFiles: keyFileRows(facts.files, /./),
      groups: facts.groups.map((one) => groupRow(one)),
      certificateFiles: fileRows(folder),
    },
    shown: screen === 'keys' ? shownOnKeys(facts) : [],
    flags: {},
    suggested: { ...fixedSuggestions, ...suggestedGroup(answers, facts) },
    checks: [
      ...(screen === 'recipients' && facts.groups.every(({ state }) => state !== 'active')
        ? [
            {
              name: 'Share group',
              state: 'failed' as const,
              detail: 'This profile has no active group. Escrow → Begin a share ceremony makes one',
              at: facts.readAt,
              field: 'group',
            },
          ]
        : []),
      ...(screen === 'files' && facts.files?.read === false
        ? [
            {
              name: 'Folder of yours',
              state: 'failed' as const,
              detail: facts.files.because,
              at: facts.files.at,
              field: 'fileFolder',
            },
          ]
        : []),
      ...(screen === 'recipients' && facts.recipients?.read === false
        ? [
            {
              name: 'Folder of yours',
              state: 'failed' as const,
              detail: facts.recipients.because,
              at: facts.recipients.at,
              field: 'recipientFolder',
            },
          ]
        : []),
      ...(screen === 'places'
        ? facts.places.flatMap(({ field, label, problem }) =>
            problem === null
              ? []
              : [
                  {
                    name: label ?? 'Folder of yours',
                    state: 'failed' as const,
                    detail: `Nothing can be written there: ${problem}`,
                    at: facts.readAt,
                    field,
                  },
                ],
          )
        : []),
    ],
    readAt: facts.readAt,
  }
}

const shownOnKeys = (facts: Facts): FormFacts['shown'] => [
  shownOf(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
  shownOf(facts.masterKey, 'Database master key of master', (key) =>
    key === null
      ? 'none'
      : key.opensByItself
        ? `there; the server opens it by itself (${key.algorithm})`
        : 'there; opens only with its password',
  ),
]

const passwordWords = {
  'sql.key-file-password': 'Private key files',
  'sql.dmk-password': 'Database master key',
  'sql.smk-file-password': 'Service master key file',
} as const

const passwordRow = ({ handle, label, purpose, keptAt, generation }: KeptPassword): FactOption => ({
  value: handle,
  label,
  usable: true,
  facts: {
    Opens: passwordWords[purpose as keyof typeof passwordWords] ?? purpose,
    Kept: keptAt.slice(0, 10),
    Generation: String(generation),
  },
})

const keyFileRows = (files: Facts['files'], wanted: RegExp): FactOption[] =>
  files?.read !== true
    ? []
    : files.value.names
        .filter((name) => wanted.test(name))
        .map((name) => {
          const read = files.value.chosen.find((one) => one.name === name)
          return {
            value: name,
            label: name,
            usable: read === undefined || read.problem === null,
            ...(read === undefined || read.problem === null ? {} : { reason: read.problem }),
            ...(read === undefined || read.sha256 === '' ? {} : { facts: { 'SHA-256': read.sha256 } }),
          }
        })

const aFolder = { value: 'folder', because: 'Nothing says that it is another kind' }
const fixedSuggestions: FormFacts['suggested'] = {
  placeKind: aFolder,
  secondPlaceKind: aFolder,
  thirdPlaceKind: aFolder,
  masterKeyKind: { value: 'master-key', because: 'The more common one' },
  passphraseGeneration: { value: 1, because: 'The first passphrase' },
}

const suggestedGroup = (answers: Answers, { groups }: Facts): FormFacts['suggested'] => {
  const [only, ...more] = groups.filter(({ state }) => state === 'active')
  return typeof answers['group'] === 'string' || only === undefined || more.length > 0
    ? {}
    : { group: { value: only.id, because: 'The only active group' } }
}
