import { describe, expect, it } from 'vitest'
import { storageHoles, createStorageCredential } from '../../../electron/scripts/tsql/storage.ts'
import { displayScript, holesOf } from '../../../shared/model/script.ts'
import { unmetRules } from '../../../shared/forms/secret-rules.ts'
import {
  accessOfCredential,
  accountNameProblem,
  blobUrlProblem,
  containerOf,
  containerUrlOf,
  containerUrlProblem,
} from '../../../shared/model/storage.ts'
import {
  endOfLabel,
  tokenFacts,
  tokenLabel,
  tokenProblem,
  tokenToSend,
} from '../../../shared/model/storage-token.ts'

const container = 'https://account.blob.core.windows.net/container'
const token = 'sv=2026-04-06&sr=c&sp=rwdl&se=2026-12-31T10%3A00%3A00Z&sig=aGVsbG8%3D'
const now = new Date('2026-11-25T12:00:00Z')

describe('the address of a container', () => {
  it.each([
    container,
    'https://ktrbackups01.blob.core.usgovcloudapi.net/a-b',
    'https://abc.blob.core.chinacloudapi.cn/000',
  ])('%s is one', (url) => expect(containerUrlProblem(url)).toBeNull())

  it.each([
    ['', /is empty/],
    ['http://account.blob.core.windows.net/container', /begins with http:\/\/\. SQL Server takes https/],
    ['account.blob.core.windows.net/container', /does not begin with https/],
    [`${container}/`, /ends with \/\. Remove it/],
    [`${container}?${token}`, /holds a \?.*goes into its own field/],
    [`${container}#x`, /holds a #/],
    [`${container}\\a`, /holds a \\/],
    [`${container}/a.bak`, /names more than a container/],
    ['https://account.blob.core.windows.net', /names no container/],
    ['https://account.blob.core.windows.net/', /names no container/],
    ['https://user:pw@account.blob.core.windows.net/container', /holds an @/],
    ['https://account.blob.core.windows.net:8443/container', /holds a port/],
    ['https://Account.blob.core.windows.net/container', /holds a capital letter/],
    ['https://account.BLOB.core.windows.net/container', /capital letters in its host/],
    ['https://ab.blob.core.windows.net/container', /3 to 24/],
    ['https://account.blob.core.windows.net/Container', /holds a capital letter/],
    ['https://account.blob.core.windows.net/a--b', /two in a row/],
    ['https://account.blob.core.windows.net/ab', /3 to 63/],
    ['https://account.dfs.core.windows.net/container', /not at a blob service/],
    ['https://account.blob.core.windows.net.evil.example/container', /not at a blob service/],
    [' https://account.blob.core.windows.net/con tainer', /a space/],
    ['https://account.blob.core.windows.net/c%6Fntainer', /holds a %/],
  ])('%s is none: %s', (url, words) => {
    const problem = containerUrlProblem(url)
    expect(problem).toMatch(words)
    // What can be a token is never repeated.
    expect(problem).not.toMatch(/sig=|aGVsbG8/)
  })

  it('takes an address apart, and finds the container of a blob', () => {
    expect(containerOf(container)).toEqual({
      account: 'account',
      container: 'container',
      host: 'account.blob.core.windows.net',
    })
    expect(containerUrlOf(`${container}/a/b.bak`)).toBe(container)
    expect(containerUrlOf(container)).toBeNull()
    expect(containerUrlOf('D:\\Backup\\a.bak')).toBeNull()
  })
})

describe('the address of a blob', () => {
  it.each([
    [`${container}/Sales 1.bak`, /a space/],
    [`${container}/a\\b.bak`, /holds a \\/],
    [`${container}/a.bak?${token}`, /holds a \?/],
    [container, /names no blob/],
    [`${container}//a`, /an empty part/],
    [`${container}/a.`, /ends with a dot/],
    [`${container}/${'a'.repeat(260)}`, /SQL Server takes 259/],
  ])('%s: %s', (url, words) => expect(blobUrlProblem(url)).toMatch(words))

  it('one that is in order', () => expect(blobUrlProblem(`${container}/folder/Sales_1of2.bak`)).toBeNull())
})

describe('a storage account’s name', () => {
  it.each(['', 'ab', 'a'.repeat(25), 'With-Hyphen', 'under_score', 'Capital'])('%j is none', (name) =>
    expect(accountNameProblem(name)).not.toBeNull(),
  )
  it('3 to 24 letters and digits are one', () => expect(accountNameProblem('ktrbackups01')).toBeNull())
})

describe('a shared access signature', () => {
  it('serves for a container with read, write, delete and list', () => {
    expect(tokenProblem(token, now)).toBeNull()
    expect(tokenFacts(token)).toMatchObject({ permissions: 'rwdl', resource: 'c', delegated: false })
  })

  it.each([
    [token.replace('sp=rwdl', 'sp=rl'), /does not allow write, delete/],
    [token.replace('sp=rwdl&', ''), /does not allow read, write, delete, list/],
    [token.replace('2026-12-31', '2026-11-01'), /ended on 2026-11-01/],
    [token.replace('sr=c', 'sr=b'), /one blob or folder/],
    [token.replace('sr=c', 'ss=fq&srt=co'), /without its blob service/],
    [token.replace('sr=c', 'ss=b&srt=o'), /leaves out containers or objects/],
    [token.replace(/&se=[^&]*/, ''), /says no end/],
    [token.replace(/&sig=.*/, ''), /no shared access signature/],
    ["sv=1&sig=a'b", /no shared access signature/],
    [`${container}?${token}`, /no shared access signature/],
    ['', /no shared access signature/],
  ])('%s does not: %s', (text, words) => {
    const problem = tokenProblem(text, now)
    expect(problem).toMatch(words)
    expect(problem).not.toMatch(/aGVsbG8/)
  })

  it('of a stored policy says neither rights nor end, and is taken', () => {
    expect(tokenProblem('sv=2026-04-06&sr=c&si=sql&sig=aGVsbG8%3D', now)).toBeNull()
  })

  it('loses the ? of portals, and that is said beside its end and nothing else of it', () => {
    expect(tokenToSend(` ?${token}\n`)).toBe(token)
    const label = tokenLabel('Token', `?${token}`)
    expect(label).toBe('Token, ends 2026-12-31 10:00 (UTC); the ? at its beginning was taken off')
    expect(endOfLabel(label)).toBe('2026-12-31T10:00:00.000Z')
    expect(tokenLabel('Token', token)).toBe('Token, ends 2026-12-31 10:00 (UTC)')
    expect(endOfLabel(tokenLabel('Token', 'sv=1&si=p&sig=a'))).toBeNull()
    // A label that a person gave can't pretend another end.
    expect(endOfLabel(tokenLabel('Token, ends 2099-01-01 00:00 (UTC)', token))).toBe(
      '2026-12-31T10:00:00.000Z',
    )
  })

  it('is refused where it is typed, by rule', () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const good = `sv=2026-04-06&sr=c&sp=rwdl&se=${encodeURIComponent(soon)}&sig=aGVsbG8%3D`
    expect(unmetRules('storage-token', good)).toEqual([])
    expect(unmetRules('storage-token', `?${good}`)).toEqual([])
    expect(unmetRules('storage-token', good.replace('sp=rwdl', 'sp=r'))).toHaveLength(2)
    expect(unmetRules('storage-token', 'hunter2')).toHaveLength(3)
    expect(unmetRules('access-key', `${'A'.repeat(86)}==`)).toEqual([])
    expect(unmetRules('access-key', 'A'.repeat(88))).toHaveLength(1)
  })
})

