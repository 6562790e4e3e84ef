import type { FactOption } from '../../../shared/forms/form.ts'
import type { StorageAccount } from '../../ports/storage.ts'

/** An account as lists show it; one that takes no blobs stays visible with the reason. */
export const accountRow = (account: StorageAccount): FactOption => {
  const reason =
    account.host === ''
      ? 'it has no blob service'
      : account.kind === 'FileStorage'
        ? 'it takes files only'
        : null
  return {
    value: `${account.group}/${account.name}`,
    label: account.name,
    usable: reason === null,
    ...(reason === null ? {} : { reason }),
    facts: {
      Group: account.group,
      Region: account.region,
      Kind: `${account.kind}, ${account.sku}`,
      'Access keys': account.keysAllowed ? 'allowed' : 'not allowed',
      'Public blobs': account.publicBlobs ? 'allowed' : 'not allowed',
    },
  }
}
