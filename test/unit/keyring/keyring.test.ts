import { readFileSync, statSync } from 'node:fs'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { asHandleId, asRunId } from '../../../shared/model/ids.ts'
import { FixedClock } from '../platform/fixed-clock.ts'
import {
  emptyFolder,
  keyFile,
  keyringAt,
  login,
  newKeyring,
  otherServer,
  passphrase,
  passphraseText,
  refusalOf,
  secret,
  server,
  textOf,
} from './support.ts'

const run = asRunId('r-cccccccccccc')

describe('passphrase', () => {
  test('absent, created, locked, unlocked', async () => {
    const folder = emptyFolder()
    const keyring = keyringAt(folder)
    expect(keyring.status()).toEqual({ state: 'absent', waitSeconds: 0 })
    expect(await refusalOf(keyring.unlock(passphrase()))).toBe('keyring-absent')
    expect(() => keyring.list()).toThrow('keyring-absent')
    await keyring.create(passphrase())
    expect(keyring.status()).toMatchObject({
      state: 'unlocked',
      kdf: { name: 'scrypt', N: 1024, r: 8, p: 1 },
    })
    keyring.lock()
    expect(keyring.status()).toMatchObject({ state: 'locked', kdf: { N: 1024 } })
    expect(keyringAt(folder).status()).toMatchObject({ state: 'locked', kdf: { N: 1024 } })
    await keyring.unlock(passphrase())
    expect(keyring.status().state).toBe('unlocked')
  })

  test('a second keyring is not made over the first', async () => {
    const { keyring, folder, path } = await newKeyring()
    const before = readFileSync(path)
    expect(await refusalOf(keyring.create(passphrase('another long passphrase')))).toBe('keyring-exists')
    expect(await refusalOf(keyringAt(folder).create(passphrase()))).toBe('keyring-exists')
    expect(readFileSync(path).equals(before)).toBe(true)
    const racing = emptyFolder()
    const results = [keyringAt(racing), keyringAt(racing)].map((one) => refusalOf(one.create(passphrase())))
    expect((await Promise.all(results)).sort()).toEqual(['accepted', 'keyring-exists'])
  })

  test('the rule is checked in main too', async () => {
    const keyring = keyringAt(emptyFolder())
    expect(await refusalOf(keyring.create(passphrase('short')))).toBe('passphrase-refused')
    expect(await refusalOf(keyring.create(passphrase('P@ssw0rd 2026!')))).toBe('passphrase-refused')
    expect(keyring.status().state).toBe('absent')
  })

  test('composed and decomposed letters are one passphrase', async () => {
    const keyring = keyringAt(emptyFolder())
    await keyring.create(passphrase('caf\u00e9 au lait, sans sucre'))
    keyring.lock()
    await keyring.unlock(passphrase('cafe\u0301 au lait, sans sucre'))
    expect(keyring.status().state).toBe('unlocked')
  })

  test('wrong ones are refused, from the third on with a growing wait, and a right one ends it', async () => {
    const clock = new FixedClock()
    const { keyring } = await newKeyring({ clock })
    keyring.lock()
    const wrong = (): Promise<string> => refusalOf(keyring.unlock(passphrase('another long passphrase')))
    expect([await wrong(), await wrong()]).toEqual(['keyring-wrong-passphrase', 'keyring-wrong-passphrase'])
    expect(keyring.status().waitSeconds).toBe(0)
    const waits: number[] = []
    for (let time = 0; time < 8; time += 1) {
      expect(await wrong()).toBe('keyring-wrong-passphrase')
      waits.push(keyring.status().waitSeconds)
      expect(await refusalOf(keyring.unlock(passphrase()))).toBe('keyring-wait')
      clock.advance(keyring.status().waitSeconds * 1_000)
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300])
    await keyring.unlock(passphrase())
    keyring.lock()
    expect(await wrong()).toBe('keyring-wrong-passphrase')
    expect(keyring.status().waitSeconds).toBe(0)
  })

  test('many tries at once do not get around the wait', async () => {
    const { keyring } = await newKeyring()
    keyring.lock()
    const tries = Array.from({ length: 6 }, () =>
      refusalOf(keyring.unlock(passphrase('another long passphrase'))),
    )
    const answers = await Promise.all(tries)
    expect(answers.filter((answer) => answer === 'keyring-wrong-passphrase')).toHaveLength(3)
    expect(answers.filter((answer) => answer === 'keyring-wait')).toHaveLength(3)
  })

  test('a lock that comes while the passphrase is tried wins', async () => {
    const { keyring } = await newKeyring()
    keyring.lock()
    const unlocking = refusalOf(keyring.unlock(passphrase()))
    keyring.lock()
    expect(await unlocking).toBe('keyring-locked')
    expect(keyring.status().state).toBe('locked')
  })
})

