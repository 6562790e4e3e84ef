import type { Question, Reading } from './failures.ts'
import type { ServiceAnswer } from './pipeline.ts'

/** The blob service's answers, by code first, then by status; 429 and 5xx are read before. `key`: container, or container/blob. */
export const storageReading = (answer: ServiceAnswer, question: Question): Reading => {
  const { permission, principal } = question
  const about = question.key ?? ''
  const [container = ''] = about.split('/')
  const blob = about
  switch (answer.code) {
    case 'AuthorizationPermissionMismatch':
      return ['storage-no-permission', { permission, principal }]
    case 'AuthorizationFailure':
      return ['storage-firewall', {}]
    case 'KeyBasedAuthenticationNotPermitted':
      return ['storage-keys-off', {}]
    case 'AuthenticationFailed':
      return ['storage-credential-refused', {}]
    case 'ContainerNotFound':
      return ['storage-container-unknown', { container }]
    case 'ContainerBeingDeleted':
      return ['storage-container-deleting', { container }]
    case 'BlobNotFound':
      return ['storage-blob-unknown', { blob }]
    case 'BlobAlreadyExists':
    case 'UnauthorizedBlobOverwrite':
      return ['storage-blob-exists', { blob }]
    case 'ConditionNotMet':
    case 'TargetConditionNotMet':
      return ['storage-blob-changed', { blob }]
    case 'BlobImmutableDueToPolicy':
      return ['storage-immutable', { blob }]
    case 'LeaseIdMissing':
    case 'LeaseIdMismatchWithBlobOperation':
      return ['storage-leased', { blob }]
  }
  return byStatus(answer, question, { container, blob })
}

const byStatus = (
  { status, text }: ServiceAnswer,
  { permission, principal }: Question,
  { container, blob }: { container: string; blob: string },
): Reading => {
  if (status === 401) return ['storage-token-refused', {}]
  if (status === 403) return ['storage-no-permission', { permission, principal }]
  if (status === 404)
    return container === blob
      ? ['storage-container-unknown', { container }]
      : ['storage-blob-unknown', { blob }]
  if (status === 412) return ['storage-blob-changed', { blob }]
  return ['storage-refused', { said: text }]
}
