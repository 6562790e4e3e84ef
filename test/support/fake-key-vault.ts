import { createHash, createPrivateKey, randomBytes } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { keyDateProblem, keyNameProblem, keyVersionProblem } from '../../shared/model/azure.ts'
import type { AzurePrincipal, VaultIdentity } from '../../shared/model/azure.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import {
  markTag,
  type DeletedVaultKey,
  type KeyRotationPolicy,
  type KeyVault,
  type KeyVaults,
  type VaultKey,
  type VaultKeyFacts,
} from '../../electron/ports/key-vault.ts'

/** What a fake vault holds; tests look into it and change it. */
export interface FakeVaultState {
  /** By name in lower case; versions oldest first. */
  keys: Map<string, VaultKey[]>
  deleted: Map<string, { versions: VaultKey[]; at: string }>
  policies: Map<string, KeyRotationPolicy>
  /** Every call in order, as `createKey tde`. */
  calls: string[]
}

export interface FakeVaultOptions {
  ref: TargetRef
  host: string
  principal?: Partial<AzurePrincipal>
  now?: () => Date
  /** Asked before each call: an error that it gives is thrown instead. `after`: once the effect is there, the answer lost. */
  fail?: (call: { name: string; key: string; when: 'before' | 'after' }) => KeyturnError | null
}

const tenantId = '6f1a3c52-0d7e-4b7b-9c58-2f4e8a61d001'

