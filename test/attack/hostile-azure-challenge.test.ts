/**
 * Attack: a vault that asks for the wrong sign-in, or for none. No token goes out for it, and no key that is imported goes
 * out before a challenge was answered or without a token; every request is heard.
 */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { KeyVault } from '../../electron/ports/key-vault.ts'
import { vaultRefOfTests } from '../contract/azure-program.ts'
import {
  audienceOf,
  audiences,
  challenge,
  directory,
  expectNothingLeaked,
  foreignHost,
  otherTenant,
  refusalOf,
  startHostilePeer,
  vaultHost,
  type HostilePeer,
  type Lie,
} from './hostile-azure-peer.ts'

let peer: HostilePeer
beforeAll(async () => {
  peer = await startHostilePeer()
})
afterAll(() => peer.close())
beforeEach(() => {
  peer.heard.length = 0
  peer.lie = () => null
})

afterEach(() => expectNothingLeaked(peer.heard))

describe('a challenge', () => {
  const lies: readonly (readonly [string, Lie, string])[] = [
    ['another tenant', challenge(otherTenant), 'vault-other-tenant'],
    ['another authority', challenge(undefined, { at: foreignHost }), 'azure-answer'],
    ['another resource', challenge(undefined, { resource: `https://${directory}` }), 'azure-answer'],
    ['a resource above ours', challenge(undefined, { resource: 'https://azure.net' }), 'azure-answer'],
    ['no resource', { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: {} }, 'azure-answer'],
  ]
  it.each(lies)('that names %s gets no token, at the door', async (_what, lie, code) => {
    peer.lie = ({ host }) => (host === vaultHost ? lie : null)
    expect(await refusalOf(peer.stage().azure.vaults.open(vaultRefOfTests))).toBe(code)
    expect(peer.heard.filter(({ host, token }) => host === vaultHost && token !== '')).toEqual([])
  })

  it.each(lies)('that names %s gets no token, after a door that was honest', async (_what, lie, code) => {
    let asked = 0
    peer.lie = ({ host }) => {
      if (host !== vaultHost) return null
      asked += 1
      return asked === 1 ? null : lie
    }
    expect(await refusalOf(peer.stage().azure.vaults.open(vaultRefOfTests))).toBe(code)
    expect(peer.heard.filter(({ host, token }) => host === vaultHost && token !== '')).toEqual([])
  })

  it.each(lies.slice(0, 4))('that names %s in the middle gets no other token', async (_what, lie, code) => {
    const vault = await peer.stage().azure.vaults.open(vaultRefOfTests)
    const before = peer.heard.length
    peer.lie = ({ host }) => (host === vaultHost ? lie : null)
    expect(await refusalOf(vault.key('kt-key'))).toBe(code)
    expect(peer.heard.slice(before).map(({ host }) => host)).toEqual([vaultHost])
  })

  it.each([200, 204, 404])(
    'is missed where the door answers %i: what answers is no vault',
    async (status) => {
      peer.lie = ({ host }) => (host === vaultHost ? { status, body: status === 204 ? '' : {} } : null)
      expect(await refusalOf(peer.stage().azure.vaults.open(vaultRefOfTests))).toBe('azure-answer')
      expect(peer.heard.filter(({ host, token }) => host === vaultHost && token !== '')).toEqual([])
    },
  )

  it('without end is not followed', async () => {
    const vault = await peer.stage().azure.vaults.open(vaultRefOfTests)
    const before = peer.heard.length
    peer.lie = ({ host }) => (host === vaultHost ? challenge() : null)
    expect(await refusalOf(vault.key('kt-key'))).toBe('vault-token-refused')
    expect(peer.heard.length - before).toBeLessThan(6)
  })
})

describe('the first request of a client', () => {
  const material = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const importing = async (vault: KeyVault): Promise<string> => {
    using der = SecretBytes.take(material.export({ type: 'pkcs8', format: 'der' }))
    return refusalOf(
      vault.importKey({ name: 'kt-in', mark: 'abcd2345', material: { kind: 'pkcs8', der, hardware: false } }),
    )
  }
  const d = material.export({ format: 'jwk' }).d ?? ''
  const toVault = () => peer.heard.filter(({ host }) => host === vaultHost)

  it('carries no body, and none goes without a token: a key that is imported goes once, after the challenge', async () => {
    const vault = await peer.stage().azure.vaults.open(vaultRefOfTests)
    await Promise.all([importing(vault), importing(vault), vault.key('kt-key')])
    const bodies = toVault().filter(({ body }) => body !== '')
    expect(bodies).toHaveLength(2)
    for (const { token, body, method } of bodies) {
      expect(method).toBe('PUT')
      expect(body).toContain(d)
      expect(audienceOf(token)).toBe(audiences[vaultHost])
    }
    const first = peer.heard.findIndex(({ host, token }) => host === vaultHost && token !== '')
    expect(peer.heard.slice(0, first).some(({ body }) => body.includes(d))).toBe(false)
  })

  it.each([403, 404, 200, 429])(
    'answered %i instead of a challenge leaves no way for a body',
    async (status) => {
      let asked = 0
      // Honest at the door, then never a challenge: the client's first request stays open.
      peer.lie = ({ host, token }) => {
        if (host !== vaultHost || token !== '') return null
        asked += 1
        const error = { code: 'Forbidden', message: 'no', innererror: { code: 'ForbiddenByRbac' } }
        return asked === 1 ? null : { status, body: status === 200 ? { value: [] } : { error } }
      }
      const stage = peer.stage()
      const opened = await stage.azure.vaults.open(vaultRefOfTests).catch(() => null)
      if (opened !== null) expect(await importing(opened)).toBe('azure-answer')
      expect(toVault().filter(({ body }) => body !== '')).toEqual([])
    },
  )

  it('of a managed or challenged-again client sends the body only with the new token', async () => {
    const vault = await peer.stage().azure.vaults.open(vaultRefOfTests)
    let refused = 0
    peer.lie = ({ host, path }) => {
      if (host !== vaultHost || !path.startsWith('/keys/kt-in') || refused > 0) return null
      refused += 1
      return challenge()
    }
    await importing(vault)
    expect(refused).toBe(1)
    for (const { token } of toVault().filter(({ body }) => body !== '')) expect(token).not.toBe('')
  })
})
