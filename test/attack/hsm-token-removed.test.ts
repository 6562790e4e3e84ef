import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { HsmHandle, HsmToken } from '../../electron/ports/hsm.ts'
import { codeFrom, hsmStage, softToken } from '../support/hsm-stage.ts'

const keyOf = async (token: HsmToken): Promise<HsmHandle> => {
  const [key] = await token.find({ class: 'private' })
  if (key === undefined) throw new Error('the token has a key')
  return key.handle
}

describe('a token that is removed while it is open', () => {
  it('says so, goes on after it is back and the PIN was typed, and lists nothing stale', async () => {
    const own = hsmStage()
    const { token, logIn } = await softToken(own)
    await token.generateRsa({ label: 'k', id: 'aa', bits: 2048, extractable: false })
    const away = (): void => renameSync(join(own.folder, 'tokens'), join(own.folder, 'away'))
    const back = (): void => renameSync(join(own.folder, 'away'), join(own.folder, 'tokens'))
    const works: readonly ((key: HsmHandle) => Promise<unknown>)[] = [
      () => token.find(),
      (key) => token.sign(key, 'rsa-pkcs1-sha256', Buffer.from('x')),
      () => token.generateRsa({ label: 'n', id: 'bb', bits: 2048, extractable: false }),
    ]
    for (const [time, work] of works.entries()) {
      const key = await keyOf(token)
      away()
      mkdirSync(join(own.folder, 'tokens'))
      expect(await codeFrom(work(key))).toBe('hsm-token-gone')
      expect(await codeFrom(token.facts())).toBe('hsm-token-not-found')
      renameSync(join(own.folder, 'tokens'), join(own.folder, `empty-${time}`))
      back()
      expect(await codeFrom(token.find())).toBe('hsm-log-in-again')
      await logIn()
      expect((await token.find({ class: 'private' })).map(({ id }) => id)).toEqual(['aa'])
    }
    await own.stop()
  })
})
