import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'

const OPTION = 'EKM provider enabled'

/** Enterprise and Developer always, Standard from 2019, Express and Web never: 33054. Switched off: 33053. */
export function assertEkm(instance: Instance): void {
  const { edition } = instance.options
  const has =
    edition === 'Enterprise' ||
    edition === 'Developer' ||
    (edition === 'Standard' && instance.majorVersion >= 15)
  if (!has)
    throw new SqlError(33054, 'Extensible key management is not supported in this edition of SQL Server.')
  if (instance.store.configurations.get(OPTION)?.valueInUse !== 1)
    throw new SqlError(
      33053,
      "Extensible Key Management is disabled or not supported on this edition of SQL Server. Use sp_configure 'EKM provider enabled' to enable it.",
    )
}
