/**
 * Every status that Key Vault, Resource Manager, Graph and Entra are known to answer, produced once over the real
 * client libraries against a listener that answers what the row says, and read as the right entry of the catalogue.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf, type Problem } from '../../shared/errors/problem.ts'
import type { AzureControl } from '../../electron/ports/azure-control.ts'
import type { Directory } from '../../electron/ports/directory.ts'
import type { KeyVault } from '../../electron/ports/key-vault.ts'
import { WITHOUT_DELAYS } from '../../sandbox/azure/settings.ts'
import { startAzure, type AzureSandbox } from '../../sandbox/azure/start.ts'
import {
  azureRefOfTests,
  azureStage,
  clientSecret,
  vaultRefOfTests,
  type AzureStage,
} from './azure-program.ts'

const host = 'ktr-vault-weu.vault.azure.net'
let folder: string
let simulator: AzureSandbox
let stage: AzureStage
let vault: KeyVault
let control: AzureControl
let directory: Directory

const operator = () => simulator.facts().applications.find(({ name }) => name === 'ktr-operator')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-errors-'))
  simulator = await startAzure({ folder, settings: WITHOUT_DELAYS })
  stage = azureStage({
    facts: simulator.facts(),
    signIn: clientSecret(operator()?.clientId ?? ''),
    secret: operator()?.secret ?? '',
    host,
  })
  vault = await stage.azure.vaults.open(vaultRefOfTests)
  control = await stage.azure.controls.open(azureRefOfTests)
  directory = await stage.azure.directories.open(azureRefOfTests)
})

afterAll(async () => {
  stage.azure.closeAll()
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
})

const problemFrom = async (work: Promise<unknown>): Promise<Problem> => {
  try {
    await work
  } catch (thrown) {
    return problemOf(thrown)
  }
  throw new Error('it did not fail')
}

/** The next answers of that host are this one, however often it is asked. */
const answering = async (
  at: string,
  answer: { status: number; code: string; message?: string; inner?: string },
  work: () => Promise<unknown>,
): Promise<Problem> => {
  await simulator.order({ do: 'fault', fault: { kind: 'fail', host: at, times: 50, ...answer } as never })
  try {
    return await problemFrom(work())
  } finally {
    await simulator.order({ do: 'clearFaults' })
  }
}

const wrapped = new Uint8Array(8)

