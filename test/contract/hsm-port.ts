import {
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
  verify as verifyHere,
} from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { HsmHandle, HsmProbe, Hsms, HsmToken, HsmTokenRef } from '../../electron/ports/hsm.ts'
import { codeFrom, problemFrom } from '../support/hsm-stage.ts'

export interface HsmBackend {
  hsms: Hsms
  ref: HsmTokenRef
  pin: string
  stop(): Promise<void>
}

const fresh = (): string => randomBytes(8).toString('hex')
const data = Buffer.from('what is signed')

/** What any token behind the port must do. It makes keys of its own and destroys them. */
export const hsmPortSuite = (name: string, start: () => Promise<HsmBackend>): void => {
  describe(`HSM port: ${name}`, () => {
    let backend: HsmBackend
    let token: HsmToken
    let probe: HsmProbe
    const made: string[] = []
    const newId = (): string => {
      const id = fresh()
      made.push(id)
      return id
    }
    const rsa = (extractable = true, id = newId()) =>
      token.generateRsa({ label: `keyturn test ${id}`, id, bits: 2048, extractable })

    beforeAll(async () => {
      backend = await start()
      token = await backend.hsms.open(backend.ref)
      using pin = SecretBytes.fromText(backend.pin)
      await token.logIn(pin)
      probe = await token.probe()
    })

    afterAll(async () => {
      for (const id of made) for (const { handle } of await token.find({ id })) await token.destroy(handle)
      await token.close()
      await backend.stop()
    })

    it('looks at the module’s file, and shows its slots and tokens without a PIN', async () => {
      const { module, serial } = backend.ref
      const facts = await backend.hsms.inspect(module.path)
      expect(facts).toMatchObject({ path: module.path, sha256: module.sha256 })
      const view = await backend.hsms.slots(module)
      const shown = view.slots.find((slot) => slot.token?.serial === serial)
      expect(shown?.token).toMatchObject({ serial, initialised: true, loginRequired: true })
      expect(view.cryptoki).toMatch(/^\d+\.\d+$/)
    })

    it('says in words what the token can do for each job', async () => {
      const { mechanisms, abilities, token: facts } = await backend.hsms.capabilities(backend.ref)
      expect(facts.serial).toBe(backend.ref.serial)
      expect(mechanisms.map(({ name: mechanism }) => mechanism)).toContain('CKM_RSA_PKCS_KEY_PAIR_GEN')
      const of = Object.fromEntries(abilities.map(({ ability, verdict }) => [ability, verdict]))
      expect(of).toMatchObject({
        'rsa-2048': 'yes',
        'rsa-3072': 'yes',
        'aes-256': 'yes',
        'sign-rsa-sha256': 'yes',
      })
      expect(of['wrap-kwp']).not.toBe('yes')
      for (const { words } of abilities) expect(words.length).toBeGreaterThan(10)
      expect((await token.capabilities()).abilities).toEqual(abilities)
    })

    it('probes what its key wrap does, and leaves nothing behind', async () => {
      expect(probe.moduleSha256).toBe(backend.ref.module.sha256)
      expect(probe.use?.verdict).toMatch(/^(exact|zero-padded)$/)
      expect(probe.oaep.sha1 || probe.oaep.sha256).toBe(true)
      expect(await token.find({ label: 'keyturn-probe' })).toEqual([])
    })

    it('makes an RSA key with the run’s mark, sensitive, once, and finds it by the mark', async () => {
      const id = newId()
      const { privateKey, publicKey } = await rsa(true, id)
      expect(privateKey).toMatchObject({ class: 'private', type: 'RSA', id, bits: 2048, kept: 'token' })
      expect(privateKey.attributes).toMatchObject({
        private: true,
        sensitive: true,
        alwaysSensitive: true,
        extractable: true,
        neverExtractable: false,
        local: true,
      })
      expect(privateKey.spkiSha256).toBe(publicKey.spkiSha256)
      expect(privateKey.spkiSha256).toMatch(/^[0-9a-f]{64}$/)
      expect(await token.find({ id, class: 'private' })).toEqual([privateKey])
      expect((await token.find({ id })).length).toBe(2)
      expect(await codeFrom(rsa(true, id))).toBe('hsm-id-taken')
      expect((await token.find({ id })).length).toBe(2)
      expect(await token.describe(publicKey.handle)).toEqual(publicKey)
    })

    it('signs with RSA so that Node agrees, and checks signatures itself', async () => {
      const { privateKey, publicKey } = await rsa()
      const key = createPublicKey({ key: Buffer.from(privateKey.spki ?? []), type: 'spki', format: 'der' })
      const signature = await token.sign(privateKey.handle, 'rsa-pkcs1-sha256', data)
      expect(verifyHere('sha256', data, key, signature)).toBe(true)
      expect(await token.verify(publicKey.handle, 'rsa-pkcs1-sha256', data, signature)).toBe(true)
      expect(await token.verify(publicKey.handle, 'rsa-pkcs1-sha256', Buffer.from('other'), signature)).toBe(
        false,
      )
      const short = signature.subarray(1)
      expect(await token.verify(publicKey.handle, 'rsa-pkcs1-sha256', data, short)).toBe(false)
      const pss = await token.sign(privateKey.handle, 'rsa-pss-sha256', data)
      expect(verifyHere('sha256', data, { key, padding: 6, saltLength: 32 }, pss)).toBe(true)
    })

    it('makes an EC key that signs so that Node agrees', async () => {
      const id = newId()
      const { privateKey, publicKey } = await token.generateEc({
        label: 'ec',
        id,
        curve: 'P-256',
        extractable: false,
      })
      expect(privateKey).toMatchObject({ type: 'EC', curve: 'P-256', bits: 256 })
      expect(privateKey.spkiSha256).toBe(publicKey.spkiSha256)
      const key = createPublicKey({ key: Buffer.from(privateKey.spki ?? []), type: 'spki', format: 'der' })
      const signature = await token.sign(privateKey.handle, 'ecdsa-sha256', data)
      expect(verifyHere('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
      expect(await token.verify(publicKey.handle, 'ecdsa-sha256', data, signature)).toBe(true)
    })

    it('makes an AES key on the token, with its check value where the token gives one', async () => {
      const id = newId()
      const key = await token.generateAes({
        label: 'aes',
        id,
        bits: 256,
        extractable: false,
        kept: 'token',
        uses: ['wrap'],
      })
      expect(key).toMatchObject({ class: 'secret', type: 'AES', bits: 256, kept: 'token', spki: null })
      expect(key.attributes).toMatchObject({ sensitive: true, extractable: false, wrap: true, unwrap: false })
      expect(key.checkValue ?? '000000').toMatch(/^[0-9a-f]{6}$/)
      const again = token.generateAes({
        label: 'aes',
        id,
        bits: 256,
        extractable: false,
        kept: 'token',
        uses: [],
      })
      expect(await codeFrom(again)).toBe('hsm-id-taken')
    })

    it('carries an RSA key out under a recipient’s key, and the copy back in signs the same', async () => {
      const { privateKey } = await rsa()
      const recipient = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const kek = await token.usePublicKey(recipient.publicKey.export({ type: 'spki', format: 'der' }))
      const temporary = await token.generateEphemeral()
      const hash = probe.oaep.sha256 ? 'sha256' : 'sha1'
      const wrappedTemporary = await token.wrap({
        key: temporary.handle,
        with: kek.handle,
        how: { kind: 'oaep', hash },
      })
      expect(privateDecrypt({ key: recipient.privateKey, oaepHash: hash }, wrappedTemporary).length).toBe(32)
      const mechanism = probe.use?.mechanism ?? 'CKM_AES_KEY_WRAP_PAD'
      const how = { kind: 'aes-key-wrap', mechanism } as const
      const wrapped = await token.wrap({ key: privateKey.handle, with: temporary.handle, how })
      const as = {
        label: 'copy',
        id: '',
        extractable: false,
        kept: 'session',
        class: 'private',
        type: 'RSA',
      } as const
      const copy = await token.unwrap({ wrapped, with: temporary.handle, how, as })
      expect(copy.spkiSha256).toBe(privateKey.spkiSha256)
      expect(copy.attributes).toMatchObject({ alwaysSensitive: false, local: false, extractable: false })
      const signature = await token.sign(copy.handle, 'rsa-pkcs1-sha256', data)
      expect(signature).toEqual(await token.sign(privateKey.handle, 'rsa-pkcs1-sha256', data))
      const damaged = Uint8Array.from(wrapped)
      damaged[20] = (damaged[20] ?? 0) ^ 1
      const refused = token.unwrap({ wrapped: damaged, with: temporary.handle, how, as })
      expect(await codeFrom(refused)).toBe('hsm-unwrap-refused')
      for (const { handle } of [copy, temporary, kek]) await token.destroy(handle)
    })

    it('keeps a public key beside a private half, once', async () => {
      const spki = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
        type: 'spki',
        format: 'der',
      })
      const id = randomBytes(8).toString('hex')
      const kept = await token.keepPublicKey(spki, { label: 'kept', id })
      expect(kept).toMatchObject({ class: 'public', kept: 'token', label: 'kept', id })
      expect(Buffer.from(kept.spki ?? []).equals(spki)).toBe(true)
      expect(await codeFrom(token.keepPublicKey(spki, { label: 'kept', id }))).toBe('hsm-id-taken')
      expect(await codeFrom(token.keepPublicKey(spki, { label: '', id }))).toBe('hsm-request')
      expect(await codeFrom(token.keepPublicKey(randomBytes(80), { label: 'x', id: 'aa' }))).toBe(
        'hsm-public-key',
      )
      await token.destroy(kept.handle)
    })

    it('gives the check value of an AES key that encrypts, as the standard defines it', async () => {
      const named = { label: 'kcv', id: '', extractable: false, kept: 'session', type: 'AES' } as const
      using zeros = SecretBytes.take(Buffer.alloc(32))
      const key = await token.importSecret(zeros, { ...named, uses: ['encrypt'] })
      expect(await token.checkValue(key.handle)).toBe('dc95c0')
      using other = SecretBytes.take(randomBytes(32))
      const mute = await token.importSecret(other, { ...named, uses: ['wrap'] })
      expect(await codeFrom(token.checkValue(mute.handle))).toBe('hsm-mechanism')
      for (const { handle } of [key, mute]) await token.destroy(handle)
    })

    it('takes a secret key in and unwraps another with RSA', async () => {
      const { privateKey, publicKey } = await rsa(false)
      using value = SecretBytes.take(randomBytes(32))
      const secret = {
        label: 'in',
        id: '',
        extractable: true,
        type: 'AES',
        kept: 'session',
        uses: ['wrap'],
      } as const
      const taken = await token.importSecret(value, secret)
      expect(taken.attributes).toMatchObject({ sensitive: true, extractable: true, local: false })
      const how = { kind: 'oaep', hash: probe.oaep.sha256 ? 'sha256' : 'sha1' } as const
      const wrapped = await token.wrap({ key: taken.handle, with: publicKey.handle, how })
      using clear = await token.decrypt(privateKey.handle, how, wrapped)
      expect(clear.use((bytes) => value.use((wanted) => bytes.equals(wanted)))).toBe(true)
      const as = {
        label: 'back',
        id: '',
        extractable: false,
        kept: 'session',
        class: 'secret',
        type: 'AES',
        uses: [],
      } as const
      const back = await token.unwrap({ wrapped, with: privateKey.handle, how, as })
      expect(back).toMatchObject({ type: 'AES', kept: 'session' })
      // SoftHSM says neither the length nor the check value of a key that it unwrapped.
      expect([256, null]).toContain(back.bits)
      expect([taken.checkValue, null]).toContain(back.checkValue)
      expect(await codeFrom(token.decrypt(privateKey.handle, how, randomBytes(256)))).toBe(
        'hsm-decrypt-refused',
      )
    })

    it('locks a key for good: not extractable, not wrapped again', async () => {
      const { privateKey } = await rsa()
      const temporary = await token.generateEphemeral()
      const locked = await token.setNotExtractable(privateKey.handle)
      expect(locked.attributes.extractable).toBe(false)
      expect((await token.setNotExtractable(privateKey.handle)).attributes.extractable).toBe(false)
      const mechanism = probe.use?.mechanism ?? 'CKM_AES_KEY_WRAP_PAD'
      const wrapped = token.wrap({
        key: privateKey.handle,
        with: temporary.handle,
        how: { kind: 'aes-key-wrap', mechanism },
      })
      const problem = await problemFrom(wrapped)
      expect(problem.code).toBe('hsm-not-extractable')
      expect(problem.vendor).toEqual({ system: 'pkcs11', number: 0x6a, text: 'CKR_KEY_UNEXTRACTABLE' })
    })

    it('names a key anew, and destroys it', async () => {
      const id = newId()
      const { privateKey, publicKey } = await rsa(false, id)
      expect((await token.setLabel(privateKey.handle, 'Schlüssel № 1')).label).toBe('Schlüssel № 1')
      expect((await token.find({ label: 'Schlüssel № 1' })).map((key) => key.id)).toContain(id)
      await token.destroy(privateKey.handle)
      await token.destroy(publicKey.handle)
      expect(await token.find({ id })).toEqual([])
      expect(await codeFrom(token.describe(privateKey.handle))).toBe('hsm-object-gone')
      expect(await codeFrom(token.destroy(privateKey.handle))).toBe('hsm-object-gone')
    })

    it('refuses a handle of an earlier session, of another token and of nobody', async () => {
      const other = await backend.hsms.open(backend.ref)
      const { handle } = await token.generateEphemeral()
      try {
        using pin = SecretBytes.fromText(backend.pin)
        await other.logIn(pin)
        expect(await codeFrom(other.describe(handle))).toBe('hsm-handle-old')
      } finally {
        await other.close()
      }
      for (const forged of ['', '5', `${handle}00`, `.${handle}`])
        expect(await codeFrom(token.describe(forged as HsmHandle))).toBe('hsm-handle-old')
      await token.destroy(handle)
    })

    it('shows only public keys to who is not logged in, and says so', async () => {
      const other = await backend.hsms.open(backend.ref)
      try {
        expect(await codeFrom(other.find())).toBe('hsm-not-logged-in')
        const shown = await other.find({ onlyPublic: true })
        expect(shown.every(({ attributes }) => attributes.private !== true)).toBe(true)
        using pin = SecretBytes.fromText(backend.pin)
        await other.logIn(pin)
        await other.logIn(pin)
        await other.find({ id: 'ff' })
        await other.logOut()
        await other.logOut()
        expect(await codeFrom(other.find())).toBe('hsm-not-logged-in')
      } finally {
        await other.close()
      }
      expect(await codeFrom(other.facts())).toBe('hsm-closed')
    })

    it('names the field of a request that can’t be used', async () => {
      const request = { label: 'x', id: 'aa', bits: 2048, extractable: false } as const
      for (const bad of [
        { ...request, label: '' },
        { ...request, label: 'a\nb' },
        { ...request, label: 'x'.repeat(129) },
        { ...request, id: '' },
        { ...request, id: 'abc' },
        { ...request, id: 'zz' },
        { ...request, id: 'aa'.repeat(33) },
      ])
        expect(await codeFrom(token.generateRsa(bad))).toBe('hsm-request')
      expect(await codeFrom(token.usePublicKey(randomBytes(80)))).toBe('hsm-public-key')
      const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
      expect(
        await codeFrom(token.usePublicKey(small.publicKey.export({ type: 'spki', format: 'der' }))),
      ).toBe('hsm-public-key')
    })

    it('does not open a token whose serial number is not there', async () => {
      expect(await codeFrom(backend.hsms.open({ ...backend.ref, serial: 'none of these' }))).toBe(
        'hsm-token-not-found',
      )
    })
  })
}
