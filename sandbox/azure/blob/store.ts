import { Agent } from 'node:https'
import { join } from 'node:path'
import type { StorageAccount } from '../state/model.ts'
import type { World } from '../world.ts'
import { makeAzurite } from './azurite.ts'
import { makeBlobDoor, type BlobDoor } from './front.ts'
import { makeOwnRequests, type OwnRequests } from './own-requests.ts'

/** Blob storage of the simulated accounts: Azurite, what stands before it, and what Resource Manager does in it. */
export interface BlobStore extends OwnRequests {
  door: BlobDoor
  /** Accounts or their keys are others now. */
  accountsChanged(): Promise<void>
  close(): Promise<void>
  /** Everything in all accounts is gone. */
  wipe(): Promise<void>
}

export interface BlobStoreOptions {
  folder: string
  key: string
  cert: string
  ca: string
  world: World
}

/** Nothing starts here: Azurite does when somebody first asks for a blob or a container. */
export const makeBlobStore = ({ folder, key, cert, ca, world }: BlobStoreOptions): BlobStore => {
  const azurite = makeAzurite({
    folder: join(folder, 'blob'),
    key,
    cert,
    accounts: () => world.storageAccounts.all().map(accountText).join(';') || NOBODY,
  })
  const agent = new Agent({ keepAlive: true })
  const plain = { port: azurite.port, ca, agent }
  const seeding = makeOwnRequests(plain)
  let seeded: Promise<void> | null = null
  /** Containers that the estate was seeded with are made at the first use. */
  const seed = async (): Promise<void> => {
    for (const container of world.storageContainers.all().filter(({ made }) => !made)) {
      const account = world.storageAccounts.get(container.account)
      if (account !== undefined) await seeding.createContainer(account, container.name)
      world.store.change(() => world.storageContainers.put({ ...container, made: true }))
    }
  }
  const port = async (): Promise<number> => {
    const mine = (seeded ??= seed())
    try {
      await mine
    } catch (error) {
      if (seeded === mine) seeded = null
      throw error
    }
    return azurite.port()
  }
  const upstream = { port, ca, agent }
  const own = makeOwnRequests(upstream)
  return {
    ...own,
    door: makeBlobDoor(world, upstream, own),
    accountsChanged: azurite.accountsChanged,
    close: async () => {
      agent.destroy()
      await azurite.close()
    },
    wipe: async () => {
      agent.destroy()
      await azurite.wipe()
    },
  }
}

const accountText = ({ name, keys }: StorageAccount): string =>
  [name, ...keys.map(({ value }) => value)].join(':')

/** Without any account Azurite would take its public one. */
const NOBODY = `nobody:${Buffer.alloc(64, 7).toString('base64')}`
