import { createHash, randomUUID } from 'node:crypto'
import { vaultPlaceOf } from '../../shared/model/azure.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { Directory, DirectoryApplication } from '../../electron/ports/directory.ts'
import { markTag, type KeyVault, type VaultKey } from '../../electron/ports/key-vault.ts'
import {
  azureTarget,
  change,
  fail,
  fakeKey,
  operator,
  tenantId,
  within,
  type FakeAzure,
} from './azure-fake.ts'

/** The directory and the vaults of the fake Azure. */

export const directoryOf = (azure: FakeAzure): Directory => {
  const byObject = (objectId: string): DirectoryApplication => {
    const found = [...azure.applications.values()].find((one) => one.objectId === objectId)
    if (found === undefined) throw fail('directory-refused', { said: 'not there' })
    return found
  }
  return {
    ref: azureTarget,
    tenantId,
    principal: operator,
    applications: async (begins) =>
      [...azure.applications.values()].filter(({ name }) =>
        name.toLowerCase().startsWith(begins.toLowerCase()),
      ),
    application: async (clientId) => azure.applications.get(clientId) ?? null,
    markedApplication: async (mark) =>
      [...azure.applications.values()].find((one) => one.mark === mark) ?? null,
    createApplication: ({ name, mark }) =>
      change(azure, `application ${name}`, () => {
        const made = {
          objectId: randomUUID(),
          clientId: randomUUID(),
          name,
          mark,
          createdAt: null,
          secrets: [],
        }
        azure.applications.set(made.clientId, made)
        return made
      }),
    removeApplication: (objectId) =>
      change(azure, 'no application', () => {
        const { clientId } = byObject(objectId)
        azure.applications.delete(clientId)
        azure.principals.delete(clientId)
      }),
    servicePrincipal: async (clientId) => azure.principals.get(clientId) ?? null,
    createServicePrincipal: (clientId) =>
      change(azure, 'service principal', () => {
        const name = azure.applications.get(clientId)?.name ?? ''
        const made = azure.principals.get(clientId) ?? {
          objectId: randomUUID(),
          clientId,
          name,
          enabled: true,
        }
        azure.principals.set(clientId, made)
        return made
      }),
    addSecret: (objectId, { name, expires }) =>
      change(azure, `secret ${name}`, () => {
        const application = byObject(objectId)
        const value = `Ab~${randomUUID()}`
        const secret = { keyId: randomUUID(), name, hint: value.slice(0, 3), starts: null, expires }
        azure.secrets.set(secret.keyId, value)
        azure.applications.set(application.clientId, {
          ...application,
          secrets: [...application.secrets, secret],
        })
        return { ...secret, value: SecretBytes.fromText(value) }
      }),
    removeSecret: (objectId, keyId) =>
      change(azure, 'no secret', () => {
        const application = byObject(objectId)
        azure.secrets.delete(keyId)
        azure.applications.set(application.clientId, {
          ...application,
          secrets: application.secrets.filter((one) => one.keyId !== keyId),
        })
      }),
  }
}

const useRole = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'

/** `as`: object id of a service principal, which needs a right; null: the operator. */
export const vaultOf = (azure: FakeAzure, host: string, as: string | null): KeyVault => {
  const name = vaultPlaceOf(host)?.name ?? ''
  const settings = azure.vaults.get(name)
  if (settings === undefined && !azure.hsms.some((hsm) => hsm.host === host))
    throw fail('azure-unreachable', { host })
  const keys = azure.keys.get(host) ?? new Map<string, VaultKey[]>()
  azure.keys.set(host, keys)
  const versionsOf = (key: string): VaultKey[] => keys.get(key) ?? []
  const mayUse = (key: string): boolean => {
    if (as === null || settings === undefined) return true
    if (settings.rights === 'access-policies') {
      const held = settings.accessPolicies.find(({ objectId }) => objectId === as)?.keys ?? []
      return held.includes('wrapkey') && held.includes('unwrapkey')
    }
    return azure.assignments.some(
      (one) =>
        one.principalId === as &&
        one.roleDefinitionId.endsWith(useRole) &&
        within(one.scope, `${settings.id}/keys/${key}`),
    )
  }
  const unused = async (): Promise<never> => {
    throw fail('internal')
  }
  return {
    ref: azureTarget,
    identity: { host, tenantId, resourceId: settings?.id ?? null },
    principal: operator,
    key: async (key, version) =>
      (version === undefined
        ? versionsOf(key).at(-1)
        : versionsOf(key).find((one) => one.version === version)) ?? null,
    keys: async () => [...keys.values()].flatMap((versions) => versions.at(-1) ?? []),
    versions: async (key) => versionsOf(key),
    marked: async (key, mark) => versionsOf(key).findLast((one) => one.mark === mark) ?? null,
    createKey: (request) =>
      change(azure, `key ${request.name}`, () => {
        const made = fakeKey({
          name: request.name,
          id: `https://${host}/keys/${request.name}`,
          version: randomUUID().replaceAll('-', ''),
          type: request.type,
          bits: request.bits,
          expires: request.expires ?? null,
          mark: request.mark,
          tags: { [markTag]: request.mark },
        })
        keys.set(request.name, [...versionsOf(request.name), made])
        return made
      }),
    importKey: unused,
    change: unused,
    backUpKey: (key) =>
      change(azure, `backup of ${key}`, () =>
        Buffer.concat([
          Buffer.from('&AzureKeyVaultKeyBackupV1.microsoft.com'),
          createHash('sha256').update(randomUUID()).digest(),
        ]),
      ),
    restoreKey: unused,
    deletedKey: async (key) => {
      const found = azure.deletedKeys.get(`${host}/${key}`)?.at(-1)
      return found === undefined ? null : { ...found, deletedAt: null, purgeAt: '2027-02-01T00:00:00Z' }
    },
    recoverKey: unused,
    deleteKey: (key) =>
      change(azure, `delete key ${key}`, () => {
        const versions = versionsOf(key)
        const last = versions.at(-1)
        if (last === undefined) throw fail('vault-key-unknown', { key })
        keys.delete(key)
        azure.deletedKeys.set(`${host}/${key}`, versions)
        return { ...last, deletedAt: null, purgeAt: '2027-02-01T00:00:00Z' }
      }),
    rotationPolicy: async () => null,
    probeWrap: async (key, version) => {
      if (!mayUse(key)) throw fail('vault-no-permission')
      if (azure.slowRights > 0) {
        azure.slowRights -= 1
        throw fail('vault-no-permission')
      }
      const found = versionsOf(key).find((one) => one.version === version)
      if (found === undefined) throw fail('vault-key-unknown', { key })
      return { name: key, version: found.version, requestIds: ['r-1', 'r-2'], at: '2026-11-22T10:10:00.000Z' }
    },
    close: async () => undefined,
  }
}
