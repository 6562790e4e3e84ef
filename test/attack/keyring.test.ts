/**
 * Attack: the page was taken over, or somebody stands at a locked window. Wanted: a kept password at another system
 * than the one it was typed for, a password that can be dropped from under a key, a keyring that stays open, names of
 * secrets while it is locked, a file of this computer by way of a backup's name. Each must be refused.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { openCredential } from '../../electron/sign-in-secrets.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import type { Shell } from '../../electron/shell/shell.ts'
import type { ChannelName, RequestOf } from '../../shared/ipc/contract.ts'
import { asHandleId, asTargetId } from '../../shared/model/ids.ts'
import type { Connection } from '../../shared/model/target.ts'
import { window } from '../unit/ipc/toy-handlers.ts'

const root = mkdtempSync(join(tmpdir(), 'keyturn-attack-keyring-'))
const typed = (text = 'an owl counts seven keys') => new TextEncoder().encode(text)
const page = { offset: 0, limit: 100, sort: null, search: '', filters: [] }
let program: Program
/** How far the wall clock has gone on, in milliseconds. */
let later = 0
let power: Parameters<NonNullable<Shell['watchPower']>>[0] = () => undefined

const ask = async <Name extends ChannelName>(name: Name, request: RequestOf<Name>): Promise<never> => {
  const answer = await program.dispatch(window, name, request)
  if (!answer.ok) throw new Error(answer.problem.code)
  return answer.value as never
}
const refusal = async <Name extends ChannelName>(name: Name, request: RequestOf<Name>): Promise<string> => {
  const answer = await program.dispatch(window, name, request)
  return answer.ok ? 'accepted' : answer.problem.code
}

