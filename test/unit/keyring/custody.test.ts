import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asRunId } from '../../../shared/model/ids.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { FixedClock } from '../platform/fixed-clock.ts'
import {
  emptyFolder,
  keyFile,
  keyringAt,
  login,
  newKeyring,
  passphrase,
  quickPolicy,
  refusalOf,
  secret,
  textOf,
} from './support.ts'

const run = asRunId('r-cccccccccccc')
const newText = 'seven owls count one key'

const filled = async (options: Parameters<typeof newKeyring>[0] = {}) => {
  const made = await newKeyring(options)
  const a = await made.keyring.put({ ...login, label: 'a' }, secret('first'))
  const b = await made.keyring.put({ ...keyFile, label: 'b' }, secret('second'))
  await made.keyring.sealRun(run, [{ name: 'login', id: a.id, binding: login }])
  return { ...made, a, b }
}
type Filled = Awaited<ReturnType<typeof filled>>

const expectAllThere = async ({ keyring, a, b }: Pick<Filled, 'keyring' | 'a' | 'b'>): Promise<void> => {
  expect(keyring.list()).toEqual([a, b])
  expect(textOf(await keyring.open(a.id, login))).toBe('first')
  expect(textOf(await keyring.open(b.id, keyFile))).toBe('second')
  expect([...(await keyring.openRun(run))].map(([name, one]) => [name, textOf(one)])).toEqual([
    ['login', 'first'],
  ])
}

