import { SqlError } from '../errors.ts'
import type { Edition, Instance, MajorVersion } from '../instance.ts'

/** Enterprise and Developer always; Standard from 2019; Express and Web never. */
export function hasTde(version: MajorVersion, edition: Edition): boolean {
  if (edition === 'Enterprise' || edition === 'Developer') return true
  return edition === 'Standard' && version >= 15
}

export function assertTde(instance: Instance): void {
  if (!hasTde(instance.majorVersion, instance.options.edition))
    throw new SqlError(
      33117,
      'Transparent Data Encryption is not available in the edition of this SQL Server instance. See books online for more details on feature support in different SQL Server editions.',
    )
}
