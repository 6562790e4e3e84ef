import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  type DeviceCodeInfo,
} from '@azure/identity'
import {
  bearerTokenAuthenticationPolicy,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  createDefaultHttpClient,
  type HttpMethods,
} from '@azure/core-rest-pipeline'
import { KeyClient } from '@azure/keyvault-keys'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { noRetries, startStage, type Stage, type Who } from './azure-sandbox.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.end())
afterEach(() => stage.calm())

const VAULT = 'https://vault.azure.net/.default'
const options = () => ({ agent: stage.agent, ...noRetries })
const application = (name: Who) => {
  const found = stage.facts.applications.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no application ${name}`)
  return found
}
const withSecret = (clientId: string, secret: string, tenant = stage.facts.tenantId) =>
  new ClientSecretCredential(tenant, clientId, secret, options()).getToken(VAULT)

/** Graph has no client among ours: the same pipeline as the others. */
const graph = async (method: HttpMethods, path: string, body?: unknown, who: Who = 'ktr-operator') => {
  const pipeline = createPipelineFromOptions({ agent: stage.agent, ...noRetries })
  pipeline.addPolicy(
    bearerTokenAuthenticationPolicy({
      credential: stage.credential(who),
      scopes: 'https://graph.microsoft.com/.default',
    }),
  )
  const { status, bodyAsText } = await pipeline.sendRequest(
    createDefaultHttpClient(),
    createPipelineRequest({
      url: `https://graph.microsoft.com/v1.0/${path}`,
      method,
      agent: stage.agent,
      headers: createHttpHeaders(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
  return { status, body: (bodyAsText ? JSON.parse(bodyAsText) : null) as Reply }
}
interface Reply {
  id: string
  appId: string
  keyId: string
  secretText: string | null
  hint: string
  endDateTime: string
  displayName: string
  value: Reply[]
  passwordCredentials: Reply[]
  error?: { code: string }
  '@odata.nextLink'?: string
}

describe('tokens for a client secret', () => {
  it('have the shape of version 1 tokens', async () => {
    const { token } = await withSecret(
      application('ktr-operator').clientId,
      application('ktr-operator').secret,
    )
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >
    expect(claims).toMatchObject({
      aud: 'https://vault.azure.net',
      iss: `https://sts.windows.net/${stage.facts.tenantId}/`,
      tid: stage.facts.tenantId,
      appid: application('ktr-operator').clientId,
      oid: application('ktr-operator').objectId,
      ver: '1.0',
    })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(3599)
  })

  it.each([
    ['AADSTS7000215', 'a wrong secret', () => withSecret(application('ktr-operator').clientId, 'wrong')],
    ['AADSTS700016', 'no such application', () => withSecret('11111111-1111-4111-8111-111111111111', 'x')],
    [
      'AADSTS90002',
      'no such tenant',
      () => withSecret(application('ktr-operator').clientId, 'x', '22222222-2222-4222-8222-222222222222'),
    ],
    [
      'AADSTS500011',
      'no such resource',
      () =>
        new ClientSecretCredential(
          stage.facts.tenantId,
          application('ktr-operator').clientId,
          application('ktr-operator').secret,
          options(),
        ).getToken('https://nothing.test/.default'),
    ],
  ] as const)('%s: %s', async (number, _what, attempt) => {
    await expect(attempt()).rejects.toThrow(number)
  })

  it('AADSTS7000222 once the secret has ended: by order, and when its day has come', async () => {
    const { clientId, secret } = application('ktr-ekm-sql01')
    expect((await withSecret(clientId, secret)).token).not.toBe('')
    await stage.azure.order({ do: 'clock', days: 13 })
    await expect(withSecret(clientId, secret)).rejects.toThrow('AADSTS7000222')
    await stage.azure.order({ do: 'clock' })
    expect((await withSecret(clientId, secret)).token).not.toBe('')
    await stage.azure.order({ do: 'expireSecret', application: 'ktr-ekm-sql01' })
    await expect(withSecret(clientId, secret)).rejects.toThrow('AADSTS7000222')
  })

  it('AADSTS7000112 for a disabled application; its tokens end too', async () => {
    const { clientId, secret } = application('ktr-reader')
    await stage.azure.order({ do: 'enablePrincipal', principal: 'ktr-reader', enabled: false })
    await expect(withSecret(clientId, secret)).rejects.toThrow('AADSTS7000112')
    await stage.azure.order({ do: 'enablePrincipal', principal: 'ktr-reader', enabled: true })
  })
})

describe('tokens for a certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-certificate-'))
  const file = (name: string): string => join(folder, name)
  const makeCertificate = (name: string): void => {
    const outputs = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)]
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`, ...outputs],
      {
        stdio: 'ignore',
      },
    )
  }
  const pem = (name: string): string =>
    readFileSync(file(`${name}.key`), 'utf8') + readFileSync(file(`${name}.crt`), 'utf8')
  const attempt = (name: string) =>
    new ClientCertificateCredential(
      stage.facts.tenantId,
      application('ktr-operator').clientId,
      { certificate: pem(name) },
      options(),
    ).getToken(VAULT)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('are issued for the registered certificate only', async () => {
    for (const name of ['ktr-known', 'ktr-strange']) makeCertificate(name)
    const [found] = (
      await graph('GET', `applications?$filter=appId eq '${application('ktr-operator').clientId}'`)
    ).body.value
    const key = readFileSync(file('ktr-known.crt'), 'utf8').replace(/-----[^-]+-----|\s/g, '')
    const change = {
      keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', key, displayName: 'ktr' }],
    }
    expect((await graph('PATCH', `applications/${found?.id}`, change)).status).toBe(204)
    expect((await attempt('ktr-known')).token).not.toBe('')
    await expect(attempt('ktr-strange')).rejects.toThrow('AADSTS700027')
    // The assertion is dated by the client's clock, which does not move with the estate.
    await stage.azure.order({ do: 'clock', days: 20 })
    expect((await attempt('ktr-known')).token).not.toBe('')
    await stage.azure.order({ do: 'clock', days: 31 })
    await expect(attempt('ktr-known')).rejects.toThrow('AADSTS700024')
  })
})

describe('device code', () => {
  const signIn = (answer: (info: DeviceCodeInfo) => Promise<unknown>) =>
    new DeviceCodeCredential({
      tenantId: stage.facts.tenantId,
      userPromptCallback: (info) => void answer(info),
      ...options(),
    })

  it('signs a person in, who then works with a vault', async () => {
    const credential = signIn(({ userCode }) =>
      stage.azure.order({ do: 'deviceSignIn', userCode, user: stage.facts.user.userPrincipalName }),
    )
    await credential.authenticate(VAULT)
    const keys = new KeyClient('https://ktr-vault-weu.vault.azure.net', credential, options())
    expect((await keys.getKeyRotationPolicy('ktr-tde-sql01')).lifetimeActions).toHaveLength(1)
    // Silently, for another service: with the refresh token.
    expect((await credential.getToken('https://management.azure.com/.default')).token).not.toBe('')
  })

  it('says that the person declined', async () => {
    const credential = signIn(({ userCode }) =>
      stage.azure.order({ do: 'deviceSignIn', userCode, user: null }),
    )
    await expect(credential.authenticate(VAULT)).rejects.toThrow(/70021|declined/)
  })
})

describe('Microsoft Graph', () => {
  it('registers an application with service principal and secret, shown once', async () => {
    const made = await graph('POST', 'applications', { displayName: 'made-new' })
    expect(made.status).toBe(201)
    const principal = await graph('POST', 'servicePrincipals', { appId: made.body.appId })
    expect([principal.status, principal.body.displayName]).toEqual([201, 'made-new'])
    const again = await graph('POST', 'servicePrincipals', { appId: made.body.appId })
    expect([again.status, again.body.error?.code]).toEqual([409, 'Request_MultipleObjectsWithSameKeyValue'])
    const endDateTime = new Date(Date.now() + 180 * 86_400_000).toISOString()
    const added = await graph('POST', `applications/${made.body.id}/addPassword`, {
      passwordCredential: { displayName: 'ktr run 1', endDateTime },
    })
    expect(added.body.secretText?.startsWith(added.body.hint)).toBe(true)
    expect((await withSecret(made.body.appId, added.body.secretText ?? '')).token).not.toBe('')
    const read = await graph('GET', `applications/${made.body.id}`)
    expect(read.body.passwordCredentials).toMatchObject([
      { keyId: added.body.keyId, displayName: 'ktr run 1', secretText: null, endDateTime },
    ])
    const removed = await graph('POST', `applications(appId='${made.body.appId}')/removePassword`, {
      keyId: added.body.keyId,
    })
    expect(removed.status).toBe(204)
    await expect(withSecret(made.body.appId, added.body.secretText ?? '')).rejects.toThrow('AADSTS7000215')
    expect((await graph('DELETE', `applications/${made.body.id}`)).status).toBe(204)
    expect((await graph('GET', `servicePrincipals/${principal.body.id}`)).status).toBe(404)
  })

  it('a new secret works after a moment, as the directory spreads', async () => {
    const { appId, id } = (await graph('POST', 'applications', { displayName: 'made-late' })).body
    await graph('POST', 'servicePrincipals', { appId })
    await stage.azure.order({ do: 'settings', change: { directoryDelayMs: 600_000 } })
    await expect(withSecret(appId, 'x')).rejects.toThrow('AADSTS700016')
    await stage.azure.order({ do: 'clock', seconds: 700 })
    const { secretText } = (await graph('POST', `applications/${id}/addPassword`, {})).body
    await expect(withSecret(appId, secretText ?? '')).rejects.toThrow('AADSTS7000215')
    await stage.azure.order({ do: 'clock', seconds: 1400 })
    expect((await withSecret(appId, secretText ?? '')).token).not.toBe('')
    await graph('DELETE', `applications/${id}`)
  })

  it('refuses a secret of more than 24 months, and one that ends before it begins', async () => {
    const [found] = (await graph('GET', "applications?$filter=displayName eq 'ktr-operator'")).body.value
    const attempt = async (days: number) => {
      const endDateTime = new Date(Date.now() + days * 86_400_000).toISOString()
      const { status, body } = await graph('POST', `applications/${found?.id}/addPassword`, {
        passwordCredential: { endDateTime },
      })
      return `${status} ${body.error?.code}`
    }
    expect(await attempt(800)).toBe('400 CredentialInvalidLifetimeAsPerAppPolicy')
    expect(await attempt(-1)).toBe('400 Request_BadRequest')
  })

  it('finds by name and id, in pages, with the fields that are asked for', async () => {
    const all = await graph(
      'GET',
      "applications?$filter=startswith(displayName,'ktr-')&$select=displayName&$top=2",
    )
    expect(all.body.value).toEqual([{ displayName: 'ktr-operator' }, { displayName: 'ktr-reader' }])
    const next = (all.body['@odata.nextLink'] ?? '').replace('https://graph.microsoft.com/v1.0/', '')
    expect((await graph('GET', next)).body.value).toEqual([{ displayName: 'ktr-ekm-sql01' }])
    const ids = [application('ktr-ekm-sql01').objectId, stage.facts.user.objectId]
    const named = await graph('POST', 'directoryObjects/getByIds', { ids })
    expect(named.body.value.map(({ displayName }) => displayName)).toEqual(['ktr-ekm-sql01', 'ktr DBA'])
    expect((await graph('GET', 'organization')).body.value).toMatchObject([{ id: stage.facts.tenantId }])
  })

  it('needs permissions, and has no /me without a person', async () => {
    const { status, body } = await graph('POST', 'applications', { displayName: 'ktr-x' }, 'ktr-reader')
    expect([status, body.error?.code]).toEqual([403, 'Authorization_RequestDenied'])
    expect((await graph('GET', 'me')).status).toBe(400)
    expect((await graph('GET', 'groups')).body.error?.code).toBe('NotSimulated')
    expect((await graph('GET', 'applications/%E0%A4%A')).status).toBe(404)
    expect((await graph('GET', "applications?$filter=publisherDomain eq 'x'")).body.error?.code).toBe(
      'NotSimulated',
    )
  })
})
