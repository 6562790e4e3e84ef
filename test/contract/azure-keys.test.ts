import {
  createHash,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  constants,
  createPublicKey,
} from 'node:crypto'
import { request } from 'node:https'
import type { KeyVaultKey } from '@azure/keyvault-keys'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { wrapPadded } from '../support/openssl-wrap.ts'
import { refusal, startStage, type Stage } from './azure-sandbox.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.end())
afterEach(() => stage.calm())

const namesOf = async (items: AsyncIterable<{ name: string }>): Promise<string[]> => {
  const names: string[] = []
  for await (const { name } of items) names.push(name)
  return names
}

describe('keys of a vault, through the unmodified client', () => {
  it('reads a seeded key and wraps and unwraps with it as the EKM principal', async () => {
    const keys = stage.keys('ktr-vault-weu', 'ktr-ekm-sql01')
    const key = await keys.getKey('ktr-tde-sql01')
    expect(key.keyType).toBe('RSA-HSM')
    expect(key.key?.n?.length).toBe(384)
    expect(key.properties.recoveryLevel).toBe('Recoverable')
    const crypto = keys.getCryptographyClient('ktr-tde-sql01')
    const secret = Buffer.alloc(32, 7)
    const wrapped = await crypto.wrapKey('RSA-OAEP-256', secret)
    expect(wrapped.keyID).toBe(key.id)
    expect(Buffer.from((await crypto.unwrapKey('RSA-OAEP-256', wrapped.result)).result)).toEqual(secret)
    // Wrapped by the client itself, opened by the vault.
    const local = await crypto.wrapKey('RSA-OAEP', secret)
    expect(Buffer.from((await crypto.unwrapKey('RSA-OAEP', local.result)).result)).toEqual(secret)
    const old = await crypto.encrypt({ algorithm: 'RSA1_5', plaintext: secret })
    expect(await refusal(crypto.decrypt({ algorithm: 'RSA1_5', ciphertext: old.result }))).toBe(
      '403 Forbidden ForbiddenByRbac',
    )
  })

  it('makes, changes, deletes and recovers a key', async () => {
    const keys = stage.keys('ktr-vault-weu')
    const expiresOn = new Date('2037-01-01T00:00:00Z')
    const made = await keys.createRsaKey('ktr-made', { keySize: 2048, tags: { run: '1' }, expiresOn })
    const second = await keys.createRsaKey('ktr-made', { keySize: 2048 })
    expect(second.properties.version).not.toBe(made.properties.version)
    const first = { keyVersion: made.properties.version ?? '' }
    await keys.updateKeyProperties('ktr-made', made.properties.version ?? '', {
      enabled: false,
      tags: { run: '2' },
    })
    const changed = await keys.getKey('ktr-made', { version: made.properties.version ?? '' })
    expect([changed.properties.enabled, changed.properties.tags, changed.properties.expiresOn]).toEqual([
      false,
      { run: '2' },
      expiresOn,
    ])
    const disabled = keys.getCryptographyClient('ktr-made', first)
    expect((await disabled.wrapKey('RSA-OAEP-256', Buffer.from('x'))).result.length).toBe(256)
    expect(await refusal(disabled.unwrapKey('RSA-OAEP-256', Buffer.alloc(256)))).toBe(
      '403 Forbidden KeyDisabled',
    )
    const poller = await keys.beginDeleteKey('ktr-made', { intervalInMs: 5 })
    const deleted = await poller.pollUntilDone()
    expect(deleted.properties.recoveryId).toContain('/deletedkeys/ktr-made')
    expect(await namesOf(keys.listDeletedKeys())).toContain('ktr-made')
    const recovery = await keys.beginRecoverDeletedKey('ktr-made', { intervalInMs: 5 })
    expect((await recovery.pollUntilDone()).properties.version).toBe(second.properties.version)
    expect((await keys.getKey('KTR-MADE')).name).toBe('ktr-made')
  })

  it('lists in pages, and versions of a key', async () => {
    const answer = await stage.azure.order({ do: 'populate', vaults: 1, keys: 60, versions: 3 })
    expect(answer.vaults).toEqual(['ktr-scale-01'])
    const keys = stage.keys('ktr-scale-01')
    const pages: number[] = []
    for await (const page of keys.listPropertiesOfKeys().byPage()) pages.push(page.length)
    expect(pages).toEqual([25, 25, 10])
    const versions: (string | undefined)[] = []
    for await (const each of keys.listPropertiesOfKeyVersions('ktr-key-0007')) versions.push(each.version)
    expect(new Set(versions).size).toBe(3)
    expect((await keys.getKey('ktr-key-0007')).properties.version).toBe(versions.at(-1))
  })

  it.each([
    ['RS256', 'sha256'],
    ['PS384', 'sha384'],
  ] as const)('signs a digest and verifies it: %s', async (algorithm, hash) => {
    const keys = stage.keys('ktr-vault-weu')
    const crypto = keys.getCryptographyClient('ktr-backup-sql01')
    const digest = createHash(hash).update('a runbook').digest()
    const { result } = await crypto.sign(algorithm, digest)
    expect((await crypto.verify(algorithm, digest, result)).result).toBe(true)
    expect((await crypto.verify(algorithm, createHash(hash).update('x').digest(), result)).result).toBe(false)
  })

  it('holds curves too, which sign and nothing else', async () => {
    const keys = stage.keys('ktr-vault-weu')
    const { key } = await keys.createEcKey('ktr-curve', { curve: 'P-256', hsm: true })
    expect([key?.kty, key?.crv, key?.keyOps]).toEqual(['EC-HSM', 'P-256', ['sign', 'verify']])
    const crypto = keys.getCryptographyClient('ktr-curve')
    const digest = createHash('sha256').update('a runbook').digest()
    const { result } = await crypto.sign('ES256', digest)
    expect((await crypto.verify('ES256', digest, result)).result).toBe(true)
  })
})

