import type { Application, CertificateCredential, PasswordCredential, Principal } from '../state/model.ts'
import type { World } from '../world.ts'

const time = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.000Z$/, 'Z')

/** Without the value: it was shown once, when it was made. */
export const passwordShape = (each: PasswordCredential): Record<string, unknown> => ({
  customKeyIdentifier: null,
  displayName: each.displayName,
  endDateTime: time(each.end),
  hint: each.hint,
  keyId: each.keyId,
  secretText: null,
  startDateTime: time(each.start),
})

const certificateShape = (each: CertificateCredential): Record<string, unknown> => ({
  displayName: each.displayName,
  endDateTime: time(each.end),
  keyId: each.keyId,
  startDateTime: time(each.start),
  type: 'AsymmetricX509Cert',
  usage: 'Verify',
  key: null,
})

export const applicationShape = (each: Application): Record<string, unknown> => ({
  id: each.id,
  appId: each.appId,
  displayName: each.displayName,
  createdDateTime: time(each.created),
  notes: each.notes,
  tags: each.tags,
  signInAudience: 'AzureADMyOrg',
  passwordCredentials: each.passwords.map(passwordShape),
  keyCredentials: each.certificates.map(certificateShape),
})

export const principalShape = (world: World, each: Principal): Record<string, unknown> =>
  each.kind === 'user'
    ? {
        '@odata.type': '#microsoft.graph.user',
        id: each.id,
        displayName: each.displayName,
        userPrincipalName: each.userPrincipalName,
        accountEnabled: each.enabled,
      }
    : {
        '@odata.type': '#microsoft.graph.servicePrincipal',
        id: each.id,
        appId: each.appId,
        displayName: each.displayName,
        appDisplayName: each.displayName,
        accountEnabled: each.enabled,
        servicePrincipalType: each.kind === 'application' ? 'Application' : 'ManagedIdentity',
        appOwnerOrganizationId: world.tenant.id,
        createdDateTime: time(each.created),
      }

export const organizationShape = (world: World): Record<string, unknown> => ({
  id: world.tenant.id,
  displayName: world.tenant.name,
  verifiedDomains: [{ name: world.tenant.domain, isDefault: true, isInitial: true, type: 'Managed' }],
})
