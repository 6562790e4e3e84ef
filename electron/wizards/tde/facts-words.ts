import type { TdeDraft } from '../../../shared/forms/tde-draft.ts'
import type { CertificateFact } from '../sqlserver/facts-model.ts'
import type { LogPlan } from '../sqlserver/plan-log.ts'
import { keyOf } from '../sqlserver/tde-facts.ts'
import type { Facts } from './facts-model.ts'

/** The certificate of master that protects this database's key; undefined: none that this login sees. */
export const protectorOf = (facts: Facts, database: string): CertificateFact | undefined => {
  const thumbprint = keyOf(facts, database)?.thumbprint ?? null
  return thumbprint === null || !facts.certificates.read
    ? undefined
    : facts.certificates.value.find((one) => one.thumbprint === thumbprint)
}

export const logPlan = (draft: TdeDraft, facts: Facts): LogPlan => ({
  databases: draft.databases,
  backupFolder: draft.backupFolder,
  logBackups: draft.logBackups,
  under: (database) => protectorOf(facts, database)?.name,
})
