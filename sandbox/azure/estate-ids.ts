/** Fixed ids and names of the seeded estate. */
export const TENANT = {
  id: '6f1a3c52-0d7e-4b7b-9c58-2f4e8a61d001',
  name: 'ktr Rehearsal Company',
  domain: 'ktr-company.onmicrosoft.com',
}
export const SUBSCRIPTION = '3d0b7e94-5a11-4c8e-8a6b-71c2f90e1001'
export const GROUPS = { weu: 'ktr-rg-weu', neu: 'ktr-rg-neu' }
export const VAULTS = { good: 'ktr-vault-weu', wrong: 'ktr-vault-old', gone: 'ktr-vault-gone' }
export const HSMS = { active: 'ktr-hsm-weu', inactive: 'ktr-hsm-new' }
/** The account for backups, and its container. */
export const STORAGE = { account: 'ktrbackups01', container: 'ktr-sql-backups' }
/** Name, client id, object id of the application and of its service principal. */
export const APPLICATIONS = {
  operator: {
    name: 'ktr-operator',
    appId: 'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2001',
    applicationId: 'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2002',
    objectId: 'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2003',
  },
  reader: {
    name: 'ktr-reader',
    appId: 'b7d4e8a2-1c95-4f60-8e3a-5d2a9c7b3001',
    applicationId: 'b7d4e8a2-1c95-4f60-8e3a-5d2a9c7b3002',
    objectId: 'b7d4e8a2-1c95-4f60-8e3a-5d2a9c7b3003',
  },
  ekm: {
    name: 'ktr-ekm-sql01',
    appId: 'c93f5d18-6b27-4e0c-a7d4-8f1b2e6c4001',
    applicationId: 'c93f5d18-6b27-4e0c-a7d4-8f1b2e6c4002',
    objectId: 'c93f5d18-6b27-4e0c-a7d4-8f1b2e6c4003',
  },
} as const
export type ApplicationKey = keyof typeof APPLICATIONS
export const USER = {
  name: 'ktr DBA',
  userPrincipalName: 'ktr-dba@ktr-company.onmicrosoft.com',
  objectId: 'd2e7a960-83c4-4d1b-b5f6-0a9c3e7d5001',
}
