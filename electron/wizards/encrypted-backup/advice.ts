import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Plan, PlanAdvice, SatisfiedStep } from '../../../shared/model/plan.ts'
import { keyBlockers } from './blockers-keys.ts'
import { rightBlockers, secretBlockers, serverBlockers, spaceBlockers } from './blockers.ts'
import { destinationBlockers } from './blockers-storage.ts'
import { credentialFor, credentialRefusal } from '../sqlserver/storage-rules.ts'
import type { Facts } from './facts-model.ts'
import { notesOn } from './notes.ts'
import type { PlanNames } from './plan-names.ts'
import { warningsOn } from './warnings.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (
  draft: EncryptedBackupDraft,
  facts: Facts,
  plan: Plan,
  names: PlanNames,
): PlanAdvice => ({
  satisfied: satisfiedBy(draft, facts),
  blockers: [
    ...serverBlockers(draft, facts),
    ...keyBlockers(draft, facts),
    ...rightBlockers(draft, facts),
    ...secretBlockers(draft, facts, plan),
    ...spaceBlockers(draft, facts),
    ...destinationBlockers(draft, facts),
  ],
  warnings: warningsOn(draft, facts),
  notes: notesOn(draft, facts, names),
  factsAt: facts.readAt,
})

const satisfiedBy = (draft: EncryptedBackupDraft, facts: Facts): SatisfiedStep[] => {
  const satisfied: SatisfiedStep[] = []
  const { credentials } = facts
  const used = draft.credentialMode === 'use' ? credentialFor(draft, credentials) : undefined
  if (credentials?.read === true && used !== undefined && credentialRefusal(draft, used) === null) {
    satisfied.push({
      title: `Credential ${used.name}`,
      evidence: {
        statement: 'It is on the server; what secret it holds no server shows',
        value: `IDENTITY ${used.identity}`,
        source: credentials.source,
        at: credentials.at,
      },
    })
  }
  return draft.encryptor === 'certificate' ? [...satisfied, ...keysSatisfied(draft, facts)] : satisfied
}

const keysSatisfied = (draft: EncryptedBackupDraft, facts: Facts): SatisfiedStep[] => {
  const satisfied: SatisfiedStep[] = []
  const key = facts.masterKey
  if (key.read && key.value?.opensByItself === true && draft.masterKeyMode !== 'create') {
    satisfied.push({
      title: 'Database master key of master',
      evidence: {
        statement: 'The catalog has the key and a copy of it under the service master key',
        value: key.value.keyGuid,
        source: key.source,
        at: key.at,
      },
    })
  }
  const certificates = facts.certificates
  const used =
    draft.certificateMode === 'use' && certificates.read
      ? certificates.value.find(({ name }) => name === draft.certificateName)
      : undefined
  if (certificates.read && used?.privateKey === 'MK') {
    satisfied.push({
      title: `Certificate ${used.name}`,
      evidence: {
        statement: `Its private key is under the master key; it takes new backups until ${used.expiresOn} (UTC)`,
        value: used.thumbprint ?? 'no thumbprint',
        source: certificates.source,
        at: certificates.at,
      },
    })
  }
  return satisfied
}