describe('handles', () => {
  test('a secret comes back, also after a restart', async () => {
    const { keyring, folder } = await newKeyring()
    const info = await keyring.put({ ...login, label: 'SQLPROD-01 / sa' }, secret('pässword'))
    expect(info).toEqual({
      ...login,
      id: info.id,
      generation: 1,
      label: 'SQLPROD-01 / sa',
      keptAt: '2026-11-22T08:00:00.000Z',
    })
    expect(textOf(await keyring.open(info.id, login))).toBe('pässword')
    const restarted = keyringAt(folder)
    await restarted.unlock(passphrase())
    expect(restarted.list()).toEqual([info])
    expect(textOf(await restarted.open(info.id, login))).toBe('pässword')
  })

  test('another purpose or another system can’t open it', async () => {
    const { keyring } = await newKeyring()
    const { id } = await keyring.put({ ...login, label: 'x' }, secret('p'))
    expect(await refusalOf(keyring.open(id, keyFile))).toBe('handle-not-for-this')
    expect(await refusalOf(keyring.open(id, { ...login, target: otherServer }))).toBe('handle-not-for-this')
    expect(await refusalOf(keyring.open(id, { ...login, target: null }))).toBe('handle-not-for-this')
    expect(await refusalOf(keyring.open(asHandleId('h-unknown'), login))).toBe('handle-unknown')
  })

  test('the same label again is another handle; replace raises the generation of one', async () => {
    const { keyring } = await newKeyring()
    const first = await keyring.put({ ...login, label: 'x' }, secret('one'))
    const second = await keyring.put({ ...login, label: 'x' }, secret('two'))
    expect(second.id).not.toBe(first.id)
    const replaced = await keyring.replace(first.id, secret('three'))
    expect(replaced).toMatchObject({ id: first.id, generation: 2 })
    expect(textOf(await keyring.open(first.id, login))).toBe('three')
    expect(textOf(await keyring.open(second.id, login))).toBe('two')
    expect(await refusalOf(keyring.replace(asHandleId('h-unknown'), secret('x')))).toBe('handle-unknown')
  })

  test('list filters; drop and dropForTarget remove, and can be repeated', async () => {
    const { keyring } = await newKeyring()
    const a = await keyring.put({ ...login, label: 'a' }, secret('1'))
    const b = await keyring.put({ ...keyFile, label: 'b' }, secret('2'))
    const c = await keyring.put({ ...login, target: otherServer, label: 'c' }, secret('3'))
    const d = await keyring.put({ purpose: 'proxy.password', target: null, label: 'd' }, secret('4'))
    expect(keyring.list({ target: server })).toEqual([a, b])
    expect(keyring.list({ purpose: 'sql.login-password' })).toEqual([a, c])
    expect(keyring.list({ target: null })).toEqual([d])
    expect(await keyring.dropForTarget(server)).toBe(2)
    expect(await keyring.dropForTarget(server)).toBe(0)
    await keyring.drop(c.id)
    await keyring.drop(c.id)
    expect(keyring.list()).toEqual([d])
  })

  test('what can’t be a secret or a label is refused, and nothing is written', async () => {
    const { keyring, path } = await newKeyring()
    const before = readFileSync(path)
    expect(await refusalOf(keyring.put({ ...login, label: 'x' }, secret('')))).toBe('secret-refused')
    expect(await refusalOf(keyring.put({ ...login, label: 'x' }, secret('x'.repeat(70_000))))).toBe(
      'secret-refused',
    )
    for (const label of ['', 'x'.repeat(201), 'line\nbreak', 'turned \u202e round', 'half \ud800']) {
      expect(await refusalOf(keyring.put({ ...login, label }, secret('x')))).toBe('label-refused')
    }
    expect(readFileSync(path).equals(before)).toBe(true)
    const emoji = await keyring.put({ ...login, label: '🔑'.repeat(200) }, secret('x'))
    expect(emoji.label).toHaveLength(400)
  })

  test('writes asked for at once are all kept', async () => {
    const { keyring, folder } = await newKeyring()
    const asked = Array.from({ length: 20 }, (_, n) =>
      keyring.put({ ...login, label: `n${n}` }, secret(`s${n}`)),
    )
    const infos = await Promise.all(asked)
    const restarted = keyringAt(folder)
    await restarted.unlock(passphrase())
    for (const [n, info] of infos.entries())
      expect(textOf(await restarted.open(info.id, login))).toBe(`s${n}`)
  })

  test('a thousand asked for at once cost a few writes; one that is refused among them stands alone', async () => {
    const { keyring, path } = await newKeyring()
    const asked = Array.from({ length: 1_000 }, (_, n) =>
      refusalOf(keyring.put({ ...login, label: n === 500 ? '' : `n${n}` }, secret(`s${n}`))),
    )
    expect((await Promise.all(asked)).filter((answer) => answer !== 'accepted')).toEqual(['label-refused'])
    expect(keyring.list()).toHaveLength(999)
    const { revision, changes } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>
    expect(revision).toBeLessThan(5)
    expect(changes).toBe(1_000)
  })

  test('the bytes that were given may be wiped at once', async () => {
    const { keyring } = await newKeyring()
    const bytes = secret('given')
    const putting = keyring.put({ ...login, label: 'x' }, bytes)
    bytes.wipe()
    expect(textOf(await keyring.open((await putting).id, login))).toBe('given')
  })
})

