import { randomUUID } from 'node:crypto'
import { vaultPlaceOf } from '../../shared/model/azure.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { Directory, DirectoryApplication } from '../../electron/ports/directory.ts'
import type { KeyVault } from '../../electron/ports/key-vault.ts'
import { azureTarget, change, fail, operator, tenantId, within, type FakeAzure } from './azure-fake.ts'
import { fakeKeyVault } from './fake-key-vault.ts'

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

const changing: Readonly<Record<string, (key: string) => string>> = {
  createKey: (key) => `key ${key}`,
  backUpKey: (key) => `backup of ${key}`,
  deleteKey: (key) => `delete key ${key}`,
}

/** `as`: object id of a service principal, which needs a right; null: the operator. */
export const vaultOf = (azure: FakeAzure, host: string, as: string | null): KeyVault => {
  const settings = azure.vaults.get(vaultPlaceOf(host)?.name ?? '')
  if (settings === undefined && !azure.hsms.some((hsm) => hsm.host === host)) {
    throw fail('azure-unreachable', { host })
  }
  const { vault, state } = fakeKeyVault({
    ref: azureTarget,
    host,
    fail: ({ name, key, when }) => {
      const what = changing[name]?.(key)
      if (what === undefined) return null
      if (when === 'before') azure.before(what)
      else {
        azure.changes.push(what)
        azure.after(what)
      }
      return null
    },
  })
  const kept = azure.keys.get(host) ?? { keys: state.keys, deleted: state.deleted }
  azure.keys.set(host, kept)
  Object.assign(state, kept)
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
  return {
    ...vault,
    probeWrap: async (key, ...rest) => {
      if (!mayUse(key)) throw fail('vault-no-permission')
      if (azure.slowRights > 0) {
        azure.slowRights -= 1
        throw fail('vault-no-permission')
      }
      return vault.probeWrap(key, ...rest)
    },
  }
}
