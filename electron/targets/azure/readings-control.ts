import type { Question, Reading } from './failures.ts'
import type { ServiceAnswer } from './pipeline.ts'

/** Azure Resource Manager's answers, by code first (they are documented), then by status. */
export const controlReading = ({ status, code, text }: ServiceAnswer, question: Question): Reading => {
  const { permission, principal, key: name = '' } = question
  switch (code.toLowerCase()) {
    case 'vaultalreadyexists':
    case 'vaultnamenotavailable':
    case 'existingdeletedvault':
      return ['azure-vault-name-taken', { name }]
    case 'vaultnamenotvalid':
      return ['azure-vault-name-rule', { name }]
    case 'storageaccountalreadytaken':
    case 'storageaccountinanotherresourcegroup':
      return ['storage-account-name-taken', { name }]
    case 'accountnameinvalid':
      return ['storage-account-name-rule', { name }]
    case 'regionnotsupported':
    case 'locationnotavailableforresourcetype':
    case 'locationnotavailableforresourcegroup':
    case 'requestdisallowedbyazure':
      return ['azure-region', {}]
    case 'skunotsupported':
    case 'skunotavailable':
      return ['azure-sku', {}]
    case 'methodnotallowed':
      return /purge/i.test(text) ? ['azure-purge-refused', {}] : ['azure-refused', { said: text }]
    case 'roleassignmentexists':
      return ['azure-role-exists', {}]
    case 'principalnotfound':
      return ['azure-principal-not-yet', { principal: name === '' ? 'of this assignment' : name }]
    case 'scopelocked':
      return ['azure-locked', {}]
    case 'requestdisallowedbypolicy':
      return ['azure-policy', { said: text }]
    case 'authorizationfailed':
    case 'linkedauthorizationfailed':
      return ['azure-no-permission', { permission, principal }]
    case 'conflicterror':
    case 'conflict':
    case 'anotheroperationinprogress':
    case 'invalidresourcegrouplocation':
    case 'invalidresourcelocation':
      return ['azure-conflict', {}]
    default:
      return byStatus(status, text, { permission, principal })
  }
}

const byStatus = (status: number, said: string, who: { permission: string; principal: string }): Reading => {
  if (status === 401) return ['azure-token-refused', {}]
  if (status === 403) return ['azure-no-permission', who]
  if (status === 404) return ['azure-not-found', {}]
  if (status === 409) return ['azure-conflict', {}]
  return ['azure-refused', { said }]
}