describe('Key Vault', () => {
  type Row = [string, number, string, string | undefined, string, () => Promise<unknown>, string]
  const read = () => vault.key('ktr-tde-sql01')
  const make = () => vault.createKey({ name: 'kt-new', type: 'RSA', bits: 2048, mark: 'abcd2345' })
  const rows: Row[] = [
    [
      'a token that it does not take',
      401,
      'Unauthorized',
      undefined,
      'AKV10001',
      read,
      'vault-token-refused',
    ],
    ['no role', 403, 'Forbidden', 'ForbiddenByRbac', 'not authorized', read, 'vault-no-permission'],
    ['no access policy', 403, 'Forbidden', 'AccessDenied', 'no keys get permission', read, 'vault-no-policy'],
    ['its firewall', 403, 'Forbidden', 'ForbiddenByFirewall', 'not authorized', read, 'vault-firewall'],
    ['public access off', 403, 'Forbidden', 'ForbiddenByConnection', 'disabled', read, 'vault-private-only'],
    [
      'a disabled key',
      403,
      'Forbidden',
      'KeyDisabled',
      'not allowed on a disabled key',
      read,
      'vault-key-disabled',
    ],
    ['an expired key', 403, 'Forbidden', 'KeyExpired', 'expired', read, 'vault-key-dates'],
    ['a key of tomorrow', 403, 'Forbidden', 'KeyNotYetValid', 'not yet valid', read, 'vault-key-dates'],
    [
      'a purge that purge protection refuses',
      403,
      'Forbidden',
      undefined,
      'Operation "purge" is not allowed because purge protection is enabled for this vault.',
      read,
      'vault-purge-protected',
    ],
    [
      'a key that is not there',
      404,
      'KeyNotFound',
      undefined,
      'not found',
      () => vault.backUpKey('kt-x'),
      'vault-key-unknown',
    ],
    [
      'a deleted name',
      409,
      'Conflict',
      'ObjectIsDeletedButRecoverable',
      'deleted',
      make,
      'vault-key-deleted',
    ],
    [
      'a key on its way out',
      409,
      'Conflict',
      'ObjectIsBeingDeleted',
      'being deleted',
      make,
      'vault-key-deleting',
    ],
    [
      'a restore over a key',
      409,
      'Conflict',
      undefined,
      'The key already exists.',
      () => vault.restoreKey(wrapped),
      'vault-key-exists',
    ],
    [
      'a damaged blob',
      400,
      'Malformed backup blob',
      undefined,
      'corrupt',
      () => vault.restoreKey(wrapped),
      'vault-backup-damaged',
    ],
    [
      'a blob of elsewhere',
      400,
      'BadParameter',
      undefined,
      'Cannot decrypt backup blob.',
      () => vault.restoreKey(wrapped),
      'vault-backup-elsewhere',
    ],
    ['a bad body', 400, 'BadParameter', undefined, 'Property has invalid value', make, 'vault-refused'],
    [
      'too many requests',
      429,
      'Throttled',
      undefined,
      'VaultRequestTypeLimitReached',
      read,
      'vault-throttled',
    ],
    ['a fault of the service', 500, 'InternalError', undefined, 'an error', read, 'vault-failed'],
    ['a service that is away', 503, 'ServiceUnavailable', undefined, 'try later', read, 'vault-failed'],
  ]
  it.each(rows)('%s', async (_name, status, code, inner, message, work, expected) => {
    const problem = await answering(
      host,
      { status, code, message, ...(inner === undefined ? {} : { inner }) },
      work,
    )
    expect(problem.code).toBe(expected)
    expect(problem.vendor?.system).toBe('keyvault')
    expect(problem.vendor?.number).toBe([status, code, inner].filter((part) => part !== undefined).join(' '))
    expect(`${problem.title} ${problem.causes.join(' ')}`).not.toContain('«')
  })
})

describe('Resource Manager', () => {
  const arm = 'management.azure.com'
  const create = () =>
    control.createVault({
      name: 'ktr-new-vault',
      group: 'ktr-rg-weu',
      region: 'westeurope',
      tier: 'standard',
      rights: 'roles',
      retentionDays: 90,
      purgeProtection: true,
      network: { publicAccess: true, otherwise: 'deny', trustedServices: true, addresses: [], subnets: [] },
      accessPolicies: [],
    })
  const read = () => control.vaults()
  const rows: [string, number, string, string, () => Promise<unknown>, string][] = [
    ['a taken vault name', 409, 'VaultAlreadyExists', 'in use', create, 'azure-vault-name-taken'],
    ['a name that breaks the rule', 400, 'VaultNameNotValid', 'not valid', create, 'azure-vault-name-rule'],
    ['a conflict', 409, 'ConflictError', 'in progress', create, 'azure-conflict'],
    ['a region', 400, 'RegionNotSupported', 'no', create, 'azure-region'],
    ['a tier', 400, 'SkuNotSupported', 'no', create, 'azure-sku'],
    ['a missing resource', 404, 'ResourceNotFound', 'not found', read, 'azure-not-found'],
    ['a missing group', 404, 'ResourceGroupNotFound', 'not found', create, 'azure-not-found'],
    [
      'a purge',
      405,
      'MethodNotAllowed',
      "Operation 'DeletedVaultPurge' is not allowed.",
      read,
      'azure-purge-refused',
    ],
    ['a role that is there', 409, 'RoleAssignmentExists', 'exists', read, 'azure-role-exists'],
    [
      'a principal of a moment ago',
      400,
      'PrincipalNotFound',
      'does not exist',
      read,
      'azure-principal-not-yet',
    ],
    ['a lock', 409, 'ScopeLocked', 'locked', read, 'azure-locked'],
    ['a policy', 403, 'RequestDisallowedByPolicy', 'by policy', create, 'azure-policy'],
    ['no right', 403, 'AuthorizationFailed', 'does not have authorization', read, 'azure-no-permission'],
    ['a refused token', 401, 'InvalidAuthenticationToken', 'expired', read, 'azure-token-refused'],
    ['another refusal', 400, 'BadRequest', 'no', read, 'azure-refused'],
    ['too many requests', 429, 'TooManyRequests', 'slow down', read, 'azure-throttled'],
    ['a fault of Azure', 500, 'InternalServerError', 'oh', read, 'azure-failed'],
  ]
  it.each(rows)('%s', async (_name, status, code, message, work, expected) => {
    const problem = await answering(arm, { status, code, message }, work)
    expect(problem.code).toBe(expected)
    expect(problem.vendor).toMatchObject({ system: 'arm', number: `${status} ${code}` })
    expect(`${problem.title} ${problem.causes.join(' ')}`).not.toContain('«')
  })
})