describe('credentials of storage', () => {
  it('are called by the container, with the token as one hole', () => {
    const made = createStorageCredential({ access: 'sas', container })
    expect(displayScript(made)).toMatchInlineSnapshot(`
      "USE [master];
      CREATE CREDENTIAL [https://account.blob.core.windows.net/container]
        WITH IDENTITY = N'SHARED ACCESS SIGNATURE',
          SECRET = N'«storage_token»';"
    `)
    expect(holesOf(made)).toEqual([{ hole: storageHoles.sas, purpose: 'storage.sas' }])
    expect(displayScript(createStorageCredential({ access: 'managed-identity', container }))).toMatch(
      /IDENTITY = N'Managed Identity';$/,
    )
    expect(
      displayScript(createStorageCredential({ access: 'access-key', name: 'c', account: 'account' })),
    ).toMatch(/\[c\]\s+WITH IDENTITY = N'account',\s+SECRET = N'«storage_access_key»';$/)
  })

  it.each([`${container}/`, `${container}?${token}`, 'http://a', container.toUpperCase()])(
    'never by %s',
    (name) => expect(() => createStorageCredential({ access: 'sas', container: name })).toThrow(),
  )

  it('are told apart by name and identity', () => {
    expect(accessOfCredential(container, 'SHARED ACCESS SIGNATURE')).toBe('sas')
    expect(accessOfCredential(container, 'Managed Identity')).toBe('managed-identity')
    expect(accessOfCredential('my-vault.vault.azure.net', 'Managed Identity')).toBeNull()
    expect(accessOfCredential('by-key', 'account')).toBe('access-key')
    expect(accessOfCredential('login', 'DOMAIN\\user')).toBeNull()
  })
})
