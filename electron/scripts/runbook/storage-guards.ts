import type { PlannedStep } from '../../../shared/model/plan.ts'
import { credentialNamed } from '../tsql/ekm-queries.ts'
import { text, tsql, type Fragment } from '../tsql/fragment.ts'
import type { StepGuards } from './sql-guards.ts'
import { readParams } from './step-params.ts'
import type { storageParams } from './storage-params.ts'

/** What a runbook asks around steps on credentials of storage. */

export const storageCredentialThere = (credential: string, identity: string | null): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.credentials WHERE name = ${text(credential)}${
    identity === null ? tsql`` : tsql` AND credential_identity = ${text(identity)}`
  })`

type GuardsOf = { [Kind in keyof typeof storageParams]: (step: PlannedStep) => StepGuards }

export const storageGuards: GuardsOf = {
  'create-storage-credential': ({ params }) => {
    const { credential, identity } = readParams('create-storage-credential', params)
    return {
      stopIfBefore: storageCredentialThere(credential, null),
      stopIfAfter: tsql`NOT ${storageCredentialThere(credential, identity)}`,
      show: [credentialNamed(credential)],
    }
  },
  'change-storage-credential': ({ params }) => {
    const { credential, identity } = readParams('change-storage-credential', params)
    return {
      stopIfBefore: tsql`NOT ${storageCredentialThere(credential, identity)}`,
      stopIfAfter: tsql`NOT ${storageCredentialThere(credential, identity)}`,
      show: [credentialNamed(credential)],
    }
  },
  // The statement itself ends in an error on purpose: the blob is not there.
  'prove-storage-credential': () => ({ stopIfBefore: null, stopIfAfter: null, show: [] }),
  'drop-storage-credential': ({ params }) => {
    const { credential } = readParams('drop-storage-credential', params)
    return { stopIfBefore: null, stopIfAfter: storageCredentialThere(credential, null), show: [] }
  },
}
