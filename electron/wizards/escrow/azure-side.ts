import { problemOf, type Problem } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { chosenPlaces } from '../../../shared/forms/escrow-places-draft.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { ContainerFacts, StorageAccount } from '../../ports/storage.ts'
import type { AzureFacts } from '../azure/facts-model.ts'
import { azurePart, azureRef, readAzureFacts } from '../azure/read-azure.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { readContainer, type ContainerFact } from './read-container.ts'
import { readVaultSide, type VaultSide } from './read-vault-keys.ts'

/** What a chosen subscription shows of vault and containers. */
export interface AzureSide extends AzureFacts {
  accounts: Read<readonly StorageAccount[]>
  /** Of the accounts that the answers name, by `group/name`. */
  containers: ReadonlyMap<string, Read<readonly ContainerFacts[]>>
  places: readonly ContainerFact[]
  /** Null: none is chosen, or it is not in the subscription. */
  vault: VaultSide | null
}

export type AzureAnswer =
  { answered: true; side: AzureSide } | { answered: false; problem: Problem; at: string }

/** Null: no subscription is chosen. One that does not answer is an answer: the rest of the form goes on. */
export const readAzureSide = async (answers: Answers, reader: PlanReader): Promise<AzureAnswer | null> => {
  const chosen = answers['azure']
  if (typeof chosen !== 'string' || chosen === '') return null
  try {
    const ref = azureRef(chosen)
    const control = await reader.azure.controls.open(ref)
    const storage = await reader.azure.storage.accounts(ref)
    const part = azurePart(control.ref, () => reader.clock.now().toISOString())
    const common = await readAzureFacts(control, reader)
    const accounts = await part('storage accounts', () => storage.accounts())
    const places = chosenPlaces(answers).filter((place) => place.kind === 'blob-container')
    const containers = new Map<string, Read<readonly ContainerFacts[]>>()
    for (const account of accountsIn(answers)) {
      const [group = '', name = ''] = account.split('/')
      containers.set(account, await part(`containers of ${name}`, () => storage.containers(group, name)))
    }
    const openStore = (host: string) => reader.azure.storage.at(control.ref, host)
    const read: ContainerFact[] = []
    for (const place of places)
      read.push(await readContainer({ place, accounts, containers, control, storage, openStore, part }))
    const side: AzureSide = {
      ...common,
      accounts,
      containers,
      places: read,
      vault: await readVaultSide(
        answers,
        common,
        { control, openVault: (host) => reader.azure.vaults.at(control.ref, host) },
        part,
      ),
    }
    return { answered: true, side }
  } catch (error) {
    return { answered: false, problem: problemOf(error), at: reader.clock.now().toISOString() }
  }
}

/** Accounts whose containers a screen lists: chosen already, where no container may be. */
const accountsIn = (answers: Answers): string[] => [
  ...new Set(
    (['place', 'secondPlace', 'thirdPlace'] as const).flatMap((field) => {
      const account = answers[`${field}Account`]
      const wanted = answers[`${field}Kind`] === 'blob-container'
      return wanted && typeof account === 'string' && /^[^/]+\/[a-z0-9]{3,24}$/.test(account) ? [account] : []
    }),
  ),
]

export const sideOf = (answer: AzureAnswer | null): AzureSide | null =>
  answer?.answered === true ? answer.side : null
