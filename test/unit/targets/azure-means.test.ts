import { generateKeyPairSync } from 'node:crypto'
import { get } from 'node:https'
import { describe, expect, it } from 'vitest'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { clientCertificatePem } from '../../../electron/targets/azure/certificate-pem.ts'
import { internetMeans, isAzureHost, rehearsalMeans } from '../../../electron/targets/azure/means.ts'
import { withoutTokens } from '../../../electron/targets/azure/quoted.ts'

describe('the agent of a rehearsal', () => {
  it.each([
    'example.com',
    'vault.azure.net',
    'a.b.vault.azure.net',
    'vault.azure.net.example.com',
    '169.254.169.254',
  ])('refuses %s before a connection is tried', async (host) => {
    const refused: string[] = []
    const simulated = { host: '127.0.0.1', port: 9, caPem: '' }
    const { agent } = rehearsalMeans(simulated, (asked) => {
      refused.push(asked)
      return new KeyturnError('not-in-rehearsal', { what: asked })
    })
    const failed = await new Promise<unknown>((resolve) => {
      get({ host, path: '/', ...(agent === undefined ? {} : { agent }) }).on('error', resolve)
    })
    expect(problemOf(failed).code).toBe('not-in-rehearsal')
    expect(refused).toEqual([host])
  })

  it.each([
    'login.microsoftonline.com',
    'management.azure.com',
    'graph.microsoft.com',
    'ktr-vault-weu.vault.azure.net',
    'KTR-HSM.managedhsm.azure.cn',
    'ktrescrow.blob.core.windows.net',
  ])('knows %s', (host) => expect(isAzureHost(host)).toBe(true))
})

it('a proxy and a CA of Settings reach the clients; without them nothing is set', () => {
  expect(internetMeans({ proxy: '', corporateCa: '' })).not.toHaveProperty('proxyOptions')
  const set = internetMeans({ proxy: 'http://proxy.example:3128', corporateCa: 'PEM' })
  expect(set.proxyOptions).toEqual({ host: 'http://proxy.example', port: 3128 })
  expect(set.tlsOptions?.ca).toContain('PEM')
  expect(set.ambient).toBe(true)
})

it('a text that quotes a token is shown without it', () => {
  expect(withoutTokens('you sent eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiIxIn0.c2ln', undefined)).toBe(
    'you sent «token»',
  )
})

describe('a client certificate', () => {
  const code = (pem: string): string => {
    try {
      clientCertificatePem(Buffer.from(pem), 'contoso')
      return 'accepted'
    } catch (thrown) {
      return problemOf(thrown).title
    }
  }
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  })

  it('without a certificate, without a key, with a passphrase or damaged is refused with what is wrong', () => {
    expect(code(String(key))).toContain('no certificate')
    const empty = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
    expect(code(empty)).toContain('no RSA private key')
    expect(code(`${String(key)}${empty}`)).toContain('damaged')
    const locked = String(key).replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY')
    expect(code(`${locked}${empty}`)).toContain('passphrase')
  })
})
