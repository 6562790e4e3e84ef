import type { FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { StorageAnswers } from '../../../shared/forms/storage-draft.ts'
import { accessOfCredential, containerUrlProblem } from '../../../shared/model/storage.ts'
import type { CredentialFact } from './ekm-facts.ts'
import type { Read, ServerFacts } from './facts-model.ts'
import { storageBlockers } from './storage-rules.ts'
import { shownOf } from './words.ts'

type Credentials = Read<readonly CredentialFact[]> | null

/** Credentials of accounts, for page blobs: those of containers are found by their address. */
export const credentialOptions = (
  place: Pick<StorageAnswers, 'containerUrl'>,
  credentials: Credentials,
): FactOption[] =>
  credentials?.read === true
    ? credentials.value
        .filter(
          ({ name, identity, provider }) =>
            provider === null && accessOfCredential(name, identity) === 'access-key',
        )
        .map(({ name, identity, changed }) => {
          const fits = new RegExp(`^https://${identity}\\.`).test(place.containerUrl)
          return {
            value: name,
            label: name,
            usable: fits,
            ...(fits ? {} : { reason: `it is of account ${identity}, not of the container’s` }),
            facts: { Account: identity, 'Last changed': changed?.slice(0, 10) ?? 'not read' },
          }
        })
    : []

export const credentialFacts = (credentials: Credentials): FormFacts['shown'][number][] =>
  credentials === null
    ? []
    : [
        shownOf(credentials, 'Credentials for containers on the server', (all) => {
          const names = all
            .filter(({ name, provider }) => provider === null && containerUrlProblem(name) === null)
            .map(({ name, identity }) => `${name} (${identity})`)
          return names.length === 0 ? 'none' : names.join(', ')
        }),
      ]

/** Nothing while no container is typed. */
export const credentialCheck = (
  place: StorageAnswers,
  facts: Pick<ServerFacts, 'server' | 'rights' | 'target' | 'principal'> & { credentials: Credentials },
): FormFacts['checks'][number][] => {
  const { credentials } = facts
  if (credentials === null) return []
  const [wrong] = storageBlockers(place, facts, credentials, 'destination')
  return [
    {
      name: 'Way of the server to the container',
      state: !credentials.read ? 'unknown' : wrong === undefined ? 'ok' : 'failed',
      detail:
        wrong === undefined
          ? 'Version, right and credential fit. Whether storage lets the server in shows only in the run'
          : `${wrong.what}: ${wrong.measured}. ${wrong.limit}`,
      at: credentials.at,
      field: 'credentialMode',
    },
  ]
}
