import type { CertificateFact } from '../sqlserver/facts-model.ts'
import { keyOf } from '../sqlserver/tde-facts.ts'
import type { Facts } from './facts-model.ts'

/** The certificate of master that protects this database's key; undefined: none that this login sees. */
export const protectorOf = (facts: Facts, database: string): CertificateFact | undefined => {
  const thumbprint = keyOf(facts, database)?.thumbprint ?? null
  return thumbprint === null || !facts.certificates.read
    ? undefined
    : facts.certificates.value.find((one) => one.thumbprint === thumbprint)
}
