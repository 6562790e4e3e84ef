import type { StorageAnswers } from '../../../shared/forms/storage-draft.ts'
import { accessOfCredential, containerOf, type StorageAccess } from '../../../shared/model/storage.ts'
import { dayText, endOfLabel } from '../../../shared/model/storage-token.ts'
import type { Blocker, Warning } from '../../../shared/model/plan.ts'
import { credentialNameOf, identityOfStorage } from '../../scripts/tsql/storage.ts'
import type { CredentialFact } from './ekm-facts.ts'
import type { Read, SecretFacts, ServerFact, ServerFacts } from './facts-model.ts'
import { storageCredentialOf } from './plan-storage.ts'

/** What a server needs to reach a container. Pure; used wherever a job writes to storage or reads from it. */

/** SQL Server 2016 brought tokens and block blobs. */
export const firstTokenMajor = 13
/** SQL Server 2022, from CU17 on. */
const firstIdentityMajor = 16
const firstIdentityBuild = 4175

/** Why this version does not reach storage so, or null. */
export const accessRefusal = (access: StorageAccess, { major, version }: ServerFact): string | null => {
  if (access === 'sas' && major < firstTokenMajor)
    return 'tokens and block blobs came with SQL Server 2016 (13); this version takes page blobs with an access key'
  if (access !== 'managed-identity') return null
  if (major < firstIdentityMajor) return 'managed identities for backups came with SQL Server 2022 CU17'
  const build = Number(version.split('.')[2] ?? 0)
  return major === firstIdentityMajor && build < firstIdentityBuild
    ? `managed identities for backups came with SQL Server 2022 CU17 (16.0.${firstIdentityBuild})`
    : null
}

type Place = Pick<StorageAnswers, 'containerUrl' | 'blobAccess' | 'credentialMode' | 'credentialName'>

/** Names of credentials are compared as most servers do: without case. */
export const credentialFor = (
  answers: Place,
  credentials: Read<readonly CredentialFact[]> | null,
): CredentialFact | undefined => {
  if (credentials?.read !== true) return undefined
  const wanted = credentialNameOf(storageCredentialOf(answers)).toLowerCase()
  return credentials.value.find(({ name }) => name.toLowerCase() === wanted)
}

const accessWords: Readonly<Record<StorageAccess, string>> = {
  sas: 'a shared access signature',
  'managed-identity': 'a managed identity',
  'access-key': 'an access key',
}

/** Why the credential that is there can't be used for this, or null. */
export const credentialRefusal = (answers: Place, found: CredentialFact): string | null => {
  if (found.provider !== null) return `it is for provider ${found.provider}`
  const access = accessOfCredential(found.name, found.identity)
  if (access !== answers.blobAccess)
    return `it is ${access === null ? `of IDENTITY ${found.identity}` : accessWords[access]}, not ${accessWords[answers.blobAccess]}`
  const wanted = identityOfStorage(storageCredentialOf(answers))
  return answers.blobAccess === 'access-key' && found.identity !== wanted
    ? `it is of account ${found.identity}; the container is in ${containerOf(answers.containerUrl)?.account ?? 'another'}`
    : null
}

/** What keeps `facts`' server from reaching the container, on the screen where it is asked. */
export const storageBlockers = (
  answers: Place,
  facts: Pick<ServerFacts, 'server' | 'rights' | 'target' | 'principal'>,
  credentials: Read<readonly CredentialFact[]> | null,
  screen: string,
): Blocker[] => {
  const server = facts.target.name
  const on = (what: string, measured: string, limit: string): Blocker => ({ what, measured, limit, screen })
  const refusal = facts.server.read ? accessRefusal(answers.blobAccess, facts.server.value) : null
  const rights = facts.rights.read ? facts.rights.value : null
  return [
    ...(refusal === null || !facts.server.read
      ? []
      : [
          on(
            `${server} can’t reach storage this way`,
            `Version ${facts.server.value.version}`,
            `Another access: ${refusal}`,
          ),
        ]),
    ...(rights !== null && rights.sysadmin !== true && rights.alterCredential === false
      ? [
          on(
            `${facts.principal} has no ALTER ANY CREDENTIAL`,
            `${facts.rights.source}: 0`,
            'Needed for backups and restores with a URL, and to create a credential',
          ),
        ]
      : []),
    ...credentialBlockers(answers, credentials, on),
  ]
}

type On = (what: string, measured: string, limit: string) => Blocker

const credentialBlockers = (
  answers: Place,
  credentials: Read<readonly CredentialFact[]> | null,
  on: On,
): Blocker[] => {
  if (credentials?.read !== true)
    return [
      on(
        'Credentials were not read',
        credentials?.because ?? 'not read yet',
        'ALTER ANY CREDENTIAL or VIEW ANY DEFINITION',
      ),
    ]
  const name = credentialNameOf(storageCredentialOf(answers))
  const found = credentialFor(answers, credentials)
  if (answers.credentialMode === 'create')
    return found === undefined
      ? []
      : [
          on(
            `A credential ${found.name} is there already`,
            `${credentials.source}: IDENTITY ${found.identity}, changed ${found.changed ?? '(no time)'}`,
            'Choose to use it; job Credential renews its secret',
          ),
        ]
  if (found === undefined)
    return [
      on(
        `No credential ${name} is on the server`,
        `${credentials.source}: no row`,
        'Choose to create it in this run, or use job Credential. Its name is the address of the container, without a / at its end',
      ),
    ]
  const refusal = credentialRefusal(answers, found)
  return refusal === null
    ? []
    : [
        on(
          `Credential ${found.name} does not fit`,
          refusal,
          'Choose the access that it is for, or another one',
        ),
      ]
}

const soonDays = 30

/** What is known of the end of a token: from its own words when it was kept, and of no other. */
export const tokenEndWarnings = (
  answers: Pick<StorageAnswers, 'blobAccess' | 'credentialMode' | 'storageToken'>,
  secrets: SecretFacts,
  readAt: string,
  screen: string,
): Warning[] => {
  if (answers.blobAccess !== 'sas') return []
  if (answers.credentialMode === 'use')
    return [
      {
        what: 'When the token of the credential ends is not known',
        why: 'The server does not show it. After its end backups and restores there are refused (SQL 3201, error 5)',
        screen: null,
      },
    ]
  const end = endOfLabel(secrets[answers.storageToken ?? '']?.label ?? '')
  if (end === null) return []
  const days = Math.floor((Date.parse(end) - Date.parse(readAt)) / 86_400_000)
  return days > soonDays
    ? []
    : [
        {
          what: `The token ends on ${dayText(end)}`,
          why: `That is in ${Math.max(0, days)} days. After that backups and restores there are refused until the credential has a new one`,
          screen,
        },
      ]
}

/** A token that ended since it was kept. */
export const tokenEndBlockers = (
  answers: Pick<StorageAnswers, 'blobAccess' | 'credentialMode' | 'storageToken'>,
  secrets: SecretFacts,
  readAt: string,
  screen: string,
): Blocker[] => {
  if (answers.blobAccess !== 'sas' || answers.credentialMode !== 'create') return []
  const end = endOfLabel(secrets[answers.storageToken ?? '']?.label ?? '')
  return end === null || Date.parse(end) > Date.parse(readAt)
    ? []
    : [
        {
          what: 'The token has ended',
          measured: dayText(end),
          limit: 'A token that goes on for longer than the run',
          screen,
        },
      ]
}
