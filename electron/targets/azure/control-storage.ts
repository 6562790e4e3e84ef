import type { BlobContainer, StorageAccount as SdkAccount, StorageAccountKey } from '@azure/arm-storage'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { containerNameProblem, storageAccountNameProblem } from '../../../shared/model/azure.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type {
  ContainerFacts,
  NewStorageAccount,
  StorageAccount,
  StorageAccounts,
} from '../../ports/storage.ts'
import { controlClients } from './control-clients.ts'
import { checkedGroup, checkedWord } from './control-names.ts'
import { groupIn, hostIn } from './control-values.ts'
import type { SignedIn } from './sign-ins.ts'
import { numberOrNull, orNull, tagsOf, textOf, textOrNull } from './values.ts'

export type StorageAccountsOf = (signedIn: SignedIn) => StorageAccounts

const type = 'Microsoft.Storage/storageAccounts'
const usualWaitMs = 300_000

/** Storage accounts as resources. */
export const storageAccountsOf: StorageAccountsOf = (signedIn) => {
  const { ask, list, storage } = controlClients(signedIn)
  const { storageAccounts, blobContainers, blobServices } = storage
  const target = signedIn.connection.name
  const refuse = (problem: string | null): void => {
    if (problem !== null) throw new KeyturnError('azure-name', { target, what: problem })
  }
  const named = (group: string, account: string, container?: string): void => {
    checkedGroup(group, target)
    refuse(storageAccountNameProblem(account))
    if (container !== undefined) refuse(containerNameProblem(container))
  }
  const keyIn = (keys: readonly StorageAccountKey[] | undefined, which: string): SecretBytes => {
    const value = textOf(keys?.find(({ keyName }) => keyName?.toLowerCase() === which)?.value)
    if (!/^[A-Za-z0-9+/]{40,200}={0,2}$/.test(value))
      throw new KeyturnError('azure-answer', { target, what: 'a key that is none' })
    return SecretBytes.fromText(value)
  }
  const account: StorageAccounts['account'] = async (group, name, options) => {
    named(group, name)
    const asked = { what: `reading the storage account ${name}`, permission: `${type}/read` }
    const found = await orNull(
      ask(asked, options, (given) => storageAccounts.getProperties(group, name, given)),
      ['azure-not-found'],
    )
    return found === null ? null : accountOf(found)
  }
  const container: StorageAccounts['container'] = async (group, name, wanted, options) => {
    named(group, name, wanted)
    const asked = {
      what: `reading the container ${wanted}`,
      permission: `${type}/blobServices/containers/read`,
    }
    const found = await orNull(
      ask(asked, options, (given) => blobContainers.get(group, name, wanted, given)),
      ['azure-not-found'],
    )
    return found === null ? null : containerOf(found)
  }
  return {
    ref: signedIn.ref,
    principal: signedIn.principal,
    account,
    container,
    accounts: async (options) => {
      const asked = { what: 'listing storage accounts', permission: `${type}/read` }
      const found = await list<SdkAccount>(asked, options, (given) => storageAccounts.list(given))
      return found.map(accountOf)
    },
    accountName: async (name, options) => {
      if (storageAccountNameProblem(name) !== null) return { free: false, why: 'rule' }
      const asked = {
        what: `asking for the account name ${name}`,
        permission: 'Microsoft.Storage/checkNameAvailability/read',
      }
      const { nameAvailable, reason } = await ask(asked, options, (given) =>
        storageAccounts.checkNameAvailability({ name, type }, given),
      )
      if (nameAvailable === true) return { free: true, why: null }
      return { free: false, why: reason === 'AccountNameInvalid' ? 'rule' : 'taken' }
    },
    createAccount: async (request, options = {}) => {
      const { name, group } = request
      named(group, name)
      checkedWord(request.region, 'the region', target)
      const asked = {
        what: `creating the storage account ${name}`,
        permission: `${type}/write`,
        key: name,
      }
      const made = await ask(asked, { timeoutMs: usualWaitMs, ...options }, (given) =>
        storageAccounts.create(group, name, bodyOf(request), { ...given, updateIntervalInMs: 1_000 }),
      )
      return accountOf(made)
    },
    accountKey: async (group, name, which, options) => {
      named(group, name)
      const asked = {
        what: `reading ${which} of the storage account ${name}`,
        permission: `${type}/listkeys/action`,
        quotable: false,
      }
      const { keys } = await ask(asked, options, (given) => storageAccounts.listKeys(group, name, given))
      return keyIn(keys, which)
    },
    regenerateKey: async (group, name, which, options) => {
      named(group, name)
      const asked = {
        what: `making a new ${which} of the storage account ${name}`,
        permission: `${type}/regenerateKey/action`,
        quotable: false,
        repeatable: false,
      }
      const { keys } = await ask(asked, options, (given) =>
        storageAccounts.regenerateKey(group, name, { keyName: which }, given),
      )
      return keyIn(keys, which)
    },
    deleteAccount: async (group, name, options) => {
      named(group, name)
      const asked = { what: `deleting the storage account ${name}`, permission: `${type}/delete` }
      await orNull(
        ask(asked, options, (given) => storageAccounts.delete(group, name, given)),
        ['azure-not-found'],
      )
    },
    blobService: async (group, name, options) => {
      named(group, name)
      const asked = { what: `reading the blob service of ${name}`, permission: `${type}/blobServices/read` }
      const found = await ask(asked, options, (given) =>
        blobServices.getServiceProperties(group, name, given),
      )
      const deleted = found.deleteRetentionPolicy
      return {
        versions: found.isVersioningEnabled === true,
        deletedDays: deleted?.enabled === true ? numberOrNull(deleted.days) : null,
      }
    },
    containers: async (group, name, options) => {
      named(group, name)
      const asked = {
        what: `listing containers of ${name}`,
        permission: `${type}/blobServices/containers/read`,
      }
      const found = await list<BlobContainer>(asked, options, (given) =>
        blobContainers.list(group, name, given),
      )
      return found.map(containerOf)
    },
    createContainer: async (group, name, wanted, options) => {
      named(group, name, wanted)
      const asked = {
        what: `creating the container ${wanted}`,
        permission: `${type}/blobServices/containers/write`,
      }
      await ask(asked, options, (given) =>
        blobContainers.create(group, name, wanted, { publicAccess: 'None' }, given),
      )
      const made = await container(group, name, wanted, options)
      if (made === null)
        throw new KeyturnError('azure-answer', { target, what: 'a container that is not there' })
      return made
    },
  }
}

