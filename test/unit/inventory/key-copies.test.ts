import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { EscrowPackage, PackageItem } from '../../../shared/model/escrow.ts'
import { asPackageId, asRunId, asShareGroupId, asTargetId } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { rsaSpki } from '../../../electron/formats/rsa-spki.ts'
import { findCopies, type CopySources } from '../../../electron/inventory/key-copies.ts'
import { isLastKnown, isProven } from '../../../electron/ports/verdicts.ts'
import { fakeKeyVault } from '../../support/fake-key-vault.ts'
import { noAzure } from '../../support/no-azure.ts'

const refOf = (kind: TargetRef['kind'], name: string): TargetRef => ({
  id: asTargetId(`t-${name}`),
  kind,
  name,
  environment: 'test',
})
const vaultRef = refOf('keyvault', 'kv')
const host = 'kv.vault.azure.net'

const stage = async (changes: Partial<CopySources> = {}) => {
  const { vault } = fakeKeyVault({ ref: vaultRef, host })
  const key = await vault.createKey({ name: 'tde', type: 'RSA', bits: 2048, mark: 'm1' })
  const next = await vault.createKey({ name: 'tde', type: 'RSA', bits: 2048, mark: 'm2' })
  const printOf = (one: typeof key): string =>
    createHash('sha256')
      .update(one.publicKey === null ? '' : rsaSpki(one.publicKey))
      .digest('hex')
  const sources: CopySources = {
    azure: { ...noAzure, vaults: { ...noAzure.vaults, open: async () => vault } },
    targets: () => [vaultRef, refOf('sqlserver', 'sql-1'), refOf('sqlserver', 'sql-2')],
    signsInByCode: () => false,
    vaultHost: () => host,
    serverKeys: async ({ name }) => {
      if (name === 'sql-2')
        throw new KeyturnError('sql-permission', { target: name, what: 'registry', permission: 'sysadmin' })
      return [
        { key: 'TDE_KEY', place: key.id.replace('azure.net/', 'azure.net:443/').replace('kv', 'KV') },
        { key: 'OTHER', place: null },
      ]
    },
    register: { packages: () => [], groups: () => [], lastDrill: () => null },
    ...changes,
  }
  const search = await findCopies(sources)
  return { key, next, print: printOf(key), printOfNext: printOf(next), search }
}
const sought = (spkiSha256: string | null) => ({ spkiSha256, checkValue: null, id: 'a1', serial: '1' })

test('the version with the same public key is the copy, with the server that leads to it', async () => {
  const { key, next, print, printOfNext, search } = await stage()
  expect(search.of(sought(print))).toEqual({
    vaults: [{ host, kid: key.id, enabled: true }],
    servers: [{ server: 'sql-1', key: 'TDE_KEY', kid: key.id }],
    packages: [],
  })
  expect(search.of(sought(printOfNext))).toMatchObject({ vaults: [{ kid: next.id }], servers: [] })
  expect(search.of(sought('f'.repeat(64)))).toEqual({ vaults: [], servers: [], packages: [] })
  expect(search.asked).toEqual([
    `${host}, RSA keys`,
    'sql-1, keys of providers and the registry of its connector',
    'the list of escrow packages of this profile',
  ])
  expect(search.notAsked).toEqual([expect.stringMatching(/^sql-2, keys of providers.*: /)])
})

test('a vault that does not answer, or would begin a sign-in, is named and counts as no copy', async () => {
  const refused = new KeyturnError('azure-unreachable', { target: 'kv', what: 'keys' })
  const dead = { ...noAzure, vaults: { ...noAzure.vaults, open: () => Promise.reject(refused) } }
  const { search, print } = await stage({ azure: dead })
  expect(search.notAsked).toEqual([expect.stringMatching(/^kv: /)])
  expect(isLastKnown(search.of(sought(print)))).toBe(true)
  const { search: byCode } = await stage({ signsInByCode: () => true })
  expect(byCode.notAsked).toEqual(['kv: a sign-in there waits for a code, and none was begun'])
})

test('a fault of the program itself is not told as a source that did not answer', async () => {
  const broken = { ...noAzure, vaults: { ...noAzure.vaults, open: () => Promise.reject(new Error('bug')) } }
  await expect(stage({ azure: broken })).rejects.toThrow('bug')
})

const item = (change: Partial<PackageItem>): PackageItem => ({
  number: 1,
  kind: 'hsm-key',
  name: 'K',
  from: { target: 'token-1', identity: '1' },
  purpose: 'TDE',
  algorithm: 'RSA',
  bits: 2048,
  spkiSha256: 'a'.repeat(64),
  kcv: null,
  passwordItem: null,
  generation: null,
  hsm: null,
  azureKids: [],
  sqlNames: [],
  originatorPeriod: { from: null, to: null },
  recipientPeriod: { from: null, to: null },
  state: 'active',
  ...change,
})
const packageId = asPackageId('ep-aaaaaaaaaaaa')
const packaged = (items: PackageItem[], state: 'written' | 'escrowed'): EscrowPackage => ({
  id: packageId,
  made: { at: '2026-11-01T00:00:00.000Z', run: asRunId('abcdefghjkmn') },
  group: asShareGroupId('sg-aaaaaaaaaaaa'),
  recipients: [],
  items,
  storedAt: [{ kind: 'usb', label: 'USB', state, readBackAt: null }],
  manifestSha256: 'c'.repeat(64),
  replacedBy: null,
})

test('a package is a proven copy only when it was read back and a drill opened this very item', async () => {
  const drill = (items: number[]) => ({
    package: packageId,
    at: '2026-11-02T00:00:00.000Z',
    run: asRunId('abcdefghjkmn'),
    purpose: 'drill' as const,
    openedBy: 'A, B',
    items: items.map((number) => ({ number, level: 'opened' as const })),
  })
  const found = async (state: 'written' | 'escrowed', drilled: number[] | null) => {
    const register = {
      packages: () => [packaged([item({}), item({ number: 2, spkiSha256: 'b'.repeat(64) })], state)],
      groups: () => [],
      lastDrill: () => (drilled === null ? null : drill(drilled)),
    }
    const { packages } = (await stage({ register })).search.of(sought('a'.repeat(64)))
    return packages.map((one) => isProven(one))
  }
  expect(await found('escrowed', null)).toEqual([false])
  expect(await found('escrowed', [2])).toEqual([false])
  expect(await found('written', [1])).toEqual([false])
  expect(await found('escrowed', [1])).toEqual([true])
})

test('a secret key is known by token, id and check value together', async () => {
  const hsm = {
    model: 'M',
    serial: '1',
    firmware: '1',
    keyId: 'a1',
    label: 'K',
    attributes: {},
    wrapVerdict: 'conformant' as const,
    oaep: 'sha1' as const,
  }
  const register = {
    packages: () => [packaged([item({ spkiSha256: null, kcv: 'abcdef', hsm })], 'escrowed')],
    groups: () => [],
    lastDrill: () => null,
  }
  const { search } = await stage({ register })
  const of = (change: object) =>
    search.of({ spkiSha256: null, checkValue: 'abcdef', id: 'a1', serial: '1', ...change }).packages.length
  expect([of({}), of({ id: 'b1' }), of({ serial: '2' }), of({ checkValue: '000000' })]).toEqual([1, 0, 0, 0])
  expect(of({ checkValue: null })).toBe(0)
})
