/** Jobs that later versions bring; named so that nobody looks for them in vain. */
export const laterJobs: readonly { name: string; does: string }[] = [
  { name: 'Azure SQL BYOK and Azure Backup key', does: 'customer-managed keys' },
  { name: 'SharePoint Secure Store', does: 'its key, backup and restore' },
  { name: 'Retire', does: 'a certificate or a key of a vault, with a verdict on what still depends on it' },
]
