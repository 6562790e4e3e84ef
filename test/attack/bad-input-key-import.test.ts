/** Import to Azure with what does not belong there: answers, files, vaults that lie. Nothing of it is sent, or nothing stays. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { VaultKey } from '../../electron/ports/key-vault.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import {
  atVault,
  exchangeKey,
  firstHost,
  makeSecondVault,
  ownKey,
  putFiles,
  seam,
  secondHost,
  transferAnswers,
  transferFile,
} from '../support/key-import-answers.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { azureRefOf } from '../support/vault-answers.ts'

let house: TestRehearsal
let azure: TargetRef
let place: string
let first: VaultKey
let second: VaultKey
let use: () => VaultKey
const own = ownKey()
const other = ownKey()

beforeAll(async () => {
  house = await openRehearsal()
  azure = await azureRefOf(house.ask)
  await house.simulators.order({
    command: 'azure',
    order: { do: 'settings', change: { rbacDelayMs: 0, dnsDelayMs: 0, directoryDelayMs: 0 } },
  })
  await makeSecondVault(house.program.azure, azure)
  first = await exchangeKey(house.program.azure, azure, firstHost)
  second = await exchangeKey(house.program.azure, azure, secondHost)
  const made = await atVault(house.program.azure, azure, firstHost, (vault) => vault.key('ktr-tde-sql01'))
  if (made === null) throw new Error('no key')
  use = () => made
  place = await pickFolder(house.ask, 'escrow')
  putFiles(house.escrow, {
    'first.byok': transferFile({ kek: first, pkcs8: own.pkcs8 }),
    'second.byok': transferFile({ kek: second, pkcs8: own.pkcs8 }),
    'public.pem': own.publicKey,
  })
}, 120_000)
afterAll(() => house.end())

const answers = (changes: Answers = {}): Answers => transferAnswers(azure.id, place, changes)
const review = async (changes: Answers) =>
  house.ask('wizard.review', { draft: await saveDraft(house.ask, answers(changes), 'key-import') })
const blockers = async (changes: Answers): Promise<string[]> =>
  (await review(changes)).advice.blockers.map(({ what }) => what)
const keysOf = (host: string): Promise<string[]> =>
  atVault(house.program.azure, azure, host, async (vault) =>
    (await vault.keys()).map(({ name }) => name).sort(),
  )

const rows: [string, Answers][] = [
  ['azure', { azure: 'X; --' }],
  ['task', { task: 'steal' }],
  ['vault', { vault: '' }],
  ['vault', { vault: 'ktr-vault-weu.vault.azure.net.evil.example' }],
  ['vault', { vault: '127.0.0.1' }],
  ['secondVault', { second: true, secondVault: '', secondFile: 'second.byok' }],
  ['secondVault', { second: true, secondVault: firstHost, secondFile: 'second.byok' }],
  ['secondFile', { second: true, secondVault: secondHost, secondFile: 'first.byok' }],
  ['keyName', { keyName: 'a-name-of-27-characters-xyz' }],
  ['keyName', { keyName: 'key/0123' }],
  ['place', { place: '/etc' }],
  ['file', { file: '../../x.byok' }],
  ['file', { file: 'x.pfx' }],
  ['file', { file: 'a\u0000.byok' }],
  ['publicPlace', { publicPlace: null }],
  ['publicFile', { publicFile: '/etc/passwd' }],
  ['hsm', { origin: 'token', hsm: '', tokenKey: 'aa' }],
  ['tokenKey', { origin: 'token', hsm: 't-aaaa', tokenKey: "' OR 1" }],
  ['origin', { origin: 'none' }],
  ['exchangeName', { task: 'exchange-key', exchangeName: 'a b' }],
  ['exchangeBits', { task: 'exchange-key', exchangeName: 'ok', exchangeBits: '1024' }],
  ['backupFile', { task: 'restore', backupFile: 'x.exe' }],
  ['backupOf', { task: 'restore', backupFile: 'x.keybackup', backupOf: 'evil' }],
  ['sql', { task: 'compare', sql: 'X;' }],
  ['sqlKey', { task: 'compare', sql: 't-aaaa', sqlKey: '' }],
]

test.each(rows)('answer %s: %j is refused at its field', async (field, changes) => {
  const draft = await saveDraft(house.ask, answers(changes), 'key-import')
  const problem = await refusalOf(house.ask('wizard.review', { draft }))
  expectHelpful(problem)
  expect(problem.code).toBe('answers-incomplete')
  expect(problem.fields?.filter((one) => one.field === field)).toHaveLength(1)
})

describe('a file that shows what it is blocks the review, and the field says why', () => {
  const shown: [string, () => Buffer | string, string | RegExp][] = [
    ['of 1 MB', () => Buffer.alloc(1024 * 1024, 0x7b), /65,?536|too large|more than/],
    ['that is no JSON', () => randomBytes(3000), /is not a \.byok file.*JSON/],
    ['with a field twice', () => first_().replace('"generator"', '"alg":"dir","generator"'), /its fields/],
    ['of another alg', () => made({ header: { alg: 'RSA-OAEP' } }), /alg is not dir/],
    ['of another enc', () => made({ header: { enc: 'A256GCM' } }), /enc is not/],
    [
      'without a version of the key',
      () => made({ header: { kid: `https://${firstHost}/keys/ktr-kek` } }),
      /kid/,
    ],
    [
      'for a foreign host',
      () => made({ header: { kid: `https://evil.example/keys/k/${'a'.repeat(32)}` } }),
      /wrapped for evil\.example/,
    ],
    [
      'for a version that is not there',
      () => made({ header: { kid: `https://${firstHost}/keys/ktr-kek/${'a'.repeat(32)}` } }),
      /can’t open .*that version is not there/,
    ],
    [
      'for a key that is not for import',
      () => made({ header: { kid: use().id } }),
      /it is also for|its type is/,
    ],
    [
      'of a key of 3,072 bits beside one of 2,048',
      () => made({ pkcs8: ownKey('rsa-3072').pkcs8 }),
      /bytes of a wrapped key/,
    ],
    ['of an EC key', () => made({ pkcs8: ownKey('ec').pkcs8 }), /bytes of a wrapped key/],
    ['that was cut', () => made({ change: (bytes) => bytes.subarray(0, seam + 16) }), /RFC 5649|wrapped key/],
  ]
  const made = (wish: Partial<Parameters<typeof transferFile>[0]>): Buffer =>
    transferFile({ kek: first, pkcs8: own.pkcs8, ...wish })
  const first_ = (): string => made({}).toString()

  test.each(shown)('%s', async (name, bytes, says) => {
    const before = await keysOf(firstHost)
    const file = `${name.replace(/[^a-z0-9]/gi, '-')}.byok`
    writeFileSync(join(house.escrow, file), bytes())
    const found = await blockers({ file })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(says)
    const draft = await saveDraft(house.ask, answers({ file }), 'key-import')
    await house.ask('wizard.facts', { draft, screen: 'key', again: true })
    const { problem } = await house.ask('wizard.check', { draft, screen: 'key' })
    expect(problem?.fields?.map(({ field }) => field)).toEqual(['file'])
    expect(await keysOf(firstHost)).toEqual(before)
  })

  test('swapped between two vaults: both fields say for whom it was wrapped', async () => {
    expect(
      await blockers({
        second: true,
        secondVault: secondHost,
        file: 'second.byok',
        secondFile: 'first.byok',
      }),
    ).toEqual([
      `second.byok is not for ${firstHost}: it was wrapped for ${secondHost}`,
      `first.byok is not for ${secondHost}: it was wrapped for ${firstHost}`,
    ])
  })

  test('a standard vault, a private key as public key, a key that is there under the name', async () => {
    expect(await blockers({ vault: 'ktr-vault-old.vault.azure.net' })).toContain(
      'ktr-vault-old takes no key of a token: its tier is standard',
    )
    writeFileSync(
      join(house.escrow, 'private.pem'),
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
    )
    expect(await blockers({ publicFile: 'private.pem' })).toEqual([
      'private.pem gives no public key to compare with: it holds a private key, which has no business here',
    ])
    expect(await blockers({ keyName: 'ktr-tde-sql01' })).toEqual([
      `${firstHost} has a key ktr-tde-sql01 that is not the one to be imported`,
    ])
  })
})

describe('a file that only the vault can judge', () => {
  const garbled =
    (from: number) =>
    (bytes: Buffer): Buffer => {
      const changed = Buffer.from(bytes)
      changed[from] = (changed[from] ?? 0) ^ 1
      return changed
    }
  const judged: [string, () => Buffer][] = [
    ['with a changed first part', () => transferFile({ kek: first, pkcs8: own.pkcs8, change: garbled(9) })],
    [
      'with a changed second part',
      () => transferFile({ kek: first, pkcs8: own.pkcs8, change: garbled(seam + 9) }),
    ],
    [
      'wrapped for another vault under this vault’s name',
      () => transferFile({ kek: second, pkcs8: own.pkcs8, header: { kid: first.id } }),
    ],
    [
      'of parts of two files',
      () =>
        transferFile({
          kek: first,
          pkcs8: own.pkcs8,
          change: (bytes) =>
            Buffer.concat([
              bytes.subarray(0, seam),
              Buffer.from(
                (
                  JSON.parse(transferFile({ kek: first, pkcs8: own.pkcs8 }).toString()) as {
                    ciphertext: string
                  }
                ).ciphertext,
                'base64url',
              ).subarray(seam),
            ]),
        }),
    ],
    [
      'with bytes behind the key',
      () => transferFile({ kek: first, pkcs8: Buffer.concat([own.pkcs8, Buffer.of(1)]) }),
    ],
  ]

  test.each(judged)('%s: the vault refuses, the run says so and nothing is there', async (name, bytes) => {
    const key = `J-${name.length}-${judged.findIndex(([one]) => one === name)}`
    const file = `judged-${key}.byok`
    writeFileSync(join(house.escrow, file), bytes())
    const { digest, advice } = await review({ file, keyName: key })
    expect(advice.blockers).toEqual([])
    const { run } = await house.ask('runs.start', { digest, ticket: 'T-1', reason: 'attack' })
    const view = await house.program.engine.settled(asRunId(run))
    expect(view.state).toBe('waiting-for-decision')
    const [problem] = view.steps.flatMap((step) => step.problem ?? [])
    expect(problem?.code).toBe('byok-refused')
    expect(await keysOf(firstHost)).not.toContain(key)
    await house.ask('runs.leave', { run, reason: 'attack' })
  })

  test('with another key in it: the run does not call it verified, and its undo takes the key away', async () => {
    writeFileSync(join(house.escrow, 'other.byok'), transferFile({ kek: first, pkcs8: other.pkcs8 }))
    const { digest, advice } = await review({ file: 'other.byok', keyName: 'KTR-OTHER' })
    expect(advice.blockers).toEqual([])
    const { run } = await house.ask('runs.start', { digest, ticket: 'T-1', reason: 'attack' })
    const view = await house.program.engine.settled(asRunId(run))
    expect(view.steps[0]?.problem?.code).toBe('step-not-verified')
    expect(view.steps[0]?.problem?.title).toContain('its public key is not that of the file public.pem')
    expect(await keysOf(firstHost)).toContain('KTR-OTHER')
    await house.ask('runs.undo', { run })
    expect((await house.program.engine.settled(asRunId(run))).state).toBe('undone')
    expect(await keysOf(firstHost)).not.toContain('KTR-OTHER')
  })

  test('that was written again after the review is not sent', async () => {
    writeFileSync(join(house.escrow, 'again.byok'), transferFile({ kek: first, pkcs8: own.pkcs8 }))
    const { digest } = await review({ file: 'again.byok', keyName: 'KTR-AGAIN' })
    writeFileSync(join(house.escrow, 'again.byok'), transferFile({ kek: first, pkcs8: other.pkcs8 }))
    const problem = await refusalOf(house.ask('runs.start', { digest, ticket: 'T-1', reason: 'attack' }))
    expect(problem.code).toMatch(/^plan-/)
    expect(await keysOf(firstHost)).not.toContain('KTR-AGAIN')
  })
})

test('a .backup that is none, and one that is cut, is refused by the vault and said', async () => {
  const blob = Buffer.from(
    await atVault(house.program.azure, azure, firstHost, (vault) => vault.backUpKey('ktr-tde-sql01')),
  )
  putFiles(house.escrow, { 'noise.keybackup': randomBytes(4000), 'cut.keybackup': blob.subarray(0, -9) })
  for (const backupFile of ['noise.keybackup', 'cut.keybackup']) {
    const { digest, advice } = await review({
      task: 'restore',
      vault: secondHost,
      keyName: 'ktr-tde-sql01',
      backupFile,
      backupOf: firstHost,
    })
    expect(advice.blockers).toEqual([])
    const { run } = await house.ask('runs.start', { digest, ticket: 'T-1', reason: 'attack' })
    const view = await house.program.engine.settled(asRunId(run))
    expect(view.steps[0]?.problem?.code).toMatch(/^vault-backup-/)
    expect(await keysOf(secondHost)).not.toContain('ktr-tde-sql01')
    await house.ask('runs.leave', { run, reason: 'attack' })
  }
})
