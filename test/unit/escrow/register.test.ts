import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { EscrowPackage, PackagePlace, ShareGroup } from '../../../shared/model/escrow.ts'
import { asRunId, asShareGroupId } from '../../../shared/model/ids.ts'
import { openRegister, registerName, type EscrowRegister } from '../../../electron/escrow/register.ts'
import { itemOf, makeTestGroup, newPackageId, type TestGroup } from '../../support/escrow-package.ts'

let folder: string
let register: EscrowRegister
let group: TestGroup
beforeAll(async () => {
  group = await makeTestGroup(2, 3)
})
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-register-'))
  register = await openRegister(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const path = (): string => join(folder, registerName)
const begun = (): ShareGroup => ({
  ...group.group.facts,
  state: 'in-ceremony',
  identifier: null,
  spkiSha256: null,
  keyId: null,
  members: group.group.facts.members.map((one) => ({ ...one, fingerprint: null, state: 'waiting' as const })),
})
const packageOf = (change: Partial<EscrowPackage> = {}): EscrowPackage => ({
  id: newPackageId(),
  made: { at: '2026-11-26T09:30:00.000Z', run: asRunId('abcdefgh2345') },
  group: group.group.facts.id,
  recipients: [],
  items: [{ ...itemOf(), number: 1 }],
  storedAt: [],
  manifestSha256: 'a'.repeat(64),
  replacedBy: null,
  ...change,
})
const stick: PackagePlace = { kind: 'usb', label: 'Stick 7', state: 'written', readBackAt: null }
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof KeyturnError)) throw new Error('this had to be refused', { cause: error })
  return error.code
}
const activate = async (): Promise<void> => {
  await register.addGroup(begun())
  await register.changeGroup(group.group.facts.id, () => group.group.facts, group.group)
}

describe('the list of groups', () => {
  test('a ceremony begins, makes its key, and what packages need of it survives a restart', async () => {
    await activate()
    const again = await openRegister(folder)
    expect(again.groups()).toEqual([group.group.facts])
    const { facts, spki, sealedPrivateKey } = again.groupForPackages(group.group.facts.id)
    expect(facts).toEqual(group.group.facts)
    expect(Buffer.from(spki).equals(group.group.spki)).toBe(true)
    expect(Buffer.from(sealedPrivateKey).equals(group.group.sealedPrivateKey)).toBe(true)
  })

  test('states only go on as a ceremony does', async () => {
    await register.addGroup(begun())
    const to = (state: ShareGroup['state']) =>
      codeOf(register.changeGroup(begun().id, (one) => ({ ...one, state })))
    expect(await to('active')).toBe('package-register-conflict')
    expect(await to('replaced')).toBe('package-register-conflict')
    await register.changeGroup(begun().id, (one) => ({ ...one, state: 'void' }))
    expect(await to('active')).toBe('package-register-conflict')
    expect(await to('in-ceremony')).toBe('package-register-conflict')
    expect(await codeOf(register.addGroup(begun()))).toBe('package-register-conflict')
    expect(register.group(begun().id).state).toBe('void')
  })

  test('a key that is there is never changed, and a group is replaced by one that is there', async () => {
    await activate()
    const id = group.group.facts.id
    expect(await codeOf(register.changeGroup(id, (one) => one, group.group))).toBe(
      'package-register-conflict',
    )
    const spkiSha256 = 'b'.repeat(64)
    expect(
      await codeOf(register.changeGroup(id, (one) => ({ ...one, spkiSha256, keyId: 'b'.repeat(16) }))),
    ).toBe('package-register-conflict')
    const next = asShareGroupId('sg-abcdefgh2345')
    const replace = () => register.changeGroup(id, (one) => ({ ...one, state: 'replaced', replacedBy: next }))
    expect(await codeOf(replace())).toBe('package-register-conflict')
    await register.addGroup({ ...begun(), id: next })
    await replace()
    expect(register.group(id)).toMatchObject({ state: 'replaced', replacedBy: next })
  })
})