/** A key vault over plain maps: the rules of names, states and soft delete, no cryptography. */
export const fakeKeyVault = (options: FakeVaultOptions): { vault: KeyVault; state: FakeVaultState } => {
  const { ref, host, now = () => new Date() } = options
  const target = ref.name
  const state: FakeVaultState = { keys: new Map(), deleted: new Map(), policies: new Map(), calls: [] }
  const identity: VaultIdentity = { host, tenantId, resourceId: `/subscriptions/s/vaults/${host}` }
  const principal: AzurePrincipal = {
    tenantId,
    objectId: 'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2003',
    applicationId: 'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2001',
    kind: 'service',
    name: null,
    ...options.principal,
  }

  const call = async <Answer>(
    name: string,
    key: string,
    given: { signal?: AbortSignal } | undefined,
    work: () => Answer,
  ): Promise<Answer> => {
    if (given?.signal?.aborted === true) throw new KeyturnError('azure-cancelled', { target, what: name })
    state.calls.push(`${name} ${key}`.trim())
    const before = options.fail?.({ name, key, when: 'before' }) ?? null
    if (before !== null) throw before
    const answer = work()
    const after = options.fail?.({ name, key, when: 'after' }) ?? null
    if (after !== null) throw after
    return answer
  }
  const versionsOf = (name: string): VaultKey[] => state.keys.get(name.toLowerCase()) ?? []
  const unknown = (key: string): KeyturnError => new KeyturnError('vault-key-unknown', { target, key })
  const present = (name: string, version?: string): VaultKey => {
    const found =
      version === undefined
        ? versionsOf(name).at(-1)
        : versionsOf(name).find((one) => one.version === version.toLowerCase())
    if (found === undefined) throw unknown(name)
    return found
  }
  const checkName = (name: string): void => refuseName(keyNameProblem(name, 127), target)
  const checkVersion = (version: string | undefined): void =>
    refuseName(version === undefined ? null : keyVersionProblem(version), target)
  const add = (key: VaultKey): VaultKey => {
    if (state.deleted.has(key.name.toLowerCase()))
      throw new KeyturnError('vault-key-deleted', { target, key: key.name })
    state.keys.set(key.name.toLowerCase(), [...versionsOf(key.name), key])
    return key
  }
  const made = (
    request: Pick<VaultKey, 'name'> & {
      mark: string
      notBefore?: string
      expires?: string
      tags?: Readonly<Record<string, string>>
      uses?: VaultKey['uses']
    },
    rest: Pick<VaultKey, 'type' | 'bits' | 'publicKey'>,
  ): VaultKey => {
    checkName(request.name)
    for (const [iso, what] of [
      [request.notBefore, 'The first day'],
      [request.expires, 'The expiry'],
    ] as const) {
      const problem = iso === undefined ? null : keyDateProblem(iso, what)
      if (problem !== null) throw new KeyturnError('vault-date', { key: request.name, what: problem })
    }
    const version = randomBytes(16).toString('hex')
    const at = now().toISOString()
    return {
      name: request.name,
      version,
      id: `https://${host}/keys/${request.name}/${version}`,
      enabled: true,
      notBefore: request.notBefore ?? null,
      expires: request.expires ?? null,
      created: at,
      updated: at,
      tags: { ...request.tags, [markTag]: request.mark },
      mark: request.mark,
      recoveryLevel: 'Recoverable',
      recoverableDays: 90,
      exportable: false,
      hsmPlatform: rest.type.endsWith('HSM') ? '2' : '0',
      managed: false,
      curve: null,
      uses: request.uses ?? ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
      ...rest,
    }
  }
  const deletedOf = (name: string): DeletedVaultKey | null => {
    const found = state.deleted.get(name.toLowerCase())
    const last = found?.versions.at(-1)
    if (found === undefined || last === undefined) return null
    const purgeAt = new Date(Date.parse(found.at) + 90 * 86_400_000).toISOString()
    return { ...facts(last), version: null, deletedAt: found.at, purgeAt }
  }
  const move = (name: string, from: 'keys' | 'deleted'): void => {
    const key = name.toLowerCase()
    if (from === 'keys') {
      state.deleted.set(key, { versions: versionsOf(name), at: now().toISOString() })
      state.keys.delete(key)
    } else {
      state.keys.set(key, state.deleted.get(key)?.versions ?? [])
      state.deleted.delete(key)
    }
  }

  const vault: KeyVault = {
    ref,
    identity,
    principal,
    key: async (name, version, given) => {
      checkName(name)
      checkVersion(version)
      return call('key', name, given, () => {
        const all = versionsOf(name)
        return (version === undefined ? all.at(-1) : all.find((one) => one.version === version)) ?? null
      })
    },
    keys: (given) =>
      call('keys', '', given, () =>
        [...state.keys.values()].flatMap((all) => {
          const last = all.at(-1)
          return last === undefined ? [] : [{ ...facts(last), version: null }]
        }),
      ),
    versions: async (name, given) => {
      checkName(name)
      return call('versions', name, given, () => versionsOf(name).map(facts))
    },
    marked: async (name, mark, given) => {
      checkName(name)
      return call('marked', name, given, () => {
        const found = versionsOf(name).findLast((one) => one.mark === mark)
        return found === undefined ? null : facts(found)
      })
    },
    createKey: async (request, given) => {
      const modulus = randomBytes(request.bits / 8)
      modulus[0] = 0x80 | (modulus[0] ?? 0)
      const publicKey = { modulus: new Uint8Array(modulus), exponent: new Uint8Array([1, 0, 1]) }
      const key = made(request, { type: request.type, bits: request.bits, publicKey })
      return call('createKey', request.name, given, () => add(key))
    },
    importKey: async (request, given) => {
      const { material } = request
      const numbers =
        material.kind === 'pkcs8'
          ? material.der.use((der) =>
              createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' }),
            )
          : { n: createHash('sha256').update(material.file).digest('base64url'), e: 'AQAB' }
      const modulus = new Uint8Array(Buffer.from(numbers.n ?? '', 'base64url'))
      const exponent = new Uint8Array(Buffer.from(numbers.e ?? '', 'base64url'))
      const type = material.kind === 'transfer' || material.hardware ? 'RSA-HSM' : 'RSA'
      const key = made(request, { type, bits: modulus.length * 8, publicKey: { modulus, exponent } })
      return call('importKey', request.name, given, () => add(key))
    },
    change: async (name, version, change, given) => {
      checkName(name)
      checkVersion(version)
      return call('change', name, given, () => {
        const old = present(name, version)
        const next: VaultKey = {
          ...old,
          enabled: change.enabled ?? old.enabled,
          notBefore: change.notBefore === undefined ? old.notBefore : change.notBefore,
          expires: change.expires === undefined ? old.expires : change.expires,
          tags: change.tags ?? old.tags,
          mark: (change.tags ?? old.tags)[markTag] ?? null,
          updated: now().toISOString(),
        }
        state.keys.set(
          name.toLowerCase(),
          versionsOf(name).map((one) => (one === old ? next : one)),
        )
        return facts(next)
      })
    },
    backUpKey: async (name, given) => {
      checkName(name)
      return call('backUpKey', name, given, () => {
        present(name)
        return new TextEncoder().encode(blobHead + JSON.stringify(versionsOf(name), bytesAsHex))
      })
    },
    restoreKey: (blob, given) =>
      call('restoreKey', '', given, () => {
        const versions = versionsIn(blob)
        const last = versions?.at(-1)
        if (versions === null || last === undefined)
          throw new KeyturnError('vault-backup-damaged', { target })
        if (state.deleted.has(last.name.toLowerCase()))
          throw new KeyturnError('vault-key-deleted', { target, key: last.name })
        if (versionsOf(last.name).length > 0) throw new KeyturnError('vault-key-exists', { target })
        state.keys.set(last.name.toLowerCase(), versions)
        return last
      }),
    deletedKey: async (name, given) => {
      checkName(name)
      return call('deletedKey', name, given, () => deletedOf(name))
    },
    recoverKey: async (name, given) => {
      checkName(name)
      return call('recoverKey', name, given, () => {
        if (!state.deleted.has(name.toLowerCase())) throw unknown(name)
        move(name, 'deleted')
        return present(name)
      })
    },
    deleteKey: async (name, given) => {
      checkName(name)
      return call('deleteKey', name, given, () => {
        present(name)
        move(name, 'keys')
        const deleted = deletedOf(name)
        if (deleted === null) throw unknown(name)
        return deleted
      })
    },
    rotationPolicy: async (name, given) => {
      checkName(name)
      return call('rotationPolicy', name, given, () => {
        present(name)
        return state.policies.get(name.toLowerCase()) ?? null
      })
    },
    probeWrap: async (name, version, given) => {
      checkName(name)
      checkVersion(version)
      return call('probeWrap', name, given, () => {
        const key = present(name, version)
        if (!key.enabled)
          throw new KeyturnError('vault-key-disabled', { target, key: name, what: 'wrapping' })
        const time = now().getTime()
        const outside =
          (key.notBefore !== null && Date.parse(key.notBefore) > time) ||
          (key.expires !== null && Date.parse(key.expires) < time)
        if (outside) throw new KeyturnError('vault-key-dates', { target, key: name, what: 'wrapping' })
        return { name: key.name, version: key.version, requestIds: ['r1', 'r2'], at: now().toISOString() }
      })
    },
    close: () => Promise.resolve(),
  }
  return { vault, state }
}