describe('locking', () => {
  test('wipes what was opened and refuses everything', async () => {
    const { keyring } = await newKeyring()
    const { id } = await keyring.put({ ...login, label: 'x' }, secret('p'))
    await keyring.sealRun(run, [{ name: 'password', id, binding: login }])
    const opened = await keyring.open(id, login)
    const sealed = (await keyring.openRun(run)).get('password')
    keyring.lock()
    expect([opened.wiped, sealed?.wiped]).toEqual([true, true])
    expect(() => textOf(opened)).toThrow('secret-wiped')
    const refusals = [
      keyring.open(id, login),
      keyring.put({ ...login, label: 'x' }, secret('p')),
      keyring.replace(id, secret('p')),
      keyring.drop(id),
      keyring.dropForTarget(server),
      keyring.sealRun(run, []),
      keyring.openRun(run),
      keyring.eraseRun(run),
    ]
    expect(new Set(await Promise.all(refusals.map(refusalOf)))).toEqual(new Set(['keyring-locked']))
    expect(() => keyring.list()).toThrow('keyring-locked')
    expect(() => keyring.sealedRuns()).toThrow('keyring-locked')
  })

  test('a run that goes on keeps its secrets until its holder wipes them', async () => {
    const { keyring } = await newKeyring()
    const { id } = await keyring.put({ ...login, label: 'x' }, secret('p'))
    await keyring.sealRun(run, [{ name: 'password', id, binding: login }])
    const opened = await keyring.open(id, login)
    const sealed = (await keyring.openRun(run)).get('password')
    keyring.lock({ keepRuns: true })
    expect([opened.wiped, sealed?.wiped]).toEqual([true, false])
    keyring.lock()
    expect(sealed?.wiped).toBe(true)
  })

  test('listeners hear of every change until they stop', async () => {
    const { keyring } = await newKeyring()
    let heard = 0
    const stop = keyring.onChange(() => (heard += 1))
    await keyring.put({ ...login, label: 'x' }, secret('p'))
    keyring.lock()
    await keyring.unlock(passphrase())
    expect(heard).toBe(3)
    stop()
    keyring.lock()
    expect(heard).toBe(3)
  })
})