describe('the list of packages', () => {
  test('written becomes escrowed with the time of reading back, and never the other way', async () => {
    await activate()
    const one = packageOf()
    await register.addPackage(one)
    await register.storedAt(one.id, stick)
    expect(await codeOf(register.storedAt(one.id, { ...stick, state: 'escrowed' }))).toBe(
      'package-register-conflict',
    )
    await register.storedAt(one.id, { ...stick, state: 'escrowed', readBackAt: '2026-11-26T10:00:00.000Z' })
    expect(await codeOf(register.storedAt(one.id, stick))).toBe('package-register-conflict')
    expect((await openRegister(folder)).package(one.id).storedAt).toEqual([
      { ...stick, state: 'escrowed', readBackAt: '2026-11-26T10:00:00.000Z' },
    ])
  })

  test('what was taken from its last place leaves the list, unless a drill or another package names it', async () => {
    await activate()
    const [one, two, three] = [packageOf(), packageOf(), packageOf()]
    for (const each of [one, two, three]) {
      await register.addPackage({ ...each, storedAt: [stick] })
      await register.storedAt(each.id, { ...stick, label: 'Stick 8' })
    }
    await register.replacePackage(two.id, three.id)
    for (const each of [one, two, three]) await register.takenFrom(each.id, stick)
    expect(register.packages().map(({ storedAt }) => storedAt.map(({ label }) => label))).toEqual([
      ['Stick 8'],
      ['Stick 8'],
      ['Stick 8'],
    ])
    await register.takenFrom(one.id, stick)
    for (const each of [one, two, three]) await register.takenFrom(each.id, { ...stick, label: 'Stick 8' })
    await register.takenFrom(one.id, stick)
    const again = await openRegister(folder)
    expect(again.packages().map(({ id, storedAt }) => [id, storedAt])).toEqual([
      [two.id, []],
      [three.id, []],
    ])
  })

  test('a package of no group, twice the same, and fields without bounds are refused; nothing changes', async () => {
    expect(await codeOf(register.addPackage(packageOf()))).toBe('package-register-conflict')
    await activate()
    const one = packageOf()
    await register.addPackage(one)
    const before = readFileSync(path(), 'utf8')
    expect(await codeOf(register.addPackage(one))).toBe('package-register-conflict')
    expect(await codeOf(register.addPackage(packageOf({ manifestSha256: 'x' })))).toBe(
      'package-register-conflict',
    )
    const long = packageOf({ items: [{ ...itemOf({ name: 'x'.repeat(500) }), number: 1 }] })
    expect(await codeOf(register.addPackage(long))).toBe('package-register-conflict')
    expect(await codeOf(register.replacePackage(one.id, newPackageId()))).toBe('not-found')
    expect(readFileSync(path(), 'utf8')).toBe(before)
    expect(register.packages()).toEqual([one])
  })

  test('changes at the same time all arrive', async () => {
    await activate()
    const all = Array.from({ length: 20 }, () => packageOf())
    await Promise.all(all.map((one) => register.addPackage(one)))
    expect((await openRegister(folder)).packages().map(({ id }) => id)).toEqual(all.map(({ id }) => id))
  })
})

describe('the mark of what replaced a package', () => {
  test('is taken off for the one that it names, and for no other', async () => {
    await activate()
    const [old, next, other] = [packageOf(), packageOf(), packageOf()]
    for (const one of [old, next, other]) await register.addPackage(one)
    await register.replacePackage(old.id, next.id)
    await register.keepPackage(old.id, other.id)
    expect(register.package(old.id).replacedBy).toBe(next.id)
    await register.keepPackage(old.id, next.id)
    expect(register.package(old.id).replacedBy).toBeNull()
  })
})

describe('a file that is not as it was written', () => {
  test('damaged at any place it is refused and stays as it is', async () => {
    await activate()
    await register.addPackage(packageOf())
    const whole = readFileSync(path(), 'utf8')
    const damaged = [
      '',
      'null',
      '[]',
      whole.slice(0, whole.length / 2),
      whole.replace('"version": 1', '"version": "1"'),
      whole.replace('"groups"', '"group"'),
      whole.replace('"state": "active"', '"state": "other"'),
      whole.replace('"threshold": 2', '"threshold": 9'),
      whole.replace(/"keyId": "\w{4}/, '"keyId": "0000'),
      whole.replace('"recipients": []', '"recipients": [], "more": 1'),
      whole.replace(`"group": "${group.group.facts.id}"`, '"group": "sg-abcdefgh2345"'),
    ]
    for (const text of damaged) {
      expect(text).not.toBe(whole)
      writeFileSync(path(), text)
      expect({ text, code: await codeOf(openRegister(folder)) }).toEqual({
        text,
        code: 'package-register-damaged',
      })
      expect(readFileSync(path(), 'utf8')).toBe(text)
    }
    writeFileSync(path(), whole.replace('"version": 1', '"version": 2'))
    expect(await codeOf(openRegister(folder))).toBe('package-register-newer')
    expect(readFileSync(path(), 'utf8')).toContain('"version": 2')
  })

  test('what a killed write left beside it is not read', async () => {
    await activate()
    writeFileSync(join(folder, `.${registerName}.keyturn-part-0123`), 'half')
    expect((await openRegister(folder)).groups()).toHaveLength(1)
  })
})

describe('drills', () => {
  test('the last one of a package stands in the list, also after a restart; another package has its own', async () => {
    await activate()
    const [one, two] = [packageOf(), packageOf()]
    await register.addPackage(one)
    await register.addPackage(two)
    expect(register.lastDrill(one.id)).toBeNull()
    const drill = {
      package: one.id,
      at: '2026-11-26T10:00:00.000Z',
      run: asRunId('abcdefgh2345'),
      purpose: 'drill',
      openedBy: 'Holder 1, Holder 2',
      items: [{ number: 1, level: 'restored' }],
    } as const
    await register.noteDrill(drill)
    const later = { ...drill, at: '2026-12-24T10:00:00.000Z', run: asRunId('mnpqrstu2345') }
    await register.noteDrill(later)
    await register.noteDrill(later)
    const again = await openRegister(folder)
    expect(again.lastDrill(one.id)).toEqual(later)
    expect(again.lastDrill(two.id)).toBeNull()
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({ drills: [later] })
  })

  test('of a package that is not listed, or without a date, none is noted', async () => {
    await activate()
    const one = packageOf()
    const drill = {
      package: one.id,
      at: '2026-11-26T10:00:00.000Z',
      run: asRunId('abcdefgh2345'),
      purpose: 'recovery',
      openedBy: 'Holder 1',
      items: [],
    } as const
    expect(await codeOf(register.noteDrill(drill))).toBe('not-found')
    await register.addPackage(one)
    expect(await codeOf(register.noteDrill({ ...drill, at: 'yesterday' }))).toBe('package-register-conflict')
    expect(register.lastDrill(one.id)).toBeNull()
  })
})
