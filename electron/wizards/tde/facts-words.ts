import type { CertificateFact } from '../sqlserver/facts-model.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import type { Facts } from './facts-model.ts'
import { firstScanMajor, type DatabaseKey } from './keys.ts'

export const scansShown = (facts: Facts): boolean => majorOf(facts) >= firstScanMajor

/** Undefined: none, or not read. */
export const keyOf = (facts: Facts, database: string): DatabaseKey | undefined =>
  facts.keys.read ? facts.keys.value.find((key) => key.database === database) : undefined

/** The certificate of master that protects this database's key; undefined: none that this login sees. */
export const protectorOf = (facts: Facts, database: string): CertificateFact | undefined => {
  const thumbprint = keyOf(facts, database)?.thumbprint ?? null
  return thumbprint === null || !facts.certificates.read
    ? undefined
    : facts.certificates.value.find((one) => one.thumbprint === thumbprint)
}
