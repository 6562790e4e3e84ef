import { KeyturnError } from '../../../shared/errors/problem.ts'
import { storagePlaceOf } from '../../../shared/model/azure.ts'
import type { BlobStore, Storages } from '../../ports/storage.ts'
import type { StorageAccountsOf } from '../azure/control-storage.ts'
import type { SignedIn, SignIns } from '../azure/sign-ins.ts'
import { blobClient } from './client.ts'
import { storeOf } from './blobs.ts'

export interface StoragesDeps {
  signIns: SignIns
  accountsOf: StorageAccountsOf
}

export const createStorages = ({ signIns, accountsOf }: StoragesDeps): Storages => {
  /** By sign-in: a dropped one takes its clients along. */
  const opened = new WeakMap<SignedIn, Map<string, BlobStore>>()
  return {
    accounts: async (azure, options = {}) => accountsOf(await signIns.of(azure, options)),
    at: async (azure, host, options = {}) => {
      const signedIn = await signIns.of(azure, options)
      const place = storagePlaceOf(host)
      if (place === null || place.cloud !== signedIn.connection.cloud) {
        const what =
          place === null
            ? `${host} is no storage account of Azure`
            : `${host} is in another cloud than the sign-in`
        throw new KeyturnError('azure-name', { target: azure.name, what })
      }
      const stores = opened.get(signedIn) ?? new Map<string, BlobStore>()
      opened.set(signedIn, stores)
      const name = host.toLowerCase()
      const known = stores.get(name)
      if (known !== undefined) return known
      const client = blobClient(name, azure.name, signedIn)
      const store = storeOf({ client, ref: signedIn.ref, account: place.account, host: name, signedIn })
      stores.set(name, store)
      return store
    },
  }
}
