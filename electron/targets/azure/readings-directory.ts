import type { Question, Reading } from './failures.ts'
import type { ServiceAnswer } from './pipeline.ts'

/** Microsoft Graph's answers. */
export const directoryReading = (
  { status, code, text }: ServiceAnswer,
  { permission, principal }: Question,
): Reading => {
  if (status === 401) return ['azure-token-refused', {}]
  if (status === 403 || code === 'Authorization_RequestDenied') {
    return ['directory-no-permission', { permission, principal }]
  }
  return status === 404 ? ['azure-not-found', {}] : ['directory-refused', { said: text }]
}
