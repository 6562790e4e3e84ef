import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from '../../shared/errors/problem.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { markTag, type KeyVault } from '../../electron/ports/key-vault.ts'

export interface VaultBackend {
  vault: KeyVault
  stop(): Promise<void>
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (thrown) {
    return problemOf(thrown).code
  }
  return 'it did not fail'
}

/** A name that no other run of this suite takes: a real vault keeps deleted names for months. */
const fresh = (): string => `kt-${randomBytes(6).toString('hex')}`

/** What any vault behind the port must do. It makes keys of its own and deletes them. */
export const keyVaultPortSuite = (name: string, start: () => Promise<VaultBackend>): void => {
  describe(`Key vault port: ${name}`, () => {
    let backend: VaultBackend
    let vault: KeyVault
    const made: string[] = []
    const create = async (keyName = fresh(), mark = 'abcd2345', more = {}) => {
      made.push(keyName)
      return vault.createKey({ name: keyName, type: 'RSA', bits: 2048, mark, ...more })
    }

    beforeAll(async () => {
      backend = await start()
      vault = backend.vault
    })

    afterAll(async () => {
      for (const key of new Set(made)) await vault.deleteKey(key).catch(() => undefined)
      await vault.close()
      await backend.stop()
    })

    it('says which vault answers and as whom', () => {
      expect(vault.identity.host).toMatch(/^[a-z0-9-]+\.[a-z.]+$/)
      expect(vault.identity.tenantId).toBe(vault.principal.tenantId)
      expect(vault.principal.objectId).toMatch(/^[0-9a-f-]{36}$/)
    })

    it('makes a key with the run’s mark, and finds it again by name, by version and by mark', async () => {
      const key = await create()
      expect(key).toMatchObject({ type: 'RSA', bits: 2048, enabled: true, mark: 'abcd2345', managed: false })
      expect(key.version).toMatch(/^[0-9a-f]{32}$/)
      expect(key.publicKey?.modulus.length).toBe(256)
      expect(key.tags[markTag]).toBe('abcd2345')
      expect(await vault.key(key.name)).toEqual(key)
      expect(await vault.key(key.name, key.version)).toEqual(key)
      expect((await vault.marked(key.name, 'abcd2345'))?.version).toBe(key.version)
      expect(await vault.marked(key.name, 'zzzz2345')).toBeNull()
      expect((await vault.keys()).map((one) => one.name)).toContain(key.name)
    })

    it('adds a version where the name is taken; both stay, oldest first, each with its mark', async () => {
      const first = await create()
      const second = await create(first.name, 'efgh2345')
      expect(second.version).not.toBe(first.version)
      const versions = await vault.versions(first.name)
      expect(new Set(versions.map(({ version }) => version))).toEqual(
        new Set([first.version, second.version]),
      )
      expect((await vault.marked(first.name, 'abcd2345'))?.version).toBe(first.version)
      expect((await vault.key(first.name))?.version).toBe(second.version)
    })

    it('answers null or nothing for what is not there', async () => {
      const nowhere = fresh()
      expect(await vault.key(nowhere)).toBeNull()
      expect(await vault.versions(nowhere)).toEqual([])
      expect(await vault.marked(nowhere, 'abcd2345')).toBeNull()
      expect(await vault.deletedKey(nowhere)).toBeNull()
      expect(await codeOf(vault.probeWrap(nowhere))).toBe('vault-key-unknown')
    })

    it.each(['', 'a'.repeat(128), 'with space', 'dotted.name', '../secrets/x', 'a/b', 'ключ'])(
      'sends nothing for the name %j',
      async (bad) => {
        expect(await codeOf(vault.key(bad))).toBe('azure-name')
        expect(await codeOf(vault.createKey({ name: bad, type: 'RSA', bits: 2048, mark: 'abcd2345' }))).toBe(
          'azure-name',
        )
      },
    )

    it('sends nothing for a version of 31 digits, or of other characters', async () => {
      const name = fresh()
      expect(await codeOf(vault.key(name, 'a'.repeat(31)))).toBe('azure-name')
      expect(await codeOf(vault.probeWrap(name, 'g'.repeat(32)))).toBe('azure-name')
    })

    it('keeps dates to the second, and sends none after 19 Jan 2038', async () => {
      const key = await create(fresh(), 'abcd2345', {
        notBefore: '2026-01-02T03:04:05.000Z',
        expires: '2037-12-31T00:00:00.000Z',
      })
      expect(key).toMatchObject({
        notBefore: '2026-01-02T03:04:05.000Z',
        expires: '2037-12-31T00:00:00.000Z',
      })
      const changed = await vault.change(key.name, key.version, { expires: '2036-01-01T00:00:00.000Z' })
      expect(changed).toMatchObject({ expires: '2036-01-01T00:00:00.000Z', mark: 'abcd2345', enabled: true })
      expect(await codeOf(create(fresh(), 'abcd2345', { expires: '2038-01-19T03:14:08Z' }))).toBe(
        'vault-date',
      )
    })

    it('proves that this caller wraps and unwraps with a version', async () => {
      const key = await create()
      const proof = await vault.probeWrap(key.name)
      expect(proof).toMatchObject({ name: key.name, version: key.version })
      expect(proof.requestIds.length).toBeGreaterThan(0)
      const next = await create(key.name, 'efgh2345')
      expect((await vault.probeWrap(key.name, key.version)).version).toBe(key.version)
      expect((await vault.probeWrap(key.name)).version).toBe(next.version)
    })

    it('refuses the proof for a disabled key and for one outside its dates', async () => {
      const key = await create()
      expect((await vault.change(key.name, key.version, { enabled: false })).enabled).toBe(false)
      expect(await codeOf(vault.probeWrap(key.name))).toBe('vault-key-disabled')
      await vault.change(key.name, key.version, { enabled: true, notBefore: '2037-01-01T00:00:00Z' })
      expect(await codeOf(vault.probeWrap(key.name))).toBe('vault-key-dates')
    })

    it('takes an RSA key in, and shows the public part that went in', async () => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const name = fresh()
      made.push(name)
      using der = SecretBytes.take(privateKey.export({ type: 'pkcs8', format: 'der' }))
      const key = await vault.importKey({
        name,
        mark: 'abcd2345',
        material: { kind: 'pkcs8', der, hardware: false },
      })
      expect(Buffer.from(key.publicKey?.modulus ?? []).toString('base64url')).toBe(
        publicKey.export({ format: 'jwk' }).n,
      )
      expect(key).toMatchObject({ type: 'RSA', bits: 2048, mark: 'abcd2345' })
    })

    it('backs a key up, and restores it nowhere where its name is', async () => {
      const key = await create()
      const blob = await vault.backUpKey(key.name)
      expect(blob.length).toBeGreaterThan(100)
      expect(await codeOf(vault.restoreKey(blob))).toBe('vault-key-exists')
      await vault.deleteKey(key.name)
      expect(await codeOf(vault.restoreKey(blob))).toBe('vault-key-deleted')
      expect(await codeOf(vault.restoreKey(new TextEncoder().encode('no backup')))).toBe(
        'vault-backup-damaged',
      )
    })

    it('deletes, holds the name, and gives the key back with all versions', async () => {
      const first = await create()
      const second = await create(first.name, 'efgh2345')
      const deleted = await vault.deleteKey(first.name)
      expect(deleted.deletedAt).not.toBeNull()
      expect(await vault.key(first.name)).toBeNull()
      expect((await vault.deletedKey(first.name))?.name).toBe(first.name)
      expect(await codeOf(create(first.name, 'ijkm2345'))).toBe('vault-key-deleted')
      expect((await vault.recoverKey(first.name)).version).toBe(second.version)
      expect(await vault.versions(first.name)).toHaveLength(2)
      expect(await vault.deletedKey(first.name)).toBeNull()
    })

    it('reads a rotation policy', async () => {
      const key = await create()
      const policy = await vault.rotationPolicy(key.name)
      for (const action of policy?.actions ?? []) expect(['rotate', 'notify']).toContain(action.act)
    })

    it('stops when it is told to', async () => {
      const stopped = AbortSignal.abort()
      expect(await codeOf(vault.key(fresh(), undefined, { signal: stopped }))).toBe('azure-cancelled')
    })
  })
}