/** Opens the one vault whoever asks. */
export const fakeKeyVaults = (vault: KeyVault): KeyVaults => ({
  open: () => Promise.resolve(vault),
  at: () => Promise.resolve(vault),
  as: () => Promise.resolve(vault),
  clockOf: () => Promise.resolve(0),
})

const facts = (key: VaultKey): VaultKeyFacts => ({
  name: key.name,
  version: key.version,
  id: key.id,
  enabled: key.enabled,
  notBefore: key.notBefore,
  expires: key.expires,
  created: key.created,
  updated: key.updated,
  tags: key.tags,
  mark: key.mark,
  recoveryLevel: key.recoveryLevel,
  recoverableDays: key.recoverableDays,
  exportable: key.exportable,
  hsmPlatform: key.hsmPlatform,
  managed: key.managed,
})

const refuseName = (problem: string | null, target: string): void => {
  if (problem !== null) throw new KeyturnError('azure-name', { target, what: problem })
}

const blobHead = 'fake backup:'
const bytesAsHex = (_name: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value

const versionsIn = (blob: Uint8Array): VaultKey[] | null => {
  const text = new TextDecoder().decode(blob)
  if (!text.startsWith(blobHead)) return null
  try {
    return JSON.parse(text.slice(blobHead.length), (_name, value: unknown) =>
      typeof value === 'object' && value !== null && 'hex' in value
        ? new Uint8Array(Buffer.from(String(value.hex), 'hex'))
        : value,
    ) as VaultKey[]
  } catch {
    return null
  }
}
