import { byAzure } from '../../../../shared/forms/credential-storage-draft.ts'
import type { Answers, FactOption, FormFacts } from '../../../../shared/forms/form.ts'
import { containerOf } from '../../../../shared/model/storage.ts'
import { endOfLabel, dayText } from '../../../../shared/model/storage-token.ts'
import { accountRow } from '../../azure/storage-rows.ts'
import type { CredentialFact } from '../../sqlserver/ekm-facts.ts'
import { credentialFacts } from '../../sqlserver/storage-options.ts'
import { shownOf } from '../../sqlserver/words.ts'
import type { StorageFacts } from './facts.ts'
import { chosenOf, sideOf, storageCredentialIn } from './plan.ts'
import { storageBlanks } from './preview.ts'

/** What one screen shows of the facts, for storage. */
export const storageFormFacts = (
  screen: string,
  answers: Answers,
  facts: StorageFacts,
  lists: FormFacts['options'],
  suggested: FormFacts['suggested'],
): FormFacts => {
  const side = sideOf(facts)
  const draft = storageBlanks(answers)
  const chosen = draft === null ? [] : chosenOf({ draft, facts, runId: markless })
  const renews = (access: keyof typeof words): boolean =>
    chosen.some((one) => !('missing' in one) && storageCredentialIn(one)?.access === access)
  return {
    options: {
      ...lists,
      storageAccounts: side?.accounts.read === true ? side.accounts.value.map(accountRow) : [],
      storageGroups: side?.groups.read === true ? side.groups.value.map((name) => plain(name, name)) : [],
      storageRegions:
        side?.regions.read === true ? side.regions.value.map(({ name, label }) => plain(name, label)) : [],
      storageCredentials: facts.credentials.read
        ? facts.credentials.value.flatMap((one) =>
            credentialRow(one, facts, answers['task'] === 'prove-storage'),
          )
        : [],
    },
    shown: [
      ...credentialFacts(facts.credentials),
      ...(screen === 'credential' && side !== null && side.containers !== null
        ? [shownOf(side.containers, 'Containers of the account', (names) => names.join(', ') || 'none')]
        : []),
    ],
    flags: { renewsToken: renews('sas'), renewsAccessKey: renews('access-key') },
    suggested: {
      ...suggested,
      blobAccess: { value: 'sas', because: 'A token has an end and opens one container' },
      accountMode: { value: 'use', because: 'An account that is there has its rules already' },
      tokenFrom: { value: 'make', because: 'It never leaves the keyring and the server' },
      signWith: { value: 'sign-in', because: 'It needs no access key' },
      tokenDays: { value: 7, because: 'The longest that a sign-in may sign' },
      proveStorage: { value: true, because: 'A credential that was never used proves nothing' },
    },
    checks:
      facts.azure?.answered === false
        ? [
            {
              name: 'Azure',
              state: draft !== null && byAzure(draft) ? 'failed' : 'unknown',
              detail: facts.azure.problem.title,
              at: facts.azure.at,
              field: 'azure',
            },
          ]
        : [],
    readAt: facts.readAt,
  }
}

const markless = 'aaaaaaaaaaaa' as Parameters<typeof chosenOf>[0]['runId']

const plain = (value: string, label: string): FactOption => ({ value, label, usable: true })

const words = { sas: 'token', 'managed-identity': 'managed identity', 'access-key': 'access key' } as const

const credentialRow = (one: CredentialFact, facts: StorageFacts, proving: boolean): FactOption[] => {
  const credential = storageCredentialIn(one)
  if (one.provider !== null || credential === null) return []
  const unfit = proving
    ? credential.access === 'access-key'
      ? 'an access key is of an account: only a backup shows that it works'
      : null
    : credential.access === 'managed-identity'
      ? 'a managed identity has no secret'
      : null
  const misnamed =
    credential.access === 'sas' && containerOf(one.name) === null
      ? 'it is not called by the address of a container: no backup finds it'
      : null
  const reason = misnamed ?? unfit
  return [
    {
      value: one.name,
      label: one.name,
      usable: reason === null,
      ...(reason === null ? {} : { reason }),
      facts: {
        By: words[credential.access],
        Ends: credential.access === 'sas' ? endText(one.name, facts) : 'no end',
        'Last changed': one.changed?.slice(0, 10) ?? 'not read',
      },
    },
  ]
}

/** The server does not show it; the keyring knows of tokens that Keyturn signed for this container. */
const endText = (container: string, { kept }: StorageFacts): string => {
  const [, account = '', name = ''] = /^https:\/\/([^.]+)[^/]*\/(.+)$/.exec(container) ?? []
  const own = kept
    .filter(({ label }) => label.includes(`Token for ${account}/${name} `))
    .toSorted((a, b) => (a.keptAt < b.keptAt ? 1 : -1))[0]
  const end = own === undefined ? null : endOfLabel(own.label)
  return end === null
    ? 'not known: the server does not show it'
    : `${dayText(end)}, if it is the one that Keyturn signed last`
}
