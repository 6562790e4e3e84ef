import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { placeFieldNames } from '../../../shared/forms/escrow-places-draft.ts'
import type { ContainerFacts } from '../../ports/storage.ts'
import { accountRow } from '../azure/storage-rows.ts'
import { hsmRefusal, keyText, principalText } from '../azure/words.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { restoresIn } from './read-vault-keys.ts'
import { sideOf, type AzureAnswer, type AzureSide } from './azure-side.ts'

/** What screens offer of a subscription: vaults with their keys, accounts with their containers. */
export const azureOptions = (answers: Answers, answer: AzureAnswer | null): FormFacts['options'] => {
  const side = sideOf(answer)
  if (side === null) return {}
  return {
    vaults: vaultRows(side),
    vaultKeys: valueOf(side.vault?.keys).map((key) => ({
      value: key.name,
      label: key.name,
      usable: !key.managed,
      ...(key.managed ? { reason: 'it belongs to a certificate of the vault, which the vault manages' } : {}),
      facts: { State: keyText(key), Created: key.created?.slice(0, 10) ?? 'not said' },
    })),
    storageAccounts: valueOf(side.accounts).map(accountRow),
    ...Object.fromEntries(
      placeFieldNames.map((field) => [`${field}Containers`, containerRows(side, answers[`${field}Account`])]),
    ),
  }
}

const valueOf = <Value>(read: Read<readonly Value[]> | undefined): readonly Value[] =>
  read?.read === true ? read.value : []

const vaultRows = (side: AzureSide): FactOption[] => [
  ...valueOf(side.vaults).map(({ host, name, region, tier }) => ({
    value: host.toLowerCase(),
    label: name,
    usable: true,
    facts: { Kind: `key vault, ${tier}`, Region: region },
  })),
  ...valueOf(side.managedHsms).map((hsm) => {
    const reason = hsmRefusal(hsm)
    return {
      value: hsm.host.toLowerCase(),
      label: hsm.name,
      usable: reason === null,
      ...(reason === null ? {} : { reason }),
      facts: { Kind: 'managed HSM', Region: hsm.region },
    }
  }),
]

/** Of the account that is chosen for the place. */
const containerRows = (side: AzureSide, account: unknown): FactOption[] =>
  valueOf(side.containers.get(typeof account === 'string' ? account : '')).map(containerRow)

const containerRow = (one: ContainerFacts): FactOption => ({
  value: one.name,
  label: one.name,
  usable: !one.publicAccess,
  ...(one.publicAccess ? { reason: 'public access is on' } : {}),
  facts: {
    Retention:
      one.immutableDays === null ? 'none' : `${one.immutableDays} days${one.locked ? ', locked' : ''}`,
    'Legal hold': one.legalHold ? 'yes' : 'no',
  },
})

export const shownOfAzure = (answer: AzureAnswer | null): FormFacts['shown'] => {
  const side = sideOf(answer)
  if (side === null) return []
  const line = (label: string, value: string): FormFacts['shown'][number] => ({
    label,
    value,
    source: side.target.name,
    at: side.readAt,
  })
  return [
    line('Signed in as', principalText(side.principal)),
    ...(side.vault === null ? [] : [line('A backup opens in', restoresIn(side.identity, side.vault))]),
  ]
}

/** That Azure did not answer, and lists that were refused, at the field that they leave empty. */
export const azureChecks = (screen: string, answer: AzureAnswer | null): FormFacts['checks'] => {
  if (answer === null) return []
  const failed = (name: string, detail: string, at: string, field: string): FormFacts['checks'][number] => ({
    name,
    state: 'failed',
    detail,
    at,
    field,
  })
  if (!answer.answered)
    return screen === 'keys' ? [failed('Azure', answer.problem.title, answer.at, 'azure')] : []
  const { side } = answer
  const refused = (name: string, read: Read<unknown> | undefined, field: string) =>
    read?.read === false ? [failed(name, read.because, read.at, field)] : []
  if (screen === 'keys')
    return [
      ...refused('Key vaults', side.vaults, 'vault'),
      ...refused('Keys of the vault', side.vault?.keys, 'vaultKeys'),
    ]
  return screen === 'places' ? refused('Storage accounts', side.accounts, 'placeAccount') : []
}
