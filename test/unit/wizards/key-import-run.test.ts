/** Import to Azure end to end in a rehearsal: token, transfer files, two vaults, and what OpenSSL says of it. */
import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { pickFolder, saveDraft } from '../../support/encrypted-backup-answers.ts'
import { hsmKeyAnswers, ownToken, tokenRefOf } from '../../support/hsm-key-answers.ts'
import { runJob, targetNamed } from '../../support/job-answers.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'
import { asAdministrator } from '../../support/restore-drill-answers.ts'
import { applicationOfEstate, chainBatches } from '../../support/vault-key-rotation-answers.ts'
import { vaultByHand } from '../../support/vault-by-hand.ts'
import { azureRefOf } from '../../support/vault-answers.ts'
import {
  atVault,
  exchangeKey,
  firstHost,
  makeSecondVault,
  ownKey,
  putFiles,
  secondHost,
  transferAnswers,
  transferFile,
} from '../../support/key-import-answers.ts'

const there = existsSync('/usr/lib/softhsm/libsofthsm2.so')
/** The rehearsal’s own connections are these two; the second region is a vault that the test makes. */
const hsmHost = 'ktr-hsm-weu.managedhsm.azure.net'
let house: TestRehearsal
let azure: TargetRef
let place: string

beforeAll(async () => {
  house = await openRehearsal()
  azure = await azureRefOf(house.ask)
  await house.simulators.order({
    command: 'azure',
    order: { do: 'settings', change: { rbacDelayMs: 0, dnsDelayMs: 0, directoryDelayMs: 0 } },
  })
  await makeSecondVault(house.program.azure, azure)
  place = await pickFolder(house.ask, 'escrow')
}, 120_000)
afterAll(() => house.end(), 60_000)

const run = (answers: Answers): Promise<RunView> => runJob(house.program, 'key-import', answers)
const evidenceOf = (view: RunView): string[] =>
  view.steps.flatMap(({ evidence }) => evidence.map(({ statement, value }) => `${statement}: ${value}`))
const problemsOf = (view: RunView): unknown[] => view.steps.flatMap(({ problem }) => problem ?? [])

/** Every key of the vault, by what OpenSSL makes of its public half. */
const publicPem = async (host: string, name: string): Promise<string> => {
  const key = await atVault(house.program.azure, azure, host, (vault) => vault.key(name))
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url')
  return createPublicKey({
    key: { kty: 'RSA', n: text(key?.publicKey?.modulus), e: text(key?.publicKey?.exponent) },
    format: 'jwk',
  })
    .export({ type: 'spki', format: 'pem' })
    .toString()
}