describe('Microsoft Graph', () => {
  const graph = 'graph.microsoft.com'
  const rows: [string, number, string, string][] = [
    ['no right', 403, 'Authorization_RequestDenied', 'directory-no-permission'],
    ['a refused token', 401, 'InvalidAuthenticationToken', 'azure-token-refused'],
    ['a missing object', 404, 'Request_ResourceNotFound', 'azure-not-found'],
    ['a policy', 400, 'CredentialInvalidLifetimeAsPerAppPolicy', 'directory-refused'],
    ['too many requests', 429, 'TooManyRequests', 'azure-throttled'],
    ['a fault', 503, 'ServiceUnavailable', 'azure-failed'],
  ]
  it.each(rows)('%s', async (_name, status, code, expected) => {
    const problem = await answering(graph, { status, code, message: 'no' }, () => directory.applications(''))
    expect(problem.code).toBe(expected)
    expect(problem.vendor).toMatchObject({ system: 'graph', number: `${status} ${code}` })
  })
})

describe('waits', () => {
  it('are 1, 2, 4, 8 and 16 s where the vault names none, each told, then it is said', async () => {
    stage.waits.length = 0
    const told: number[] = []
    const problem = await answering(host, { status: 429, code: 'Throttled' }, () =>
      vault.key('ktr-tde-sql01', undefined, { onWait: ({ ms }) => told.push(ms) }),
    )
    expect(problem).toMatchObject({ code: 'vault-throttled', retrySafe: true })
    expect(stage.waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000])
    expect(told).toEqual(stage.waits)
  })

  it('are what the vault asks for where it names a time', async () => {
    stage.waits.length = 0
    await simulator.order({
      do: 'fault',
      fault: { kind: 'throttle', host, times: 2, retryAfter: 3 } as never,
    })
    expect((await vault.key('ktr-tde-sql01'))?.name).toBe('ktr-tde-sql01')
    expect(stage.waits).toEqual([3_000, 3_000])
    await simulator.order({ do: 'clearFaults' })
  })

  it('end when the person stops them', async () => {
    const stop = new AbortController()
    const problem = await answering(host, { status: 429, code: 'Throttled' }, () =>
      vault.key('ktr-tde-sql01', undefined, { signal: stop.signal, onWait: () => stop.abort() }),
    )
    expect(problem.code).toBe('azure-cancelled')
  })

  it('are not made for a new key that may have arrived', async () => {
    stage.waits.length = 0
    const problem = await answering(host, { status: 503, code: 'ServiceUnavailable' }, () =>
      vault.createKey({ name: 'kt-once', type: 'RSA', bits: 2048, mark: 'abcd2345' }),
    )
    expect(problem).toMatchObject({ code: 'vault-failed', retrySafe: false })
    expect(stage.waits).toEqual([])
  })
})
