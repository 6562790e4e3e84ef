import type { ChosenPlace } from '../../../shared/forms/escrow-places-draft.ts'
import { containerLabel } from '../../escrow/place-blobs.ts'
import type { AzureControl, OwnPermissions } from '../../ports/azure-control.ts'
import type {
  BlobServiceFacts,
  BlobStore,
  ContainerFacts,
  StorageAccount,
  StorageAccounts,
} from '../../ports/storage.ts'
import type { AzurePart } from '../azure/read-azure.ts'
import { permits, rightsFor } from '../azure/roles.ts'
import type { Read } from '../sqlserver/facts-model.ts'

/** A container that is to keep a package, as far as it shows itself before anything is written. */
export interface ContainerFact {
  field: ChosenPlace['field']
  kind: 'blob-container'
  azure: { id: string; name: string }
  host: string
  account: string
  container: string
  label: string
  /** Why nothing can be written there, and what is wanted; null: nothing speaks against it. */
  problem: { measured: string; limit: string } | null
  /** What keeps blobs as they are, in words. */
  retention: string
  /** Whether blobs can’t be deleted for a time; null: not read. */
  keeps: boolean | null
  /** `null`: not read. */
  service: Read<BlobServiceFacts> | null
  /** False: the sign-in may not delete blobs there; null: its rights were not read. */
  mayDelete: boolean | null
  publicBlobs: boolean
}

interface Asked {
  place: Extract<ChosenPlace, { kind: 'blob-container' }>
  accounts: Read<readonly StorageAccount[]>
  containers: ReadonlyMap<string, Read<readonly ContainerFacts[]>>
  control: AzureControl
  storage: StorageAccounts
  openStore(host: string): Promise<BlobStore>
  part: AzurePart
}

const wantedRights = `${rightsFor.readBlobs.action} and ${rightsFor.writeBlobs.action}: ${rightsFor.writeBlobs.helps} on the container`

export const readContainer = async (asked: Asked): Promise<ContainerFact> => {
  const { place, accounts, control, storage, part } = asked
  const { field, kind, account: accountId, container } = place
  const [group = '', account = ''] = accountId.split('/')
  const found = accounts.read
    ? accounts.value.find((one) => one.group.toLowerCase() === group.toLowerCase() && one.name === account)
    : undefined
  const host = found?.host ?? ''
  const named = {
    field,
    kind,
    account,
    container,
    host,
    azure: { id: control.ref.id, name: control.ref.name },
    label: host === '' ? `${account}/${container}` : containerLabel(host, container),
  }
  if (found === undefined || host === '') {
    const measured = !accounts.read
      ? accounts.because
      : found === undefined
        ? `no account ${account} in ${group} is visible with this sign-in`
        : 'the account has no blob service'
    const limit = 'A storage account of the subscription that takes blobs'
    return { ...named, ...unknown, problem: { measured, limit } }
  }
  const read = asked.containers.get(accountId)
  const facts = read?.read === true ? read.value.find(({ name }) => name === container) : undefined
  const scope = `${found.id}/blobServices/default/containers/${container}`
  const rights = await part(`permissions at ${account}/${container}`, () => control.ownPermissions(scope))
  const service = await part(`blob service of ${account}`, () => storage.blobService(found.group, account))
  const seen = await part(`blobs of ${account}/${container}`, async () =>
    (await asked.openStore(host)).blob(container, probeName),
  )
  return {
    ...named,
    problem: problemIn({ read, facts, rights, seen, container }),
    retention: retentionOf(read, facts),
    keeps: facts === undefined ? null : facts.legalHold || facts.immutableDays !== null,
    service,
    mayDelete: rights.read ? permits(rights.value, rightsFor.deleteBlobs) : null,
    publicBlobs: found.publicBlobs,
  }
}

/** Asked for and never there: storage then says whether it lets this sign-in read. */
const probeName = 'keyturn-escrow-reads-here'

const unknown = {
  retention: 'not read',
  keeps: null,
  service: null,
  mayDelete: null,
  publicBlobs: false,
} as const

const problemIn = (found: {
  read: Read<readonly ContainerFacts[]> | undefined
  facts: ContainerFacts | undefined
  rights: Read<OwnPermissions>
  seen: Read<unknown>
  container: string
}): ContainerFact['problem'] => {
  const { read, facts, rights, seen, container } = found
  if (read?.read === true && facts === undefined)
    return {
      measured: `the account has no container ${container}`,
      limit: 'A container that is there. The job “Credential” makes one, and so does the portal',
    }
  if (facts?.publicAccess === true)
    return {
      measured: 'public access is on: anybody reads its blobs without a sign-in',
      limit: 'A container without public access',
    }
  if (!seen.read) return { measured: `reading is refused: ${seen.because}`, limit: wantedRights }
  if (rights.read && !permits(rights.value, rightsFor.writeBlobs))
    return { measured: 'the roles of this sign-in hold no right to write blobs there', limit: wantedRights }
  return null
}

const retentionOf = (
  read: Read<readonly ContainerFacts[]> | undefined,
  facts: ContainerFacts | undefined,
): string => {
  if (facts === undefined) return read?.read === false ? `not read: ${read.because}` : 'not read'
  const { immutableDays, locked, legalHold } = facts
  const parts = [
    ...(immutableDays === null
      ? []
      : [
          `blobs can be neither changed nor deleted for ${immutableDays} days (policy ${locked ? 'locked' : 'not locked'})`,
        ]),
    ...(legalHold ? ['a legal hold keeps every blob'] : []),
  ]
  return parts.join('; ') || 'none: whoever may delete blobs can delete the package'
}