describe.runIf(there)('a key of a token', () => {
  const state: { token: string; tokenKey: string; files: string[] } = { token: '', tokenKey: '', files: [] }

  test('keys for imports are made in a vault and a managed HSM, by one run', async () => {
    const view = await run({
      azure: azure.id,
      task: 'exchange-key',
      vault: firstHost,
      second: true,
      secondVault: hsmHost,
      exchangeName: 'import-2026',
      exchangeBits: '2048',
    })
    expect(problemsOf(view)).toEqual([])
    expect(view.state).toBe('verified')
    expect(evidenceOf(view).filter((line) => line === 'May be used for: import')).toHaveLength(2)
  })

  test('the token makes the key and wraps it for both; both are imported, and one public key is everywhere', async () => {
    const token = await tokenRefOf(house.ask)
    if (token === null) throw new Error('no token')
    await house.ask('hsm.probe', { id: token.id, seen: null })
    const keks: string[] = []
    for (const host of [firstHost, hsmHost]) {
      const known = (await house.ask('connections.list', {})).find(
        (one) => one.connection.kind === 'keyvault' && one.connection.host === host,
      )
      const id = known?.connection.id ?? ''
      const kek = await atVault(house.program.azure, azure, host, (vault) => vault.key('import-2026'))
      keks.push(`${id} import-2026 ${kek?.version ?? ''}`)
    }
    const made = await runJob(
      house.program,
      'hsm-key',
      hsmKeyAnswers(token.id, { type: 'rsa-3072', label: 'KTR-OWN', destination: 'chosen', keks, place }),
    )
    expect(problemsOf(made)).toEqual([])
    state.token = token.id
    state.tokenKey = String(
      made.steps[0]?.evidence.find(({ data }) => data?.['hsmKeyId'])?.data?.['hsmKeyId'],
    )
    state.files = ['ktr-vault-weu', 'ktr-hsm-weu'].map(
      (vault) => readdirSync(house.escrow).find((name) => name.includes(vault)) ?? '',
    )
    const [file = '', secondFile = ''] = state.files
    const view = await run({
      azure: azure.id,
      task: 'transfer',
      vault: firstHost,
      second: true,
      secondVault: hsmHost,
      keyName: 'KTR-OWN',
      place,
      file,
      secondFile,
      origin: 'token',
      hsm: token.id,
      tokenKey: state.tokenKey,
    })
    expect(problemsOf(view)).toEqual([])
    expect(view.state).toBe('verified')
    const lines = evidenceOf(view)
    expect(lines.filter((line) => line === 'Its public key, compared with that: the same')).toHaveLength(2)
    expect(lines.filter((line) => line.startsWith('Wrapped and unwrapped 32 random bytes'))).toHaveLength(2)
    expect(view.steps.at(-1)?.proofs.map(({ location, level }) => [location, level])).toEqual([
      [firstHost, 'opened'],
      [hsmHost, 'opened'],
    ])
    expect(await publicPem(firstHost, 'KTR-OWN')).toBe(await publicPem(hsmHost, 'KTR-OWN'))
  }, 120_000)

  test('witness: OpenSSL verifies with the token’s public key what each vault signed, and a vault opens what it encrypted', async () => {
    const own = await ownToken(house.simulators)
    const spki = (await own.token.find({ id: state.tokenKey, class: 'public' }))[0]?.spki
    await own.end()
    const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(spki ?? []).toString('base64')}\n-----END PUBLIC KEY-----\n`
    writeFileSync(join(house.escrow, 'token.pem'), pem)
    const data = randomBytes(64)
    writeFileSync(join(house.escrow, 'data.bin'), data)
    const openssl = (...words: string[]): string =>
      execFileSync('openssl', words, { cwd: house.escrow, stdio: ['ignore', 'pipe', 'ignore'] }).toString()
    const plain = randomBytes(32)
    writeFileSync(join(house.escrow, 'plain.bin'), plain)
    openssl(
      'pkeyutl',
      '-encrypt',
      '-pubin',
      '-inkey',
      'token.pem',
      '-in',
      'plain.bin',
      '-out',
      'sealed.bin',
      '-pkeyopt',
      'rsa_padding_mode:oaep',
      '-pkeyopt',
      'rsa_oaep_md:sha256',
      '-pkeyopt',
      'rsa_mgf1_md:sha256',
    )
    const askVault = await vaultByHand(house.simulators)
    const sealed = readFileSync(join(house.escrow, 'sealed.bin')).toString('base64url')
    for (const host of [firstHost, hsmHost]) {
      const digest = createHash('sha256').update(data).digest()
      const signed = await askVault(host, 'KTR-OWN', 'sign', {
        alg: 'RS256',
        value: digest.toString('base64url'),
      })
      writeFileSync(join(house.escrow, 'signature.bin'), signed)
      expect(
        openssl('dgst', '-sha256', '-verify', 'token.pem', '-signature', 'signature.bin', 'data.bin').trim(),
      ).toBe('Verified OK')
      expect(await askVault(host, 'KTR-OWN', 'unwrapkey', { alg: 'RSA-OAEP-256', value: sealed })).toEqual(
        plain,
      )
    }
  })
})

describe('a key of OpenSSL, wrapped by OpenSSL', () => {
  const own = ownKey()

  test('is imported where its file is for the vault, and a second run finds it there', async () => {
    const kek = await exchangeKey(house.program.azure, azure, firstHost)
    putFiles(house.escrow, {
      'first.byok': transferFile({ kek, pkcs8: own.pkcs8 }),
      'public.pem': own.publicKey,
    })
    const answers = transferAnswers(azure.id, place)
    const view = await run(answers)
    expect(problemsOf(view)).toEqual([])
    expect(view.state).toBe('verified')
    const draft = await saveDraft(house.ask, answers, 'key-import')
    const { plan, advice } = await house.ask('wizard.review', { draft })
    expect(advice.blockers).toEqual([])
    expect(advice.satisfied).toHaveLength(1)
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['compare-key-chain'])
  })

  test('goes into two vaults of two regions in one run, from a file for each', async () => {
    const keks = [
      await exchangeKey(house.program.azure, azure, firstHost),
      await exchangeKey(house.program.azure, azure, secondHost),
    ] as const
    putFiles(house.escrow, {
      'first.byok': transferFile({ kek: keks[0], pkcs8: own.pkcs8 }),
      'second.byok': transferFile({ kek: keks[1], pkcs8: own.pkcs8 }),
    })
    const view = await run(
      transferAnswers(azure.id, place, {
        second: true,
        secondVault: secondHost,
        secondFile: 'second.byok',
        keyName: 'KTR-TWO-REGIONS',
      }),
    )
    expect(problemsOf(view)).toEqual([])
    expect(view.steps.map(({ state }) => state)).toEqual(['verified', 'verified', 'verified'])
    expect(await publicPem(firstHost, 'KTR-TWO-REGIONS')).toBe(own.publicKey)
    expect(await publicPem(secondHost, 'KTR-TWO-REGIONS')).toBe(own.publicKey)
  })

  test('a backup of it comes back in the other region with the same versions, and not a second time', async () => {
    const blob = await atVault(house.program.azure, azure, firstHost, (vault) =>
      vault.backUpKey('KTR-TDE-OWN'),
    )
    putFiles(house.escrow, { 'own.keybackup': Buffer.from(blob) })
    const answers = {
      azure: azure.id,
      task: 'restore',
      vault: secondHost,
      keyName: 'KTR-TDE-OWN',
      place,
      backupFile: 'own.keybackup',
      backupOf: firstHost,
    }
    const view = await run(answers)
    expect(problemsOf(view)).toEqual([])
    expect(evidenceOf(view)).toContain(
      `Compared with the vault that it was taken from: the same 1 versions as in ${firstHost}, the newest with the same public key`,
    )
    const draft = await saveDraft(house.ask, answers, 'key-import')
    const { advice } = await house.ask('wizard.review', { draft })
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      `The backup was not restored: ${secondHost} has a key of that name`,
    ])
  })

  test('the comparison alone goes through both vaults', async () => {
    const view = await run({
      ...transferAnswers(azure.id, place),
      task: 'compare',
      second: true,
      secondVault: secondHost,
    })
    expect(problemsOf(view)).toEqual([])
    expect(view.state).toBe('verified')
    expect(view.steps.map(({ proofs }) => proofs.length)).toEqual([2])
  })

  test('the comparison reaches the key object of a server through the connector’s registry, and names another one', async () => {
    const server = 'ktr-sqlprod-01'
    await house.simulators.order({
      command: 'ekm',
      instance: server,
      order: { what: 'install', version: '15.0.2000.440', signed: true, runtime: true },
    })
    const application = await applicationOfEstate(house.simulators, 'ktr-ekm-sql01')
    const version = async (name: string): Promise<string> =>
      (await atVault(house.program.azure, azure, firstHost, (vault) => vault.key(name)))?.version ?? ''
    const [first, ...rest] = chainBatches(application, await version('ktr-tde-sql01'), [])
    const renamed = (batch: string, key: string): string =>
      batch.replaceAll('tde_old', key).replace(/'ktr-tde-sql01\/[0-9a-f]+'/, `'KTR-TDE-OWN/VERSION'`)
    const mine = rest.slice(1).map((batch) => renamed(batch, 'own_key'))
    const ownVersion = await version('KTR-TDE-OWN')
    await asAdministrator(house.program, house.ask, server, [
      first ?? '',
      ...rest,
      ...mine.map((batch) => batch.replace('VERSION', ownVersion)),
    ])
    const answers = {
      ...transferAnswers(azure.id, place),
      task: 'compare',
      sql: await targetNamed(house.ask, server),
      sqlKey: 'own_key',
    }
    const view = await run(answers)
    expect(problemsOf(view)).toEqual([])
    expect(view.state).toBe('verified')
    expect(evidenceOf(view)).toContain(
      `Where the connector has the key of that thumbprint: https://${firstHost}/keys/KTR-TDE-OWN/${ownVersion}`,
    )
    const wrong = await run({ ...answers, sqlKey: 'tde_old' })
    expect(wrong.steps[1]?.problem?.code).toBe('step-not-verified')
    expect(wrong.steps[1]?.problem?.title).toContain('the registry leads from that thumbprint to')
  })
})