describe('a new passphrase', () => {
  test('makes a new master key: every box, the salt and the wrap are new; id, handles and generations stay', async () => {
    const made = await filled()
    const before = JSON.parse(readFileSync(made.path, 'utf8')) as { header: { keyring: string } }
    const change = await made.keyring.changePassphrase(passphrase(), passphrase(newText))
    expect(change).toEqual({ secrets: 2, runs: 1, removed: [] })
    const text = readFileSync(made.path, 'utf8')
    for (const box of JSON.stringify(before).match(/"(iv|data|tag|salt|check)":"[^"]+"/g) ?? [])
      expect(text.replace(/\s/g, '')).not.toContain(box)
    await expectAllThere(made)
    const restarted = keyringAt(made.folder)
    expect(await refusalOf(restarted.unlock(passphrase()))).toBe('keyring-wrong-passphrase')
    await restarted.unlock(passphrase(newText))
    await expectAllThere({ ...made, keyring: restarted })
    expect(restarted.upkeep()?.keyring).toBe(before.header.keyring)
  })

  test('needs the present one, counts wrong ones, and takes no bad or equal one; nothing is written then', async () => {
    const { keyring, path } = await filled()
    const before = readFileSync(path)
    const change = (present: string, next: string): Promise<string> =>
      refusalOf(keyring.changePassphrase(passphrase(present), passphrase(next)))
    expect(await change('another long passphrase', newText)).toBe('keyring-wrong-passphrase')
    expect(await change('an owl counts seven keys', 'short')).toBe('passphrase-refused')
    expect(await change('an owl counts seven keys', 'an owl counts seven keys')).toBe('passphrase-same')
    for (let time = 0; time < 3; time += 1) await change('another long passphrase', newText)
    expect(await change('an owl counts seven keys', newText)).toBe('keyring-wait')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('a run that has its secrets goes on: what is open stays open, and can be erased', async () => {
    const { keyring } = await filled()
    const opened = (await keyring.openRun(run)).get('login')
    await keyring.changePassphrase(passphrase(), passphrase(newText))
    expect(opened && textOf(opened)).toBe('first')
    await keyring.eraseRun(run)
    expect(keyring.sealedRuns()).toEqual([])
  })

  test('nothing in the folder opens with the old one: neither what a killed writer left nor what a restore put aside', async () => {
    const clock = new FixedClock()
    const made = await filled({ clock })
    copyFileSync(made.path, join(made.folder, '.keyring.json.keyturn-part-0123456789ab'))
    copyFileSync(made.path, join(made.folder, 'keyring-replaced-2026-11-22T080000000Z.json'))
    clock.advance(1_000)
    const { removed } = await made.keyring.changePassphrase(passphrase(), passphrase(newText))
    expect(removed).toEqual(['keyring-replaced-2026-11-22T080000000Z.json'])
    expect(readdirSync(made.folder)).toEqual(['keyring.json'])
  })

  test('killed before the old copy was removed: the next unlock removes it, and no other', async () => {
    const clock = new FixedClock()
    const { keyring, folder, path } = await filled({ clock })
    const old = readFileSync(path)
    clock.advance(60_000)
    await keyring.changePassphrase(passphrase(), passphrase(newText))
    keyring.lock()
    writeFileSync(join(folder, 'keyring-replaced-2026-11-22T080000000Z.json'), old)
    writeFileSync(join(folder, 'keyring-replaced-2026-11-22T080500000Z.json'), old)
    await keyring.unlock(passphrase(newText))
    expect(readdirSync(folder).sort()).toEqual([
      'keyring-replaced-2026-11-22T080500000Z.json',
      'keyring.json',
    ])
  })

  test('a lock that comes while it is made wins, and the file opens with exactly one of the two', async () => {
    const made = await filled()
    const changing = refusalOf(made.keyring.changePassphrase(passphrase(), passphrase(newText)))
    made.keyring.lock()
    expect(['keyring-locked', 'secret-wiped', 'accepted']).toContain(await changing)
    expect(made.keyring.status().state).toBe('locked')
    const answers = []
    for (const text of ['an owl counts seven keys', newText])
      answers.push(await refusalOf(keyringAt(made.folder).unlock(passphrase(text))))
    expect(answers.sort()).toEqual(['accepted', 'keyring-wrong-passphrase'])
  })
})

describe('key derivation that costs too little', () => {
  const policy = { ...quickPolicy, acceptedN: 2 ** 10, minimumN: 2 ** 11, preferredMaximumN: 2 ** 11 }

  test('gets more at the next unlock, with a new salt, under the same passphrase and master key', async () => {
    const made = await filled()
    const old = JSON.parse(readFileSync(made.path, 'utf8')) as {
      sets: unknown
      header: { kdf: { salt: string } }
    }
    const stronger = keyringAt(made.folder, { policy })
    const { strengthened } = await stronger.unlock(passphrase())
    expect(strengthened).toMatchObject({ from: { N: 2 ** 10, p: 1 }, to: { N: 2 ** 11, p: 1 } })
    await expectAllThere({ ...made, keyring: stronger })
    const now = JSON.parse(readFileSync(made.path, 'utf8')) as typeof old
    expect(now.sets).toEqual(old.sets)
    expect(now.header.kdf.salt).not.toBe(old.header.kdf.salt)
    stronger.lock()
    expect(await stronger.unlock(passphrase())).toEqual({ strengthened: null })
  })

  test('a derivation that takes less than half the wanted time on this machine counts as weak; never less than it was', async () => {
    const { folder } = await filled({
      policy: { ...quickPolicy, maximumN: 2 ** 12, preferredMaximumN: 2 ** 12 },
    })
    let now = 0
    const fast = { now: () => new Date(0), monotonicMs: () => (now += 10) }
    const timed = keyringAt(folder, { clock: fast, policy: { ...quickPolicy, targetMs: 250 } })
    const { strengthened } = await timed.unlock(passphrase())
    expect(strengthened).toMatchObject({ from: { N: 2 ** 10, p: 1 }, to: { N: 2 ** 10, p: 2 } })
    const again = keyringAt(folder, { clock: new FixedClock(), policy: quickPolicy })
    expect(await again.unlock(passphrase())).toEqual({ strengthened: null })
    await again.changePassphrase(passphrase(), passphrase(newText))
    expect(again.status().kdf).toMatchObject({ N: 2 ** 10, p: 2 })
  })

  test('a file that can’t be written keeps nobody out', async () => {
    const { folder, path } = await filled()
    const stronger = keyringAt(folder, {
      policy,
      random: () => {
        throw new KeyturnError('local-disk-full')
      },
    })
    const before = readFileSync(path)
    expect(await stronger.unlock(passphrase())).toEqual({ strengthened: null })
    expect(stronger.list()).toHaveLength(2)
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})

describe('a backup', () => {
  test('is dated, holds the keyring’s id in its name, opens by itself, and is due again after each change', async () => {
    const clock = new FixedClock()
    const made = await filled({ clock })
    const { keyring, a } = made
    expect(keyring.upkeep()?.backup).toEqual({ due: true, changes: 2, last: null })
    const folder = emptyFolder()
    const backup = await keyring.backUp(folder, passphrase())
    const id = keyring.upkeep()?.keyring ?? ''
    expect(backup).toEqual({
      name: `keyturn-keyring-${id}-2026-11-22T080000000Z.json`,
      at: '2026-11-22T08:00:00.000Z',
      secrets: 2,
      removed: [],
    })
    expect(statSync(join(folder, backup.name)).mode & 0o777).toBe(0o600)
    expect(keyring.upkeep()?.backup).toMatchObject({
      due: false,
      changes: 0,
      last: { name: backup.name, folder },
    })
    await keyring.eraseRun(run)
    expect(keyring.upkeep()?.backup.due).toBe(false)
    await keyring.replace(a.id, secret('changed'))
    await keyring.drop(a.id)
    expect(keyringAt(made.folder).upkeep()?.backup).toMatchObject({ due: true, changes: 2 })
    clock.advance(1)
    await keyring.backUp(folder, passphrase())
    await keyring.changePassphrase(passphrase(), passphrase(newText))
    expect(keyring.upkeep()?.backup).toMatchObject({ due: true, changes: 1 })
  })

  test('with a wrong passphrase nothing is written; where a file of that name is, nothing is replaced', async () => {
    const { keyring } = await filled()
    const folder = emptyFolder()
    expect(await refusalOf(keyring.backUp(folder, passphrase(newText)))).toBe('keyring-wrong-passphrase')
    expect(readdirSync(folder)).toEqual([])
    await keyring.backUp(folder, passphrase())
    expect(await refusalOf(keyring.backUp(folder, passphrase()))).toBe('local-file-exists')
    expect(await refusalOf(keyring.backUp(join(folder, 'none'), passphrase()))).toBe('local-folder-missing')
  })

  test('that can’t be opened again is none: the file goes, and a backup stays due', async () => {
    const policy = { ...quickPolicy }
    const made = await filled({ policy })
    // From now on what is read back asks for more than may be computed.
    policy.maximumN = 2 ** 9
    const folder = emptyFolder()
    expect(await refusalOf(made.keyring.backUp(folder, passphrase()))).toBe('keyring-backup-not-opened')
    expect(readdirSync(folder)).toEqual([])
    expect(made.keyring.upkeep()?.backup.last).toBeNull()
  })

  test('says in a rehearsal what it is', async () => {
    const { keyring } = await filled({ namePrefix: 'REHEARSAL-' })
    expect((await keyring.backUp(emptyFolder(), passphrase())).name).toMatch(/^REHEARSAL-keyturn-keyring-/)
  })
})

describe('a restore', () => {
  const backedUp = async () => {
    const clock = new FixedClock()
    const made = await filled({ clock })
    const backups = emptyFolder()
    const { name } = await made.keyring.backUp(backups, passphrase())
    clock.advance(1_000)
    return { ...made, clock, from: { folder: backups, name, keepRuns: [] } }
  }

  test('lists what is there without a passphrase, names what would be gone, newest first', async () => {
    const { keyring, from, clock, a } = await backedUp()
    const later = await keyring.put({ ...login, label: 'later' }, secret('third'))
    clock.advance(1_000)
    const second = await keyring.backUp(from.folder, passphrase())
    await keyring.replace(a.id, secret('newer'))
    writeFileSync(join(from.folder, 'other.json'), '{}')
    writeFileSync(join(from.folder, 'keyring-broken.json'), '{')
    writeFileSync(join(from.folder, 'notes.txt'), 'x')
    keyring.lock()
    const found = await keyring.backupsIn(from.folder)
    const [broken, ...good] = found
    expect(broken).toMatchObject({ name: 'keyring-broken.json', problem: { code: 'keyring-damaged' } })
    expect(
      good.map(({ name, at, secrets, sameKeyring, gone }) => [
        name,
        at,
        secrets,
        sameKeyring,
        gone.map(({ label }) => label),
      ]),
    ).toEqual([
      [second.name, '2026-11-22T08:00:02.000Z', 3, true, ['a']],
      [from.name, '2026-11-22T08:00:00.000Z', 2, true, ['a', 'later']],
    ])
    expect(good.flatMap(({ gone }) => gone).some(({ id }) => id === later.id)).toBe(true)
    expect(await refusalOf(keyring.backupsIn(join(from.folder, 'none')))).toBe('local-folder-missing')
  })

  test('puts the content in place, keeps what was there until the next backup, and names what is gone', async () => {
    const made = await backedUp()
    const { keyring, from, folder, path, clock } = made
    const later = await keyring.put({ ...login, label: 'later' }, secret('third'))
    const before = readFileSync(path)
    const restored = await keyring.restore(from, passphrase())
    expect(restored).toMatchObject({
      secrets: 2,
      gone: [later],
      keptAs: 'keyring-replaced-2026-11-22T080001000Z.json',
    })
    await expectAllThere(made)
    expect(readFileSync(join(folder, restored.keptAs ?? '')).equals(before)).toBe(true)
    expect(keyring.upkeep()).toMatchObject({ backup: { due: false }, replaced: [restored.keptAs] })
    const restarted = keyringAt(folder, { clock })
    await restarted.unlock(passphrase())
    await expectAllThere({ ...made, keyring: restarted })
    const { removed } = await restarted.backUp(from.folder, passphrase())
    expect(removed).toEqual([restored.keptAs])
  })

  test.each(['absent', 'locked', 'damaged'] as const)(
    'works where the present keyring is %s',
    async (state) => {
      const made = await backedUp()
      const folder = emptyFolder()
      if (state !== 'absent') {
        const other = keyringAt(folder)
        await other.create(passphrase('another long passphrase'))
        if (state === 'damaged') writeFileSync(join(folder, 'keyring.json'), 'half a fi')
      }
      const keyring = keyringAt(folder)
      const restored = await keyring.restore(made.from, passphrase())
      expect(restored.keptAs === null).toBe(state === 'absent')
      await expectAllThere({ ...made, keyring })
      const restarted = keyringAt(folder)
      await restarted.unlock(passphrase())
      await expectAllThere({ ...made, keyring: restarted })
    },
  )

  test('a wrong passphrase, a damaged file and a file outside the list change nothing', async () => {
    const { keyring, from, folder, path } = await backedUp()
    const before = readFileSync(path)
    expect(await refusalOf(keyring.restore(from, passphrase(newText)))).toBe('keyring-wrong-passphrase')
    for (const name of ['../keyring.json', '/etc/passwd', '.hidden.json', 'a/b.json', 'x.txt'])
      expect(await refusalOf(keyring.restore({ ...from, name }, passphrase()))).toBe('not-found')
    const text = readFileSync(join(from.folder, from.name), 'utf8')
    writeFileSync(join(from.folder, 'keyring-cut.json'), text.slice(0, -20))
    expect(await refusalOf(keyring.restore({ ...from, name: 'keyring-cut.json' }, passphrase()))).toBe(
      'keyring-damaged',
    )
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder).sort()).toEqual(['keyring-upkeep.json', 'keyring.json'])
    expect(keyring.status().state).toBe('unlocked')
  })

  test('that lacks what is sealed for an undecided run is refused', async () => {
    const { keyring, from, a, path } = await backedUp()
    const other = asRunId('r-dddddddddddd')
    await keyring.sealRun(other, [{ name: 'login', id: a.id, binding: login }])
    const before = readFileSync(path)
    expect(await refusalOf(keyring.restore({ ...from, keepRuns: [run, other] }, passphrase()))).toBe(
      'keyring-restore-loses-run',
    )
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(await refusalOf(keyring.restore({ ...from, keepRuns: [run] }, passphrase()))).toBe('accepted')
  })
})

describe('the recovery sheet', () => {
  test('is due until made, and again when the parameters or the file’s place change', async () => {
    const { keyring, folder } = await filled()
    expect(keyring.upkeep()?.sheet).toEqual({ because: 'none', madeAt: null })
    await keyring.sheetMade()
    expect(keyring.upkeep()?.sheet).toEqual({ because: null, madeAt: '2026-11-22T08:00:00.000Z' })
    await keyring.put({ ...login, label: 'c' }, secret('x'))
    expect(keyring.upkeep()?.sheet.because).toBeNull()
    await keyring.changePassphrase(passphrase(), passphrase(newText))
    expect(keyring.upkeep()?.sheet.because).toBe('parameters')
    await keyring.sheetMade()
    const moved = emptyFolder()
    for (const name of ['keyring.json', 'keyring-upkeep.json'])
      copyFileSync(join(folder, name), join(moved, name))
    expect(keyringAt(moved).upkeep()?.sheet.because).toBe('place')
  })
})

describe('waiting after wrong passphrases', () => {
  test('counts on after a restart, is not longer than any wait where the clock went back, and ends with the right one', async () => {
    const clock = new FixedClock()
    const { keyring, folder } = await filled({ clock })
    keyring.lock()
    for (let time = 0; time < 4; time += 1) {
      await refusalOf(keyring.unlock(passphrase(newText)))
      clock.advance(keyring.status().waitSeconds * 1_000)
    }
    await refusalOf(keyring.unlock(passphrase(newText)))
    expect(keyring.status().waitSeconds).toBe(20)
    clock.advance(5_000)
    const restarted = keyringAt(folder, { clock })
    expect(restarted.status().waitSeconds).toBe(15)
    expect(await refusalOf(restarted.unlock(passphrase()))).toBe('keyring-wait')
    expect(
      keyringAt(folder, { clock: new FixedClock('2020-01-01T00:00:00.000Z') }).status().waitSeconds,
    ).toBe(300)
    clock.advance(15_000)
    await restarted.unlock(passphrase())
    expect(keyringAt(folder, { clock }).status().waitSeconds).toBe(0)
    const notes = readFileSync(join(folder, 'keyring-upkeep.json'), 'utf8')
    expect(JSON.parse(notes)).toMatchObject({ wrong: { count: 0, until: null } })
  })

  test('a damaged note of it is no reason not to open', async () => {
    const { folder } = await filled()
    writeFileSync(join(folder, 'keyring-upkeep.json'), '{"format":1,"wrong":{"count":-4}}')
    const restarted = keyringAt(folder)
    await restarted.unlock(passphrase())
    expect(restarted.upkeep()?.backup.last).toBeNull()
  })
})
