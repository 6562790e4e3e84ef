import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { HsmToken } from '../../electron/ports/hsm.ts'
import {
  codeFrom,
  fakeModule,
  hsmStage,
  isRunning,
  keepTokenFiles,
  softToken,
  type HsmStage,
} from '../support/hsm-stage.ts'

const data = Buffer.from('x')

describe('the module’s process is killed', () => {
  let stage: HsmStage
  let token: HsmToken
  let logIn: () => Promise<void>
  let putBackEmptied: () => void
  const oaep = { kind: 'oaep', hash: 'sha1' } as const
  const keyWrap = { kind: 'aes-key-wrap', mechanism: 'CKM_AES_KEY_WRAP_PAD' } as const
  const inSession = { id: '', extractable: true, kept: 'session' } as const

  beforeAll(async () => {
    stage = hsmStage()
    const opened = await softToken(stage)
    ;({ token, logIn } = opened)
    await token.generateRsa({ label: 'k', id: 'aa', bits: 2048, extractable: true })
    putBackEmptied = keepTokenFiles(opened.simulated)
  })
  afterAll(() => stage.stop())

  const spki = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    type: 'spki',
    format: 'der',
  })
  type Handles = {
    privateKey: Parameters<HsmToken['destroy']>[0]
    publicKey: Parameters<HsmToken['destroy']>[0]
    aes: Parameters<HsmToken['destroy']>[0]
  }
  const handles = async (): Promise<Handles> => {
    const [privateKey] = await token.find({ id: 'aa', class: 'private' })
    const [publicKey] = await token.find({ id: 'aa', class: 'public' })
    const aes = await token.generateEphemeral()
    if (privateKey === undefined || publicKey === undefined) throw new Error('the pair is on the token')
    return { privateKey: privateKey.handle, publicKey: publicKey.handle, aes: aes.handle }
  }

  const operations: readonly (readonly [string, (at: Handles) => Promise<unknown>])[] = [
    ['reading the token', () => token.facts()],
    ['reading mechanisms', () => token.capabilities()],
    ['logging in', () => logIn()],
    ['logging out', () => token.logOut()],
    ['finding', () => token.find()],
    ['describing', ({ aes }) => token.describe(aes)],
    ['making an RSA key', () => token.generateRsa({ label: 'n', id: 'bb', bits: 3072, extractable: false })],
    [
      'making an EC key',
      () => token.generateEc({ label: 'n', id: 'cc', curve: 'P-256', extractable: false }),
    ],
    [
      'making an AES key',
      () =>
        token.generateAes({ label: 'n', id: 'dd', bits: 256, extractable: false, kept: 'token', uses: [] }),
    ],
    ['taking a public key in', () => token.usePublicKey(spki)],
    ['keeping a public key', () => token.keepPublicKey(spki, { label: 'n', id: 'ee' })],
    ['reading a check value', ({ aes }) => token.checkValue(aes)],
    [
      'taking a secret in',
      () =>
        token.importSecret(SecretBytes.take(randomBytes(32)), {
          ...inSession,
          label: 's',
          type: 'AES',
          uses: [],
        }),
    ],
    ['wrapping', ({ privateKey, aes }) => token.wrap({ key: privateKey, with: aes, how: keyWrap })],
    [
      'unwrapping',
      ({ aes }) =>
        token.unwrap({
          wrapped: randomBytes(1_224),
          with: aes,
          how: keyWrap,
          as: { ...inSession, label: 'u', class: 'private', type: 'RSA' },
        }),
    ],
    ['decrypting', ({ privateKey }) => token.decrypt(privateKey, oaep, randomBytes(256))],
    ['signing', ({ privateKey }) => token.sign(privateKey, 'rsa-pkcs1-sha256', data)],
    [
      'checking a signature',
      ({ publicKey }) => token.verify(publicKey, 'rsa-pkcs1-sha256', data, randomBytes(256)),
    ],
    ['naming', ({ privateKey }) => token.setLabel(privateKey, 'new')],
    ['locking', ({ aes }) => token.setNotExtractable(aes)],
    ['destroying', ({ aes }) => token.destroy(aes)],
    ['probing', () => token.probe()],
  ]

  it.each(operations)('while %s: a clear answer, no process left, the next call works', async (_, work) => {
    const at = await handles()
    const pid = stage.pids.at(-1) ?? -1
    // Asked first and killed in the same turn: it is under way, or never begins; both are answers.
    const answer = work(at).then(
      () => 'done',
      (thrown: unknown) => codeFrom(Promise.reject(thrown as Error)),
    )
    process.kill(pid, 'SIGKILL')
    expect(await answer).toMatch(/^(done|hsm-module-crashed|hsm-not-begun|hsm-handle-old|hsm-log-in-again)$/)
    await expect.poll(() => isRunning(pid)).toBe(false)
    putBackEmptied()
    expect((await token.facts()).serial).toBe(token.ref.serial)
    await logIn()
    // Whatever was being made is there once at most, and found by its id.
    for (const id of ['bb', 'cc', 'dd']) {
      const found = await token.find({ id })
      expect(new Set(found.map((key) => key.class)).size).toBe(found.length)
      for (const { handle } of found) await token.destroy(handle)
    }
    expect((await token.find({ id: 'aa' })).length).toBe(2)
    expect(stage.pids.filter(isRunning).length).toBe(1)
  })
})

describe('the program is killed', () => {
  it.each(['idle', 'hang'])('the module’s process ends with it: %s', async (state) => {
    const stage = hsmStage()
    const fake = fakeModule(stage.folder)
    const program = spawn(
      process.execPath,
      [join(import.meta.dirname, 'hsm-program.ts'), JSON.stringify(fake.ref), state],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let said = ''
    program.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await expect.poll(() => said).toMatch(/^\d+\nopen$/m)
    const pid = Number.parseInt(said, 10)
    expect(isRunning(pid)).toBe(true)
    if (state === 'hang') {
      fake.behave('hang-C_FindObjects 1')
      await expect.poll(() => fake.hangs()).toBe(true)
    }
    program.kill('SIGKILL')
    await expect.poll(() => isRunning(pid)).toBe(false)
    await stage.stop()
  })
})
