import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal, startStage, type Stage } from './azure-sandbox.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.end())

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
  })

  it('makes, changes, deletes and recovers a key', async () => {
    const keys = stage.keys('ktr-vault-weu')
    const made = await keys.createRsaKey('ktr-made', { keySize: 2048, tags: { run: '1' } })
    const second = await keys.createRsaKey('ktr-made', { keySize: 2048 })
    expect(second.properties.version).not.toBe(made.properties.version)
    const poller = await keys.beginDeleteKey('ktr-made', { intervalInMs: 5 })
    expect((await poller.pollUntilDone()).properties.recoveryId).toContain('/deletedkeys/ktr-made')
    expect(await refusal(keys.createRsaKey('ktr-made'))).toBe('409 Conflict ObjectIsDeletedButRecoverable')
    const recovery = await keys.beginRecoverDeletedKey('ktr-made', { intervalInMs: 5 })
    expect((await recovery.pollUntilDone()).properties.version).toBe(second.properties.version)
    expect(await refusal(keys.getKey('ktr-missing'))).toBe('404 KeyNotFound')
  })
})
