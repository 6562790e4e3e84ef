import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { HsmHandle, HsmToken } from '../../electron/ports/hsm.ts'
import {
  codeFrom,
  fakeModule,
  hsmStage,
  problemFrom,
  type FakeModule,
  type HsmStage,
} from '../support/hsm-stage.ts'

let stage: HsmStage
let fake: FakeModule
beforeAll(() => {
  stage = hsmStage()
  fake = fakeModule(stage.folder)
})
afterEach(() => fake.behave())
afterAll(() => stage.stop())

const pinOf = (): SecretBytes => SecretBytes.fromText('1234')
const opened = async (): Promise<HsmToken> => {
  const token = await stage.hsms.open(fake.ref)
  using pin = pinOf()
  await token.logIn(pin)
  return token
}
const keyOf = async (token: HsmToken): Promise<HsmHandle> => {
  const [key] = await token.find({ class: 'private' })
  if (key === undefined) throw new Error('the fake module has a key')
  return key.handle
}

describe('a token that somebody was logged in to', () => {
  it('forgets the login by itself: what it shows then is no answer, and the PIN is needed again', async () => {
    const token = await opened()
    expect(await token.find()).toHaveLength(1)
    fake.behave('drops-login 1')
    expect(await token.find({ onlyPublic: true })).toEqual([])
    expect(await codeFrom(token.find())).toBe('hsm-not-logged-in')
    fake.behave()
    expect(await codeFrom(token.find())).toBe('hsm-log-in-again')
    await token.close()
  })

  it('forgets the login before a key is made: an id that it does not show is not free', async () => {
    const token = await opened()
    fake.behave('drops-login 1')
    const wanted = { label: 'n', id: 'bb', bits: 2048, extractable: false } as const
    expect(await codeFrom(token.generateRsa(wanted))).toBe('hsm-not-logged-in')
    await token.close()
  })

  it('says in the midst of work that nobody is logged in: the login does not count any more', async () => {
    const token = await opened()
    const handle = await keyOf(token)
    fake.behave('refuse-C_Sign 257')
    const work = token.sign(handle, 'rsa-pkcs1-sha256', Buffer.from('x'))
    expect(await codeFrom(work)).toBe('hsm-not-logged-in')
    fake.behave()
    expect(await codeFrom(token.find())).toBe('hsm-log-in-again')
    await token.close()
  })

  it('comes back as another model with the same serial number: it gets no PIN and shows nothing', async () => {
    const token = await opened()
    fake.behave('refuse-C_GetSessionInfo 50')
    expect(await codeFrom(token.find())).toBe('hsm-token-gone')
    fake.behave('other-model 1')
    const before = fake.attempts()
    using pin = pinOf()
    const problem = await problemFrom(token.logIn(pin))
    expect(problem.code).toBe('hsm-identity-changed')
    expect(problem.title).toContain('model was fake, is another')
    expect(await codeFrom(token.find({ onlyPublic: true }))).toBe('hsm-identity-changed')
    expect(fake.attempts()).toBe(before)
    fake.behave()
    await token.logIn(pin)
    expect(await token.find()).toHaveLength(1)
    await token.close()
  })
})