describe('backup and restore', () => {
  it('brings a key back with its versions in the paired region, not elsewhere, not over itself', async () => {
    const keys = stage.keys('ktr-scale-01')
    await stage.azure.order({ do: 'populate', vaults: 1, keys: 1, versions: 3 })
    const before = await keys.getKey('ktr-key-0001')
    const blob = await keys.backupKey('ktr-key-0001')
    expect(Buffer.from(blob?.subarray(0, 39) ?? []).toString()).toBe(
      '&AzureKeyVaultKeyBackupV1.microsoft.com',
    )
    expect(await refusal(keys.restoreKeyBackup(blob ?? Buffer.alloc(0)))).toBe('409 Conflict')
    const damaged = Buffer.from(blob ?? [])
    damaged[damaged.length - 20] = damaged[damaged.length - 20] === 65 ? 66 : 65
    expect(await refusal(keys.restoreKeyBackup(damaged))).toBe('400 Malformed backup blob')
    expect(await refusal(keys.restoreKeyBackup(Buffer.from('nothing')))).toBe('400 Malformed backup blob')
    await stage.azure.order({ do: 'loseVault', vault: 'ktr-scale-01' })
    expect(await refusal(keys.getKey('ktr-key-0001'))).toBe('501 NotSimulated')
    await stage.azure.order({ do: 'populate', vaults: 1, keys: 1, versions: 1 })
    await stage.azure.order({ do: 'deleteKey', vault: 'ktr-scale-01', key: 'ktr-key-0001', purge: true })
    const back = await keys.restoreKeyBackup(blob ?? Buffer.alloc(0))
    expect(back.properties.version).toBe(before.properties.version)
    expect(back.key?.n).toEqual(before.key?.n)
    const versions: unknown[] = []
    for await (const each of keys.listPropertiesOfKeyVersions('ktr-key-0001')) versions.push(each.version)
    expect(versions).toHaveLength(3)
  })
})