describe('secrets of a run', () => {
  test('do not change when the handle is replaced or dropped, and survive a restart', async () => {
    const { keyring, folder } = await newKeyring()
    const a = await keyring.put({ ...login, label: 'a' }, secret('first'))
    const b = await keyring.put({ ...keyFile, label: 'b' }, secret('second'))
    await keyring.sealRun(run, [
      { name: 'login', id: a.id, binding: login },
      { name: 'key_file', id: b.id, binding: keyFile },
    ])
    await keyring.replace(a.id, secret('changed'))
    await keyring.dropForTarget(server)
    const restarted = keyringAt(folder)
    await restarted.unlock(passphrase())
    const opened = await restarted.openRun(run)
    expect([...opened].map(([name, bytes]) => [name, textOf(bytes)])).toEqual([
      ['login', 'first'],
      ['key_file', 'second'],
    ])
    expect(restarted.sealedRuns()).toEqual([run])
  })

  test('are sealed all or none, again as a whole, and erased for good', async () => {
    const { keyring, path } = await newKeyring()
    const { id } = await keyring.put({ ...login, label: 'a' }, secret('first'))
    const good = { name: 'login', id, binding: login }
    expect(await refusalOf(keyring.sealRun(run, [good, { name: 'x', id, binding: keyFile }]))).toBe(
      'handle-not-for-this',
    )
    expect(await refusalOf(keyring.sealRun(run, [good, { ...good, id: asHandleId('h-unknown') }]))).toBe(
      'handle-unknown',
    )
    expect(keyring.sealedRuns()).toEqual([])
    await keyring.sealRun(run, [good])
    await keyring.replace(id, secret('changed'))
    await keyring.sealRun(run, [{ ...good, name: 'renamed' }])
    expect([...(await keyring.openRun(run))].map(([name, bytes]) => [name, textOf(bytes)])).toEqual([
      ['renamed', 'changed'],
    ])
    await keyring.eraseRun(run)
    await keyring.eraseRun(run)
    expect(await refusalOf(keyring.openRun(run))).toBe('run-secrets-unknown')
    expect(readFileSync(path, 'utf8')).not.toContain(run)
  })

  test('a run without secrets can be sealed and opened', async () => {
    const { keyring } = await newKeyring()
    await keyring.sealRun(run, [])
    expect((await keyring.openRun(run)).size).toBe(0)
  })
})

test('canaries: no secret and no passphrase in the file, in its neighbors, in errors or in what is printed', async () => {
  const { keyring, path } = await newKeyring()
  const canary = 'CANARY-7f3a'
  const { id } = await keyring.put({ ...login, label: 'x' }, secret(canary))
  await keyring.sealRun(run, [{ name: 'login', id, binding: login }])
  const opened = await keyring.open(id, login)
  const error = await keyring.open(id, keyFile).catch((thrown: unknown) => thrown)
  const written = [
    readFileSync(path, 'utf8'),
    JSON.stringify([opened, error, keyring.recoverySheet(), keyring.list(), keyring.status()]),
    inspect([opened, error, keyring], { depth: 10, showHidden: true }),
    `${opened}`,
  ].join('\n')
  for (const form of [canary, passphraseText].flatMap((text) => [
    text,
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('base64').slice(0, -4),
  ])) {
    expect(written).not.toContain(form)
  }
  expect(statSync(path).mode & 0o777).toBe(0o600)
})
