/** The product's Azure side over the real clients against simulated Azure: sign-ins, resources, rights, directory. */
import { X509Certificate } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDefaultHttpClient, createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline'
import { ClientSecretCredential } from '@azure/identity'
import type { AzureSignIn } from '../../shared/model/target.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { principalIn } from '../../electron/targets/azure/principal.ts'
import { azureHouse, codeOf, goodVaultHost, openControl } from './azure-house.ts'
import { azureRefOfTests, clientSecret, vaultRefOfTests, type AzureStage } from './azure-program.ts'
import { DivertAgent } from './azure-sandbox.ts'

const house = azureHouse()
const { application, stageOf } = house

const rsaCertificate = (): { key: string; leaf: X509Certificate } => {
  const keyFile = join(house.folder, 'client-key.pem')
  const options = [
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    keyFile,
    '-subj',
    '/CN=ktr-sign-in',
    '-days',
    '2',
  ]
  const cert = execFileSync('openssl', ['req', ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
  return { key: readFileSync(keyFile, 'utf8'), leaf: new X509Certificate(cert) }
}

/** What an administrator does in the portal: the product itself registers no certificates. */
const registerCertificate = async (stage: AzureStage, objectId: string, certificate: X509Certificate) => {
  const signIn = application('ktr-operator')
  const agent = new DivertAgent(house.simulator.facts())
  const credential = new ClientSecretCredential(stage.connection.tenantId, signIn.clientId, signIn.secret, {
    agent,
  })
  const token = await credential.getToken('https://graph.microsoft.com/.default')
  const body = {
    keyCredentials: [
      { type: 'AsymmetricX509Cert', usage: 'Verify', key: certificate.raw.toString('base64') },
    ],
  }
  const request = createPipelineRequest({
    url: `https://graph.microsoft.com/v1.0/applications/${objectId}`,
    method: 'PATCH',
    headers: createHttpHeaders({
      authorization: `Bearer ${token.token}`,
      'content-type': 'application/json',
    }),
    body: JSON.stringify(body),
  })
  request.agent = agent
  const { status } = await createDefaultHttpClient().sendRequest(request)
  agent.destroy()
  if (status !== 204) throw new Error(`status ${status}`)
}

const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'

/** May read the subscription from now on. */
const withReader = async (stage: AzureStage, clientId: string): Promise<{ principalId: string }> => {
  const directory = await stage.azure.directories.open(azureRefOfTests)
  const principalId = (await directory.servicePrincipal(clientId))?.objectId ?? ''
  await (
    await openControl(stage)
  ).assignRole({
    name: 'cccccccc-1111-4222-8333-444444444444',
    scope: `/subscriptions/${stage.connection.subscriptionId}`,
    roleId: reader,
    principalId,
    principalType: 'ServicePrincipal',
  })
  return { principalId }
}

describe('signing in', () => {
  it('with a client secret says who that is, and keeps tenant and subscription', async () => {
    const stage = stageOf()
    const control = await openControl(stage)
    expect(control.principal).toMatchObject({
      objectId: application('ktr-operator').objectId,
      applicationId: application('ktr-operator').clientId,
      kind: 'service',
      name: null,
    })
    expect(stage.connection.identity).toEqual({
      tenantId: house.simulator.facts().tenantId,
      subscriptionId: house.simulator.facts().subscriptionId,
    })
    expect(stage.refused).toEqual([])
  })

  it('with a client certificate, pasted into one line; one that is not registered is refused by its number', async () => {
    const stage = stageOf()
    const directory = await stage.azure.directories.open(azureRefOfTests)
    const { objectId, clientId } = await directory.createApplication({
      name: 'ktr-by-certificate',
      mark: 'cert2345',
    })
    await directory.createServicePrincipal(clientId)
    const { key, leaf } = rsaCertificate()
    const signIn: AzureSignIn = { kind: 'client-certificate', clientId, certificate: null }
    const secret = `${key}${leaf.toString()}`.replace(/\n/g, '')
    expect(await codeOf(openControl(stageOf({ signIn, secret })))).toBe(
      'azure-sign-in-certificate AADSTS700027',
    )
    await registerCertificate(stage, objectId, leaf)
    const { principalId } = await withReader(stage, clientId)
    const control = await openControl(stageOf({ signIn, secret }))
    expect(control.principal).toMatchObject({
      objectId: principalId,
      applicationId: clientId,
      kind: 'service',
    })
  })

  it('with a device code waits for its person and shows the code meanwhile', async () => {
    const stage = stageOf({ signIn: { kind: 'device-code', clientId: null }, secret: '' })
    const opening = openControl(stage)
    let code = ''
    while (code === '') {
      code = stage.azure.pendingSignIns()[0]?.code ?? ''
      if (code === '') await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await house.simulator.order({
      do: 'deviceSignIn',
      userCode: code,
      user: house.simulator.facts().user.userPrincipalName,
    } as never)
    const control = await opening
    expect(control.principal).toMatchObject({
      kind: 'user',
      name: house.simulator.facts().user.userPrincipalName,
      objectId: house.simulator.facts().user.objectId,
    })
    expect(stage.azure.pendingSignIns()).toEqual([])
    expect((await stage.azure.vaults.open(vaultRefOfTests)).principal.kind).toBe('user')
  })

  it('ends where the connection is dropped while it waits', async () => {
    const stage = stageOf({ signIn: { kind: 'device-code', clientId: null }, secret: '' })
    const opening = codeOf(openControl(stage))
    while (stage.azure.pendingSignIns().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stage.azure.drop(azureRefOfTests.id)
    expect(await opening).toMatch(/^azure-(cancelled|sign-in-device)/)
    expect(stage.azure.pendingSignIns()).toEqual([])
  })

  it.each([[{ kind: 'azure-cli' } as const], [{ kind: 'managed-identity', clientId: null } as const]])(
    'as %j is refused in a rehearsal before anything is asked',
    async (signIn) => {
      const stage = stageOf({ signIn, secret: '' })
      expect(await codeOf(openControl(stage))).toBe('not-in-rehearsal')
      expect(stage.refused).toEqual([])
    },
  )

  it('names what Entra did not take, by its number', async () => {
    const { clientId } = application('ktr-operator')
    const wrongTenant = '11111111-2222-3333-4444-555555555555'
    const unknownClient = clientSecret('99999999-2222-3333-4444-555555555555')
    expect(await codeOf(openControl(stageOf({ secret: 'not-the-secret' })))).toBe(
      'azure-sign-in-secret AADSTS7000215',
    )
    expect(await codeOf(openControl(stageOf({ signIn: unknownClient })))).toBe(
      'azure-sign-in-app AADSTS700016',
    )
    expect(await codeOf(openControl(stageOf({ tenantId: wrongTenant })))).toBe(
      'azure-sign-in-tenant AADSTS90002',
    )
    await house.simulator.order({ do: 'expireSecret', application: 'ktr-reader' } as never)
    const reader = application('ktr-reader')
    expect(clientId).not.toBe(reader.clientId)
    const expired = stageOf({ signIn: clientSecret(reader.clientId), secret: reader.secret })
    expect(await codeOf(openControl(expired))).toBe('azure-sign-in-expired AADSTS7000222')
  })

  it('refuses a certificate that can’t be one, before anything is sent', async () => {
    const signIn: AzureSignIn = {
      kind: 'client-certificate',
      clientId: application('ktr-operator').clientId,
      certificate: null,
    }
    expect(await codeOf(openControl(stageOf({ signIn, secret: 'no PEM' })))).toBe('azure-sign-in-file')
  })

  it('refuses another subscription than the connection remembers', async () => {
    const stage = stageOf()
    stage.connection = {
      ...stage.connection,
      identity: {
        tenantId: house.simulator.facts().tenantId,
        subscriptionId: '11111111-2222-3333-4444-555555555555',
      },
    }
    expect(await codeOf(openControl(stage))).toBe('azure-identity-changed')
  })

  it('reads nobody from what is no token', () => {
    expect(principalIn('')).toBeNull()
    expect(principalIn('a.b.c')).toBeNull()
    const claims = Buffer.from(JSON.stringify({ oid: 'x', tid: 'y' })).toString('base64url')
    expect(principalIn(`a.${claims}.c`)).toBeNull()
  })
})

describe('vaults', () => {
  it('are pinned by resource id, and another one of that name is refused', async () => {
    const stage = stageOf()
    await stage.azure.vaults.open(vaultRefOfTests)
    expect(stage.vault.identity).toMatchObject({
      host: goodVaultHost,
      tenantId: house.simulator.facts().tenantId,
    })
    expect(stage.vault.identity?.resourceId).toContain('/providers/microsoft.keyvault/vaults/ktr-vault-weu')
    stage.azure.vaults.drop(vaultRefOfTests.id)
    stage.vault = {
      ...stage.vault,
      identity: {
        host: goodVaultHost,
        tenantId: house.simulator.facts().tenantId,
        resourceId: '/subscriptions/x/vaults/other',
      },
    }
    expect(await codeOf(stage.azure.vaults.open(vaultRefOfTests))).toBe('vault-identity-changed')
  })

  it('open for another caller prove what that one may do, and end with it', async () => {
    const { clientId, secret } = application('ktr-ekm-sql01')
    using value = SecretBytes.fromText(secret)
    const stage = stageOf({ secret: 'not needed' })
    const caller = { tenantId: house.simulator.facts().tenantId, clientId, secret: value }
    const vault = await stage.azure.vaults.as(azureRefOfTests, goodVaultHost, caller)
    expect(vault.principal.objectId).toBe(application('ktr-ekm-sql01').objectId)
    expect((await vault.probeWrap('ktr-tde-sql01')).name).toBe('ktr-tde-sql01')
    const create = { name: 'kt-not-allowed', type: 'RSA', bits: 2048, mark: 'abcd2345' } as const
    expect(await codeOf(vault.createKey(create))).toBe('vault-no-permission')
    await vault.close()
    expect(await codeOf(vault.key('ktr-tde-sql01'))).toBe('azure-cancelled')
  })

  it('of no known cloud, or of another than the sign-in, are refused before anything is sent', async () => {
    const stage = stageOf()
    for (const at of ['ktr-vault-weu.example.com', 'ktr-vault-weu.vault.azure.cn', '127.0.0.1'])
      expect(await codeOf(stage.azure.vaults.at(azureRefOfTests, at))).toBe('azure-name')
    expect(stage.refused).toEqual([])
  })

  it('are asked for a list before anything else: the first request of a client goes out without its body', async () => {
    const audit = async () =>
      (await house.simulator.order({ do: 'audit', vault: 'ktr-vault-weu' } as never)) as object
    const before = JSON.stringify(await audit()).length
    const vault = await stageOf().azure.vaults.at(azureRefOfTests, goodVaultHost)
    expect(JSON.stringify(await audit()).length).toBeGreaterThan(before)
    await vault.close()
  })
})

describe('a connection’s test', () => {
  it('lists sign-in, tenant, subscription, roles, permissions and directory', async () => {
    const stage = stageOf()
    const { checks, problem } = await stage.azure.test(stage.connection, { inUse: false })
    expect(problem).toBeNull()
    expect(checks.map(({ name, state }) => [name, state])).toEqual([
      ['Sign-in', 'ok'],
      ['Tenant', 'ok'],
      ['Subscription', 'ok'],
      ['Roles', 'ok'],
      ['Permissions', 'ok'],
      ['Directory', 'ok'],
    ])
    expect(checks[0]?.detail).toContain(application('ktr-operator').objectId)
    expect(checks[3]?.detail).toContain('Owner')
  })

  it('takes no sign-in away from a run that works with it; else it signs in anew', async () => {
    const stage = stageOf()
    const control = await openControl(stage)
    expect((await stage.azure.test(stage.connection, { inUse: true })).problem).toBeNull()
    expect((await control.resourceGroups()).map(({ name }) => name)).toContain('ktr-rg-weu')
    expect((await stage.azure.test(stage.connection, { inUse: false })).problem).toBeNull()
    expect(await codeOf(control.resourceGroups())).toBe('azure-cancelled')
  })

  it('of a vault lists sign-in, vault, identity, keys and roles', async () => {
    const stage = stageOf()
    const { checks, problem } = await stage.azure.test(stage.vault, { inUse: false })
    expect(problem).toBeNull()
    expect(checks.map(({ name, state }) => [name, state])).toEqual([
      ['Sign-in', 'ok'],
      ['Vault', 'ok'],
      ['Identity', 'ok'],
      ['Keys', 'ok'],
      ['Roles', 'ok'],
    ])
  })

  it('stops at the first failure and says which', async () => {
    const stage = stageOf({ secret: 'wrong' })
    const { checks, problem } = await stage.azure.test(stage.connection, { inUse: false })
    expect(problem?.code).toBe('azure-sign-in-secret')
    expect(checks.map(({ state }) => state)).toEqual(['failed', ...Array(5).fill('not-reached')])
    expect(JSON.stringify({ checks, problem })).not.toContain('wrong"')
  })
})
