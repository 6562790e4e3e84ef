import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { AzureControl, RoleAssignment, VaultSettings } from '../ports/azure-control.ts'
import type { Directory, DirectoryApplication } from '../ports/directory.ts'
import { policyRights, rolesThatUseKeys } from '../wizards/azure/roles.ts'
import { holdsAt, sameId } from '../wizards/azure/words.ts'
import type { KeyApplication } from './facts-model.ts'
import type { DoctorPorts, DoctorWish } from './ports.ts'

/** Of a tenant with more applications that have secrets, a person names the one. */
const mostApplications = 40
const purpose = 'ekm.client-secret' as const

interface Where {
  ref: TargetRef
  control: AzureControl | null
  settings: VaultSettings | null
  host: string
}

interface KeyName {
  name: string
  version: string | null
}

/**
 * Which applications may use a key, asked of Entra once for a vault. Those of a group are found only for an application
 * that a person named. With `wrap` each of them that has a right and whose secret is kept wraps and unwraps as itself.
 */
export const applicationReader = (ports: DoctorPorts, wish: DoctorWish, where: Where) => {
  const { ref, control, settings } = where
  let directory: Promise<Directory> | null = null
  let candidates: Promise<Candidate[]> | null = null
  const entra = (): Promise<Directory> => (directory ??= ports.azure.directories.open(ref))
  return async (key: KeyName): Promise<KeyApplication[]> => {
    if (control === null || settings === null)
      throw unreadable(
        'its rights are not in a connected subscription (a managed HSM gives its roles itself)',
        ref,
      )
    const found = await (candidates ??= candidatesOf(await entra(), wish.application))
    const scope = `${settings.id}/keys/${key.name}`
    const all =
      settings.rights === 'roles' && wish.application === null
        ? await control.roleAssignments(scope, null)
        : []
    const applications: KeyApplication[] = []
    for (const one of found) {
      const rights = await rightsOf(one, { control, settings, scope, all, named: wish.application !== null })
      if (rights.rights.length === 0 && wish.application === null) continue
      applications.push({
        clientId: one.application.clientId,
        name: one.application.name,
        objectId: one.principal?.objectId ?? null,
        enabled: one.principal?.enabled ?? false,
        ...rights,
        secrets: one.application.secrets,
        // Without a right that was found it stands in no list that a person could have agreed to.
        wrap: await wrapOf(
          ports,
          { ...wish, wrap: wish.wrap && rights.rights.length > 0 },
          where,
          key,
          one.application,
        ),
      })
    }
    return applications
  }
}

interface Candidate {
  application: DirectoryApplication
  principal: Awaited<ReturnType<Directory['servicePrincipal']>>
}

const candidatesOf = async (directory: Directory, named: string | null): Promise<Candidate[]> => {
  const applications =
    named === null
      ? (await directory.applications('')).filter(({ secrets }) => secrets.length > 0)
      : [await directory.application(named)].filter((one) => one !== null)
  if (applications.length > mostApplications)
    throw unreadable(
      `${applications.length} applications have secrets: name the client id of the one that the credential is for`,
      directory.ref,
    )
  const found: Candidate[] = []
  for (const application of applications)
    found.push({ application, principal: await directory.servicePrincipal(application.clientId) })
  return found
}

const rightsOf = async (
  { principal }: Candidate,
  at: {
    control: AzureControl
    settings: VaultSettings
    scope: string
    all: readonly RoleAssignment[]
    named: boolean
  },
): Promise<Pick<KeyApplication, 'rights' | 'missing'>> => {
  if (principal === null) return { rights: [], missing: [] }
  const { objectId } = principal
  if (at.settings.rights === 'access-policies') {
    const held = at.settings.accessPolicies
      .filter((policy) => sameId(policy.objectId, objectId))
      .flatMap(({ keys }) => keys.map((key) => key.toLowerCase()))
    return {
      rights: held.length === 0 ? [] : [`access policy: ${held.join(', ')}`],
      missing:
        held.length === 0 || held.includes('all')
          ? []
          : policyRights.use.filter((right) => !held.includes(right)),
    }
  }
  const given = at.named
    ? await at.control.roleAssignments(at.scope, objectId)
    : at.all.filter(({ principalId }) => sameId(principalId, objectId))
  const serving = given.filter(
    ({ scope, roleDefinitionId }) =>
      holdsAt(scope, at.scope) &&
      rolesThatUseKeys.includes(roleDefinitionId.split('/').at(-1)?.toLowerCase() ?? ''),
  )
  return {
    rights: serving.map(({ scope }) => `a role that may use the key, at ${scope.split('/').at(-1) ?? scope}`),
    missing: [],
  }
}

const wrapOf = async (
  ports: DoctorPorts,
  wish: DoctorWish,
  where: Where,
  key: KeyName,
  application: DirectoryApplication,
): Promise<KeyApplication['wrap']> => {
  const kept = ports.secrets.keptFor(where.ref.id, purpose)
  if (kept.length === 0) return { state: 'no-secret' }
  if (!wish.wrap) return { state: 'possible' }
  const source = `${where.host}, wrap and unwrap as ${application.name}`
  const about = { application: application.name, key: key.name, vault: where.host }
  const at = (): string => ports.clock.now().toISOString()
  for (const { id } of kept) {
    using secret = await ports.secrets.open(id, { purpose, target: where.ref.id })
    if (!mayBeOf(secret, application)) continue
    try {
      const version = await wrapAs(ports, where, key, application.clientId, secret)
      ports.wrapAsked({ ...about, problem: null })
      return { state: 'asked', answer: { read: true, value: { version }, source, at: at() } }
    } catch (error) {
      const problem = problemOf(error)
      // Another application's, which begins with the same characters: nothing was asked of the vault.
      if (problem.code === notItsSecret) continue
      ports.wrapAsked({ ...about, problem })
      return { state: 'asked', answer: { read: false, because: problem.title, source, at: at() } }
    }
  }
  return { state: 'no-secret' }
}

const notItsSecret = 'azure-sign-in-secret'

/** Whether it begins as Entra shows one of the application's. */
const mayBeOf = (secret: SecretBytes, { secrets }: DirectoryApplication): boolean =>
  secrets.some(({ hint }) => {
    const shown = Buffer.from(hint, 'utf8')
    return shown.length > 0 && secret.use((bytes) => bytes.subarray(0, shown.length).equals(shown))
  })

const wrapAs = async (
  { azure }: DoctorPorts,
  { ref, control, host }: Where,
  { name, version }: KeyName,
  clientId: string,
  secret: SecretBytes,
): Promise<string> => {
  const tenantId = control?.identity.tenantId
  if (tenantId === undefined) throw new KeyturnError('internal')
  const vault = await azure.vaults.as(ref, host, { tenantId, clientId, secret })
  try {
    return (await vault.probeWrap(name, ...(version === null ? [] : [version]))).version
  } finally {
    await vault.close()
  }
}

const unreadable = (what: string, { name: target }: TargetRef): KeyturnError =>
  new KeyturnError('doctor-not-read', { what, target })
