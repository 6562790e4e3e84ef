import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { createServer as createHttpsServer, get } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import {
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { clientCertificatePem } from '../../../electron/targets/azure/certificate-pem.ts'
import { readFailure } from '../../../electron/targets/azure/failures.ts'
import { internetMeans, isAzureHost, rehearsalMeans } from '../../../electron/targets/azure/means.ts'
import { transportOptions } from '../../../electron/targets/azure/pipeline.ts'
import { withoutTokens } from '../../../electron/targets/azure/quoted.ts'
import { makeServerCertificate } from '../../../sandbox/common/server-certificate.ts'

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
      get({ host, path: '/', agent }).on('error', resolve)
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

describe('a proxy and a CA of Settings', () => {
  const { key, cert, ca } = makeServerCertificate(['localhost', 'management.azure.com'])
  const peer = createHttpsServer({ key, cert }, (_request, response) => response.end('{}'))
  const tunnels: string[] = []
  const proxy = createServer((_request, response) => response.writeHead(403).end())
  // Whatever host is asked for, the tunnel leads to the peer.
  proxy.on('connect', ({ url }, socket) => {
    tunnels.push(url ?? '')
    const beyond = connect(portOf(peer), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    beyond.on('error', () => socket.destroy())
    socket.on('error', () => beyond.destroy())
    beyond.pipe(socket).pipe(beyond)
  })
  const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port
  const proxyUrl = (): string => `http://127.0.0.1:${portOf(proxy)}`
  beforeAll(async () => {
    for (const server of [peer, proxy])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  beforeEach(() => {
    tunnels.length = 0
  })
  afterAll(() => {
    peer.closeAllConnections()
    for (const server of [peer, proxy]) server.close()
  })

  /** As every client of Azure asks. */
  const statusFrom = async (
    url: string,
    settings: { proxy: string; corporateCa: string },
  ): Promise<number> => {
    const means = internetMeans(settings)
    try {
      const pipeline = createPipelineFromOptions(transportOptions(means))
      return (await pipeline.sendRequest(createDefaultHttpClient(), createPipelineRequest({ url }))).status
    } finally {
      means.agent.destroy()
    }
  }

  const codeOf = (failed: unknown): string => {
    const host = 'management.azure.com'
    const asked = {
      service: 'arm',
      target: 'contoso',
      host,
      what: 'x',
      permission: '',
      principal: '',
    } as const
    return readFailure(failed, { ...asked, attempt: 1 }).problem.code
  }

  it('work together: the CA is trusted through the tunnel', async () => {
    const through = { proxy: proxyUrl(), corporateCa: ca }
    expect(await statusFrom('https://management.azure.com/', through)).toBe(200)
    expect(tunnels).toEqual(['management.azure.com:443'])
  })

  it('without that CA what answers through the tunnel is not trusted', async () => {
    const failed = await statusFrom('https://management.azure.com/', {
      proxy: proxyUrl(),
      corporateCa: '',
    }).catch((thrown: unknown) => thrown)
    expect(codeOf(failed)).toBe('azure-certificate-not-trusted')
  })

  it('left empty, no proxy is used, whatever the environment says', async () => {
    vi.stubEnv('HTTPS_PROXY', proxyUrl())
    try {
      const url = `https://localhost:${portOf(peer)}/`
      expect(await statusFrom(url, { proxy: '', corporateCa: ca })).toBe(200)
      expect(tunnels).toEqual([])
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('a proxy that refuses the tunnel is said as a service that did not answer', async () => {
    const refusing = createServer().on('connect', (_request, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'))
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
    const through = { proxy: `http://127.0.0.1:${portOf(refusing)}`, corporateCa: '' }
    const failed = await statusFrom('https://management.azure.com/', through).catch(
      (thrown: unknown) => thrown,
    )
    refusing.close()
    expect(codeOf(failed)).toBe('azure-unreachable')
  })

  it('leave the identity of this computer free to be used', () => {
    expect(internetMeans({ proxy: '', corporateCa: '' }).ambient).toBe(true)
  })
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