describe('import', () => {
  const numbersOf = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const jwkOf = (key: ReturnType<typeof numbersOf>) => {
    const { n, e, d, p, q, dp, dq, qi } = key.export({ format: 'jwk' })
    const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64url')
    return {
      kty: 'RSA' as const,
      n: bytes(n),
      e: bytes(e),
      d: bytes(d),
      p: bytes(p),
      q: bytes(q),
      dp: bytes(dp),
      dq: bytes(dq),
      qi: bytes(qi),
    }
  }

  it('takes numbers that belong together and no others', async () => {
    const keys = stage.keys('ktr-vault-weu')
    await keys.getKey('ktr-backup-sql01')
    const key = numbersOf()
    const jwk = jwkOf(key)
    const imported = await keys.importKey('ktr-imported', jwk, { hardwareProtected: true })
    expect(imported.keyType).toBe('RSA-HSM')
    expect(Buffer.from(imported.key?.n ?? [])).toEqual(jwk.n)
    expect(imported.key?.d).toBeUndefined()
    expect(await refusal(keys.importKey('ktr-foreign', { ...jwk, n: jwkOf(numbersOf()).n }))).toBe(
      '400 BadParameter',
    )
    const publicOnly = { kty: jwk.kty, n: jwk.n, e: jwk.e }
    expect(await refusal(keys.importKey('ktr-foreign', publicOnly))).toBe('400 BadParameter')
  })

  it('opens a .byok file with the exchange key that it names', async () => {
    const keys = stage.keys('ktr-vault-weu')
    const kek = await keys.createRsaKey('ktr-kek', { keySize: 2048, hsm: true, keyOps: ['import'] })
    const target = numbersOf()
    const file = byokFile(kek, target.export({ format: 'der', type: 'pkcs8' }))
    const options = { hardwareProtected: true }
    const jwk = { kty: 'RSA-HSM' as const, keyOps: ['wrapKey', 'unwrapKey'], t: file }
    const imported = await keys.importKey('ktr-byok', jwk, options)
    expect(Buffer.from(imported.key?.n ?? [])).toEqual(jwkOf(target).n)
    const damaged = Buffer.from(file.toString().replace(/"ciphertext":"..../, '"ciphertext":"AAAA'))
    expect(await refusal(keys.importKey('ktr-byok-2', { ...jwk, t: damaged }, options))).toBe(
      '400 BadParameter',
    )
    const stranger = await keys.getKey('ktr-backup-sql01')
    const foreign = byokFile(stranger, target.export({ format: 'der', type: 'pkcs8' }))
    expect(await refusal(keys.importKey('ktr-byok-2', { ...jwk, t: foreign }, options))).toBe(
      '400 BadParameter',
    )
  })

  const byokFile = (kek: KeyVaultKey, pkcs8: Buffer): Buffer => {
    const aes = randomBytes(32)
    const part = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('base64url')
    const publicKey = createPublicKey({
      key: { kty: 'RSA', n: part(kek.key?.n), e: part(kek.key?.e) },
      format: 'jwk',
    })
    const wrapped = publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      aes,
    )
    const ciphertext = Buffer.concat([wrapped, wrapPadded(aes, pkcs8)]).toString('base64url')
    return Buffer.from(
      JSON.stringify({
        schema_version: '1.0.0',
        header: { kid: kek.id, alg: 'dir', enc: 'CKM_RSA_AES_KEY_WRAP' },
        ciphertext,
        generator: 'test; none',
      }),
    )
  }
})

describe('rotation', () => {
  it('makes a version by hand, and by the policy when its day has come', async () => {
    const keys = stage.keys('ktr-vault-weu')
    await keys.createRsaKey('ktr-turning', { keySize: 2048 })
    const policy = await keys.updateKeyRotationPolicy('ktr-turning', {
      expiresIn: 'P1Y',
      lifetimeActions: [{ action: 'Rotate', timeBeforeExpiry: 'P30D' }],
    })
    expect(policy.lifetimeActions?.map(({ action }) => action)).toEqual(['Rotate', 'Notify'])
    expect((await keys.getKeyRotationPolicy('ktr-backup-sql01')).lifetimeActions).toMatchObject([
      { action: 'Notify', timeBeforeExpiry: 'P30D' },
    ])
    const turned = await keys.rotateKey('ktr-turning')
    const days = ((turned.properties.expiresOn?.getTime() ?? 0) - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(365)
    await stage.azure.order({ do: 'clock', days: 340 })
    const { version } = (await stage.keys('ktr-vault-weu').getKey('ktr-turning')).properties
    expect(version).not.toBe(turned.properties.version)
    expect(
      await refusal(
        keys.updateKeyRotationPolicy('ktr-turning', {
          lifetimeActions: [{ action: 'Rotate', timeAfterCreate: 'P3D' }],
        }),
      ),
    ).toBe('400 BadParameter')
  })
})

describe('a managed HSM', () => {
  it('makes HSM keys, wraps, gives random numbers; backups stay with it', async () => {
    const keys = stage.keys('ktr-hsm-weu')
    const key = await keys.createRsaKey('ktr-hsm-made', { keySize: 2048, hsm: true })
    const crypto = keys.getCryptographyClient('ktr-hsm-made')
    const wrapped = await crypto.wrapKey('RSA-OAEP-256', Buffer.from('dek'))
    expect(Buffer.from((await crypto.unwrapKey('RSA-OAEP-256', wrapped.result)).result).toString()).toBe(
      'dek',
    )
    expect(key.id).toContain('https://ktr-hsm-weu.managedhsm.azure.net/keys/')
    expect(await refusal(keys.createRsaKey('ktr-soft'))).toBe('400 BadParameter')
    expect((await keys.getRandomBytes(16)).length).toBe(16)
    const blob = (await keys.backupKey('ktr-hsm-made')) ?? Buffer.alloc(0)
    expect(await refusal(stage.keys('ktr-vault-weu').restoreKeyBackup(blob))).toBe('400 BadParameter')
    expect(await refusal(keys.rotateKey('ktr-hsm-made'))).toBe('400 BadParameter')
  })

  it('has roles of its own, on its own host', async () => {
    const roles = '/providers/Microsoft.Authorization/roleAssignments'
    const reader = stage.facts.applications.find(({ name }) => name === 'ktr-reader')?.objectId
    const properties = {
      roleDefinitionId:
        'Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/33413926-3206-4cdd-b39a-83574fe37a17',
      principalId: reader,
    }
    await stage.keys('ktr-hsm-weu').createEcKey('ktr-hsm-roles', { hsm: true })
    const theirs = stage.keys('ktr-hsm-weu', 'ktr-reader')
    expect(await refusal(theirs.getKey('ktr-hsm-roles'))).toBe('403 Forbidden ForbiddenByRbac')
    const name = 'cccccccc-0000-4000-8000-000000000001'
    expect(await hsm('PUT', `/keys${roles}/${name}`, { properties })).toBe(201)
    expect(await hsm('PUT', `/keys${roles}/${name}`, { properties })).toBe(409)
    expect(await refusal(theirs.getKey('ktr-hsm-roles'))).toBe('kept')
    expect(await refusal(theirs.createRsaKey('ktr-more', { hsm: true }))).toBe(
      '403 Forbidden ForbiddenByRbac',
    )
    expect(await hsm('GET', roles)).toBe(200)
    expect(await hsm('GET', '/providers/Microsoft.Authorization/roleDefinitions')).toBe(200)
    expect(await hsm('DELETE', `/keys${roles}/${name}`)).toBe(200)
    expect(await refusal(theirs.getKey('ktr-hsm-roles'))).toBe('403 Forbidden ForbiddenByRbac')
    expect(await hsm('PUT', `/elsewhere${roles}/${name}`, { properties })).toBe(400)
  })

  /** The client for keys has no call for roles. */
  const hsm = async (method: string, path: string, body?: unknown): Promise<number> => {
    const { token } = await stage.credential().getToken('https://managedhsm.azure.net/.default')
    const url = `https://ktr-hsm-weu.managedhsm.azure.net${path}?api-version=7.6`
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` }
      const sent = request(url, { method, agent: stage.agent, headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  it('that was never activated refuses, and says why', async () => {
    const attempt = stage.keys('ktr-hsm-new').getKey('ktr-any')
    await expect(attempt).rejects.toThrow('security domain has not been downloaded')
  })
})

describe('what the vault logs', () => {
  const logged = async (after?: string) => {
    const { entries = [] } = await stage.azure.order({
      do: 'audit',
      vault: 'ktr-vault-weu',
      key: 'ktr-tde-sql01',
      ...(after === undefined ? {} : { after }),
    })
    return entries
  }

  it('has name, caller and status of each operation, and the id that the reply had', async () => {
    const last = (await logged()).at(-1)?.id
    const ekm = stage.facts.applications.find(({ name }) => name === 'ktr-ekm-sql01')?.objectId
    const keys = stage.keys('ktr-vault-weu', 'ktr-ekm-sql01')
    let replied: string | undefined
    await keys.getKey('ktr-tde-sql01', {
      onResponse: ({ headers }) => (replied = headers.get('x-ms-request-id')),
    })
    const crypto = keys.getCryptographyClient('ktr-tde-sql01')
    const { result } = await crypto.wrapKey('RSA-OAEP-256', Buffer.from('dek'))
    await crypto.unwrapKey('RSA-OAEP-256', result)
    await refusal(crypto.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext: result }))
    const entries = await logged(last)
    const seen = entries.map(
      ({ operation, status, callerObjectId }) => `${operation} ${status} ${callerObjectId === ekm}`,
    )
    expect(seen).toEqual([
      'KeyGet 200 true',
      'KeyGet 200 true',
      'KeyWrap 200 true',
      'KeyUnwrap 200 true',
      'KeyDecrypt 403 true',
    ])
    expect(entries[0]?.requestId).toBe(replied)
  })
})
