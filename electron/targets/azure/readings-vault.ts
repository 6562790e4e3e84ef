import type { Question, Reading } from './failures.ts'
import type { ServiceAnswer } from './pipeline.ts'

/** Key Vault's and Managed HSM's answers by status, code and inner code; 429 and 5xx are read before. */
export const vaultReading = (answer: ServiceAnswer, question: Question): Reading => {
  const key = question.key ?? ''
  switch (answer.status) {
    case 401:
      return ['vault-token-refused', {}]
    case 403:
      return forbidden(answer, question)
    case 404:
      return ['vault-key-unknown', { key }]
    case 409:
      return conflict(answer, key)
    case 400:
      return malformed(answer)
    default:
      return ['vault-refused', { said: answer.text }]
  }
}

const forbidden = ({ innerCode, text }: ServiceAnswer, question: Question): Reading => {
  const { permission, principal } = question
  const key = question.key ?? ''
  switch (innerCode) {
    case 'ForbiddenByFirewall':
      return ['vault-firewall', {}]
    case 'ForbiddenByConnection':
      return ['vault-private-only', {}]
    case 'AccessDenied':
      return ['vault-no-policy', { permission, principal }]
    case 'KeyDisabled':
      return ['vault-key-disabled', { key }]
    case 'KeyExpired':
    case 'KeyNotYetValid':
      return ['vault-key-dates', { key }]
    default:
      // The purge of a vault with purge protection names no inner code.
      return innerCode === '' && /purge protection/i.test(text)
        ? ['vault-purge-protected', { key }]
        : ['vault-no-permission', { permission, principal }]
  }
}

const conflict = ({ innerCode, text }: ServiceAnswer, key: string): Reading => {
  if (innerCode === 'ObjectIsDeletedButRecoverable') return ['vault-key-deleted', { key }]
  if (innerCode === 'ObjectIsBeingDeleted' || innerCode === 'ObjectIsBeingRecovered') {
    return ['vault-key-deleting', { key }]
  }
  if (/already exists/i.test(text)) return ['vault-key-exists', { key }]
  return /being (deleted|recovered|purged)/i.test(text)
    ? ['vault-key-deleting', { key }]
    : ['vault-refused', { said: text }]
}

const malformed = ({ code, text }: ServiceAnswer): Reading => {
  if (/malformed backup blob/i.test(code)) return ['vault-backup-damaged', {}]
  if (/cannot decrypt backup blob/i.test(text)) return ['vault-backup-elsewhere', {}]
  return ['vault-refused', { said: text }]
}
