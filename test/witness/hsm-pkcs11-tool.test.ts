import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HsmKeyPair, HsmToken } from '../../electron/ports/hsm.ts'
import type { SimulatedToken } from '../../sandbox/hsm/make-token.ts'
import { hsmStage, softToken, type HsmStage } from '../support/hsm-stage.ts'

let stage: HsmStage
let token: HsmToken
let simulated: SimulatedToken
let pair: HsmKeyPair
beforeAll(async () => {
  stage = hsmStage()
  ;({ token, simulated } = await softToken(stage))
  pair = await token.generateRsa({ label: 'witness', id: 'ab12', bits: 2048, extractable: true })
  await token.generateAes({
    label: 'carrier',
    id: 'cd34',
    bits: 256,
    extractable: false,
    kept: 'token',
    uses: ['wrap'],
  })
})
afterAll(() => stage.stop())

/** The token and its PIN are simulated: they may stand in arguments here. */
const tool = (...args: string[]): string =>
  execFileSync(
    'pkcs11-tool',
    [
      '--module',
      simulated.module,
      '--token-label',
      simulated.label,
      '--login',
      '--pin',
      simulated.pin,
      ...args,
    ],
    {
      env: { PATH: process.env['PATH'], SOFTHSM2_CONF: simulated.configuration },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )

/** The description of one object, from its heading to the next. */
const objectOf = (list: string, heading: RegExp): string =>
  list.split(/^(?=\S.*Object)/m).find((part) => heading.test(part)) ?? `no ${heading} in\n${list}`

test('pkcs11-tool sees the keys with the ids, labels and attributes that we say', async () => {
  const list = tool('--list-objects')
  const mine = objectOf(list, /^Private Key Object; RSA/m)
  expect(mine).toMatch(/label:\s+witness/)
  expect(mine).toMatch(/ID:\s+ab12/)
  expect(mine).toMatch(/Access:.*sensitive.*always sensitive.*extractable.*local/s)
  expect(mine).not.toContain('never extractable')
  expect(mine).toMatch(/Usage:.*decrypt.*sign.*unwrap/s)
  expect(objectOf(list, /^Public Key Object; RSA 2048/m)).toMatch(/ID:\s+ab12/)
  const secret = objectOf(list, /^Secret Key Object; AES/m)
  expect(secret).toMatch(/Usage:\s+wrap/)
  expect(secret).toMatch(/never extractable/)
  await token.setNotExtractable(pair.privateKey.handle)
  expect(objectOf(tool('--list-objects'), /^Private Key Object; RSA/m)).toMatch(
    /Access:(?!.*\bextractable).*sensitive/,
  )
})

test('pkcs11-tool reads the same public key', () => {
  const file = join(stage.folder, 'public.der')
  tool('--read-object', '--type', 'pubkey', '--id', 'ab12', '--output-file', file)
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
  expect(sha256).toBe(pair.privateKey.spkiSha256)
})

test('OpenSSL takes a signature of the token, and pkcs11-tool makes the same one', async () => {
  const data = join(stage.folder, 'data')
  writeFileSync(data, 'what is signed')
  const ours = await token.sign(pair.privateKey.handle, 'rsa-pkcs1-sha256', readFileSync(data))
  const signature = join(stage.folder, 'signature')
  writeFileSync(signature, ours)
  const key = join(stage.folder, 'public.pem')
  const der = join(stage.folder, 'spki.der')
  writeFileSync(der, pair.publicKey.spki ?? '')
  execFileSync('openssl', ['pkey', '-pubin', '-inform', 'DER', '-in', der, '-out', key])
  const said = execFileSync('openssl', ['dgst', '-sha256', '-verify', key, '-signature', signature, data])
  expect(said.toString()).toContain('Verified OK')
  const theirs = join(stage.folder, 'theirs')
  tool(
    '--sign',
    '--mechanism',
    'SHA256-RSA-PKCS',
    '--id',
    'ab12',
    '--input-file',
    data,
    '--output-file',
    theirs,
  )
  expect(Uint8Array.from(readFileSync(theirs))).toEqual(ours)
})