beforeAll(async () => {
  mkdirSync(join(root, 'picked'))
  program = await startProgram({
    profile: 'main',
    dataFolder: join(root, 'data'),
    version: '0.0.0-attack',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startFolder: join(root, 'picked'),
    clock: { now: () => new Date(Date.now() + later), monotonicMs: () => performance.now() },
  })
  const shell: Shell = {
    kind: 'electron',
    send: () => undefined,
    pickFolder: () => Promise.resolve(join(root, 'picked')),
    watchPower: (lock) => {
      power = lock
      return () => undefined
    },
    printPdf: () => Promise.resolve(new Uint8Array()),
    copyText: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  program.attach(shell)
  await ask('keyring.create', { passphrase: typed() })
}, 120_000)

afterAll(async () => {
  await program.close()
  rmSync(root, { recursive: true, force: true })
})

const connectionTo = (name: string, host: string, password: string | null) => ({
  name,
  environment: 'test',
  host,
  port: 1433,
  instanceName: null,
  certificateName: null,
  encryption: { mode: 'strict', trust: { kind: 'system' } },
  authentication: { kind: 'sql-login', user: 'kt', password },
})

const keep = async (target: string | null, label: string): Promise<string> => {
  const kept: { handle: string } = await ask('secrets.keep', {
    purpose: 'sql.login-password',
    target,
    label,
    rule: 'login-password',
    bytes: typed('a login password'),
  })
  return kept.handle
}

describe('a stolen handle', () => {
  test('does not go to a host that was edited after the password was typed: it is gone', async () => {
    const { id }: { id: string } = await ask('connections.save', {
      id: null,
      connection: connectionTo('ours', 'sql.example', null),
    })
    const handle = await keep(id, 'login of ours')
    await ask('connections.save', { id, connection: connectionTo('ours', 'sql.example', handle) })
    const saved: { droppedCredential: boolean } = await ask('connections.save', {
      id,
      connection: connectionTo('ours', 'attacker.example', handle),
    })
    expect(saved.droppedCredential).toBe(true)
    expect(program.keyring.list({ purpose: 'sql.login-password' })).toEqual([])
    expect(await refusal('secrets.about', { handle })).toBe('accepted')
    await expect(
      program.keyring.open(asHandleId(handle), { purpose: 'sql.login-password', target: asTargetId(id) }),
    ).rejects.toThrow('handle-unknown')
  })

  test('of one system is not opened for another, nor for another purpose', async () => {
    const { id: ours }: { id: string } = await ask('connections.save', {
      id: null,
      connection: connectionTo('first', 'one.example', null),
    })
    const handle = await keep(ours, 'login of first')
    const saved = await program.dispatch(window, 'connections.save', {
      id: null,
      connection: connectionTo('second', 'attacker.example', handle),
    })
    // Whether or not such a connection is taken, nothing opens the password for it.
    const { id } = saved.ok ? (saved.value as { id: string }) : { id: 't-none' }
    for (const binding of [
      { purpose: 'sql.login-password', target: asTargetId(id) },
      { purpose: 'sql.login-password', target: null },
      { purpose: 'sql.key-file-password', target: asTargetId(ours) },
    ] as const)
      await expect(program.keyring.open(asHandleId(handle), binding)).rejects.toThrow('handle-not-for-this')
    expect(await refusal('secrets.drop', { handle: 'h-of-nobody' })).toBe('handle-unknown')
  })
})

describe('a stolen handle of Azure', () => {
  const [tenantId, subscriptionId, clientId, other] = [
    '6f1a3c52-0d7e-4b7b-9c58-2f4e8a61d001',
    '3d0b7e94-5a11-4c8e-8a6b-71c2f90e1001',
    'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2001',
    '11111111-2222-4333-8444-555555555555',
  ]
  const azureTo = (name: string, secret: string | null, change: object = {}, signIn: object = {}) => ({
    kind: 'azure',
    name,
    environment: 'test',
    cloud: 'public',
    tenantId,
    subscriptionId,
    signIn: { kind: 'client-secret', clientId, secret, ...signIn },
    ...change,
  })
  const save = (
    id: string | null,
    connection: Record<string, unknown>,
  ): Promise<{ id: string; droppedCredential: boolean }> => ask('connections.save', { id, connection })
  const keepFor = async (target: string, purpose: 'entra.client-secret' | 'entra.client-certificate') => {
    const request = {
      purpose,
      target,
      label: 'a sign-in',
      rule: 'login-password',
      bytes: typed('a client secret'),
    }
    return ((await ask<'secrets.keep'>('secrets.keep', request as never)) as { handle: string }).handle
  }
  const made = async (name: string): Promise<{ id: string; handle: string }> => {
    const { id } = await save(null, azureTo(name, null))
    const handle = await keepFor(id, 'entra.client-secret')
    await save(id, azureTo(name, handle))
    return { id, handle }
  }
  /** What a test of a connection that was saved with this handle ends in: nothing was sent, since nothing was opened. */
  const tested = async (connection: object): Promise<string> => {
    const saved = await program.dispatch(window, 'connections.save', { id: null, connection })
    if (!saved.ok) return saved.problem.code
    const { id } = saved.value as { id: string }
    const { problem }: { problem: { code: string } | null } = await ask('connections.test', { id })
    return problem?.code ?? 'accepted'
  }

  test.each([
    ['another tenant', { tenantId: other }, {}],
    ['another subscription', { subscriptionId: other }, {}],
    ['another cloud', { cloud: 'china' }, {}],
    ['another client', {}, { clientId: other }],
  ])('is gone once its connection names %s', async (what, change, signIn) => {
    const { id, handle } = await made(`edited to ${what}`)
    const saved = await save(id, azureTo(`edited to ${what}`, handle, change, signIn))
    expect(saved.droppedCredential).toBe(true)
    await expect(
      program.keyring.open(asHandleId(handle), { purpose: 'entra.client-secret', target: asTargetId(id) }),
    ).rejects.toThrow('handle-unknown')
  })

  test('is gone once its connection signs in with a certificate', async () => {
    const { id, handle } = await made('edited to a certificate')
    const signIn = { kind: 'client-certificate', clientId, certificate: handle }
    expect((await save(id, azureTo('edited to a certificate', null, { signIn }))).droppedCredential).toBe(
      true,
    )
    for (const purpose of ['entra.client-secret', 'entra.client-certificate'] as const)
      await expect(
        program.keyring.open(asHandleId(handle), { purpose, target: asTargetId(id) }),
      ).rejects.toThrow('handle-unknown')
  })

  test('is refused by another connection to Azure, also of the same tenant and client, and as a certificate', async () => {
    const { handle } = await made('owner of the secret')
    for (const [name, change] of [
      ['same answers', {}],
      ['thief of another tenant', { tenantId: other }],
      ['thief of another client', { signIn: { kind: 'client-secret', clientId: other, secret: handle } }],
      ['as a certificate', { signIn: { kind: 'client-certificate', clientId, certificate: handle } }],
    ] as const)
      expect(await tested(azureTo(name, handle, change)), name).toBe('handle-not-for-this')
  })

  test('is refused by a SQL Server, and a login’s password by Azure', async () => {
    const { handle } = await made('owner beside SQL')
    const authentication = { kind: 'entra-service-principal', tenantId, clientId, secret: handle }
    const { id: thief } = await save(null, {
      ...connectionTo('sql thief', 'sql.example', null),
      authentication,
    })
    const views = await ask<'connections.list'>('connections.list', {})
    const stored = (views as { connection: Connection }[]).find(({ connection }) => connection.id === thief)
    if (stored?.connection.kind !== 'sqlserver') throw new Error('it was not saved')
    await expect(openCredential(program.keyring, stored.connection)).rejects.toThrow('handle-not-for-this')
    const { id } = await save(null, connectionTo('sql owner', 'sql.example', null))
    const login = await keep(id, 'login of sql owner')
    expect(await tested(azureTo('azure thief', login))).toBe('handle-not-for-this')
  })
})

describe('a backup’s name', () => {
  test('leads to no file but one of the picked folder', async () => {
    const { place }: { place: { id: string } } = await ask('places.pick', { purpose: 'keyring restore' })
    writeFileSync(join(root, 'outside.json'), '{}')
    const before = readFileSync(join(root, 'data', 'keyring.json'))
    for (const name of ['../outside.json', '..\\outside.json', '/etc/passwd', '.hidden.json', 'a/b.json', ''])
      expect(await refusal('keyring.restore', { place: place.id, name, passphrase: typed() })).toBe(
        'ipc-payload',
      )
    expect(
      await refusal('keyring.restore', { place: 'p-foreign', name: 'a.json', passphrase: typed() }),
    ).toBe('not-found')
    expect(readFileSync(join(root, 'data', 'keyring.json')).equals(before)).toBe(true)
    expect(readdirSync(join(root, 'picked'))).toEqual([])
  })
})

describe('while locked', () => {
  test('nothing of the keyring is told, changed or written; what is there is counted, not named', async () => {
    await keep(null, 'a label')
    const { place }: { place: { id: string } } = await ask('places.pick', { purpose: 'keyring backup' })
    await ask('keyring.backUp', { place: place.id, passphrase: typed() })
    await keep(null, 'a secret label')
    await ask('keyring.lock', {})
    const passphrase = typed()
    const refused = [
      await refusal('keyring.backUp', { place: place.id, passphrase }),
      await refusal('keyring.changePassphrase', {
        present: typed(),
        next: typed('seven owls count one key'),
      }),
      await refusal('keyring.setOuterWrap', { on: false, passphrase: typed() }),
      await refusal('keyring.osStore', {}),
      await refusal('secrets.list', { page }),
      await refusal('secrets.drop', { handle: 'h-one' }),
      await refusal('settings.setAutoLock', { minutes: 240 }),
      await refusal('app.active', {}),
    ]
    expect(new Set(refused)).toEqual(new Set(['keyring-locked']))
    expect(passphrase.every((byte) => byte === 0)).toBe(true)
    const found = await program.dispatch(window, 'keyring.findBackups', { place: place.id })
    expect(JSON.stringify(found)).not.toContain('label')
    expect(found).toMatchObject({ ok: true, value: { found: [{ gone: 1, goneLabels: [] }] } })
    const state = await program.dispatch(window, 'app.state', {})
    expect(state).toMatchObject({ ok: true, value: { upkeep: null } })
    await ask('keyring.unlock', { passphrase: typed() })
  })
})

describe('the system', () => {
  test.each([
    ['screen-lock', 'The keyring was locked with the screen'],
    ['suspend', 'The keyring was locked as the computer went to sleep'],
  ] as const)('%s locks, with an entry that says why, and once', async (because, sentence) => {
    power(because)
    power(because)
    expect(program.keyring.status().state).toBe('locked')
    const { rows } = program.record.page({ offset: 0, limit: 2, order: 'newest-first' })
    expect(rows.map((row) => row.sentence).filter((text) => text === sentence)).toHaveLength(1)
    expect(await refusal('secrets.list', { page })).toBe('keyring-locked')
    await ask('keyring.unlock', { passphrase: typed() })
  })
})

describe('a page that nobody used for the set minutes', () => {
  test('is locked however late it says that somebody is there', async () => {
    await ask('settings.setAutoLock', { minutes: 2 })
    later += 90_000
    await ask('app.active', {})
    later += 90_000
    await ask('app.active', {})
    expect(program.keyring.status().state).toBe('unlocked')
    later += 120_000
    await ask('app.active', {})
    expect(program.keyring.status().state).toBe('locked')
    const [row] = program.record.page({ offset: 0, limit: 1, order: 'newest-first' }).rows
    expect(row?.sentence).toBe('The keyring was locked: nobody used the window')
  })
})