const bodyOf = ({ region, sku, keysAllowed, tags }: NewStorageAccount) => ({
  location: region,
  kind: 'StorageV2',
  sku: { name: sku },
  ...(tags === undefined ? {} : { tags: { ...tags } }),
  minimumTlsVersion: 'TLS1_2',
  allowBlobPublicAccess: false,
  allowSharedKeyAccess: keysAllowed,
  enableHttpsTrafficOnly: true,
})

const accountOf = (sdk: SdkAccount): StorageAccount => {
  const id = textOf(sdk.id)
  const rules = sdk.networkRuleSet
  return {
    id,
    name: textOf(sdk.name),
    group: groupIn(id),
    region: textOf(sdk.location),
    host: hostIn(textOf(sdk.primaryEndpoints?.blob)),
    kind: textOf(sdk.kind),
    sku: textOf(sdk.sku?.name),
    minimumTls: textOrNull(sdk.minimumTlsVersion),
    publicBlobs: sdk.allowBlobPublicAccess === true,
    // Absent means allowed.
    keysAllowed: sdk.allowSharedKeyAccess !== false,
    httpsOnly: sdk.enableHttpsTrafficOnly === true,
    network: {
      publicAccess: textOf(sdk.publicNetworkAccess).toLowerCase() !== 'disabled',
      otherwise: textOf(rules?.defaultAction).toLowerCase() === 'deny' ? 'deny' : 'allow',
      addresses: (rules?.ipRules ?? []).map((rule) => textOf(rule.iPAddressOrRange)),
    },
    tags: tagsOf(sdk.tags),
    provisioning: textOrNull(sdk.provisioningState),
  }
}

const containerOf = (sdk: BlobContainer): ContainerFacts => ({
  name: textOf(sdk.name),
  immutableDays:
    sdk.hasImmutabilityPolicy === true
      ? numberOrNull(sdk.immutabilityPolicy?.immutabilityPeriodSinceCreationInDays)
      : null,
  locked: sdk.immutabilityPolicy?.state === 'Locked',
  legalHold: sdk.hasLegalHold === true,
  publicAccess: textOf(sdk.publicAccess) !== '' && sdk.publicAccess !== 'None',
})
