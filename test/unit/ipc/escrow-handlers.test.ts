import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { escrowHandlers } from '../../../electron/ipc/handlers/escrow.ts'
import { escrowContainerHandlers } from '../../../electron/ipc/handlers/escrow-container.ts'
import { packageRows } from '../../../electron/ipc/handlers/escrow-rows.ts'
import { folderPlace } from '../../../electron/escrow/place-folder.ts'
import type { EscrowRegister } from '../../../electron/escrow/register.ts'
import type { PageRequest } from '../../../shared/ipc/schemas.ts'
import { packageFolderName, type EscrowPackage } from '../../../shared/model/escrow.ts'
import { asPackageId, asPlaceId, asRunId } from '../../../shared/model/ids.ts'
import {
  makeSample,
  makeTestGroup,
  type SamplePackage,
  type TestGroup,
} from '../../support/escrow-package.ts'
import { blobPlace } from '../../../electron/escrow/place-blobs.ts'
import { azureTarget } from '../../support/azure-fake.ts'
import { fakeHost, fakeStorage, type FakeStorage } from '../../support/fake-storage.ts'
import { ceremonyHouse, codeOf, twoOfThree, whole, wordsOf } from '../escrow/ceremony-house.ts'
import { FixedClock } from '../platform/fixed-clock.ts'

const page: PageRequest = { offset: 0, limit: 100, sort: null, search: '', filters: [] }
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** A profile with an active group, and a folder with a package of another profile. */
const escrowHouse = async (known: readonly string[] = []) => {
  const house = await ceremonyHouse()
  const group = await whole(house)
  const handlers = escrowHandlers({
    escrow: { register: house.register, knownSigners: () => new Set(known) },
    record: house.record,
    places: {
      folderOf: (place) => (place === 'package' ? packagePath(house) : house.folder(place)),
      label: (place) => `folder ${place}`,
    },
    clock: new FixedClock(),
  })
  return { ...house, handlers, group }
}
type House = Awaited<ReturnType<typeof ceremonyHouse>>

let foreign: TestGroup
let sample: SamplePackage
beforeAll(async () => {
  foreign = await makeTestGroup(2, 3)
  sample = makeSample(foreign, [])
})

const packagePath = (house: House): string =>
  join(house.folder('medium'), packageFolderName(sample.wanted.id))
const writeSample = (house: House): Promise<void> =>
  folderPlace({ folder: house.folder('medium'), kind: 'usb', label: 'medium' }).write(
    sample.wanted.id,
    sample.files,
  )
const lastSentence = ({ record }: House): string =>
  record.page({ offset: 0, limit: 1, order: 'newest-first' }).rows[0]?.sentence ?? ''

const packageOf = (number: number, group: EscrowPackage['group']): EscrowPackage => ({
  id: asPackageId(`ep-${String(number).padStart(12, '2').replace(/[01]/g, 'a')}`),
  made: { at: '2026-11-26T09:30:00.000Z', run: asRunId('abcdefgh2345') },
  group,
  recipients: [],
  items: [{ ...(sample.wanted.items[2]?.facts ?? never()), number: 1, name: `Item ${number}` }],
  storedAt: [{ kind: 'usb', label: 'stick', state: 'written', readBackAt: null }],
  manifestSha256: 'ab'.repeat(32),
  replacedBy: null,
})
const never = (): never => {
  throw new Error('no such item')
}

describe('the lists', () => {
  test('of groups say state, holders and how many packages are theirs', async () => {
    const { handlers, group, register } = await escrowHouse()
    await register.addPackage(packageOf(2, group))
    const { rows, total, missing } = await handlers['escrow.groups']({ page })
    expect({ total, missing }).toEqual({ total: 1, missing: [] })
    expect(rows[0]).toMatchObject({ id: group, state: 'active', threshold: 2, packages: 1 })
    expect((await handlers['escrow.groups']({ page: { ...page, search: 'bo chen' } })).total).toBe(1)
    expect((await handlers['escrow.groups']({ page: { ...page, search: 'nobody' } })).total).toBe(0)
    expect(await handlers['escrow.group']({ group })).toMatchObject({ name: 'Vault keys 2026' })
  })

  test('of packages say what is written, escrowed, and to be wrapped anew', async () => {
    const house = await escrowHouse()
    const { handlers, group, register, ceremonies, place } = house
    await register.addPackage(packageOf(2, group))
    const row = async () => (await handlers['escrow.packages']({ page })).rows[0]
    expect(await row()).toMatchObject({ state: 'written', readBackAt: null, toWrapAnew: false })
    const at = '2026-11-26T10:00:00.000Z'
    await register.storedAt(packageOf(2, group).id, {
      kind: 'usb',
      label: 'stick',
      state: 'escrowed',
      readBackAt: at,
    })
    expect(await row()).toMatchObject({ state: 'escrowed', readBackAt: at })
    const next = await ceremonies.begin({
      ...twoOfThree,
      name: 'Next',
      holders: twoOfThree.holders.slice(0, 2),
      replaces: group,
    })
    for (const number of [1, 2]) {
      ceremonies.take(next.group, number)
      await ceremonies.write(next.group, number, place(`next-${number}`))
      await ceremonies.readBack(next.group, number)
    }
    expect(await row()).toMatchObject({ toWrapAnew: true, group: { id: group, state: 'replaced' } })
  })

  test('of 20,000 packages answer with a page', async () => {
    const { group, register } = await escrowHouse()
    const many = Array.from({ length: 20_000 }, (_, index) => packageOf(index, group))
    const huge: EscrowRegister = { ...register, packages: () => many }
    const handlers = escrowHandlers({
      escrow: { register: huge, knownSigners: () => new Set() },
      record: { append: () => never() },
      places: { folderOf: () => never(), label: () => never() },
      clock: new FixedClock(),
    })
    const found = await handlers['escrow.packages']({ page: { ...page, offset: 19_950, search: 'item' } })
    expect([found.total, found.rows.length]).toEqual([20_000, 50])
    expect(packageRows(huge)).toHaveLength(20_000)
  })
})

describe('a share that is checked alone', () => {
  test('from its file: number and check code, or none of the group; the record says so', async () => {
    const house = await escrowHouse()
    const { handlers, group } = house
    const [name = ''] = readdirSync(house.folder('holder-2'))
    const place = asPlaceId('holder-2')
    expect(await handlers['escrow.findShares']({ place })).toEqual({
      folder: 'folder holder-2',
      names: [name],
    })
    const check = () =>
      handlers['escrow.checkShare']({
        against: { kind: 'group', group },
        share: { kind: 'file', place, name },
      })
    const code = house.register.group(group).members[1]?.fingerprint?.slice(0, 4)
    expect(await check()).toMatchObject({
      ...{ belongs: true, number: 2, source: 'the list of this profile', signer: null },
    })
    expect((await check()).checkCode.slice(0, 4)).toBe(code)
    expect(lastSentence(house)).toBe(
      'Share 2 was checked (file) against the list of this profile: it belongs to the group',
    )
    const other = await handlers['escrow.checkShare']({
      against: { kind: 'group', group },
      share: { kind: 'typed', words: bytes(foreign.shares[0] ?? '') },
    })
    expect(other).toMatchObject({ belongs: false, number: null, group: { threshold: 2, members: 3 } })
    expect(lastSentence(house)).toContain('it is none of this group')
  })

  test('against the list in a package that is verified first; typed words are wiped', async () => {
    const house = await escrowHouse()
    await writeSample(house)
    const words = bytes(foreign.shares[2] ?? '')
    const request = {
      against: { kind: 'package', place: asPlaceId('package') },
      share: { kind: 'typed', words },
    } as const
    const found = await house.handlers['escrow.checkShare'](request)
    expect(found).toMatchObject({
      belongs: true,
      number: 3,
      source: `the manifest of package ${sample.wanted.id}`,
    })
    expect(words.every((byte) => byte === 0)).toBe(true)
    const path = join(packagePath(house), 'MANIFEST.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('Holder 1', 'Holder 9'))
    expect(
      await codeOf(() =>
        house.handlers['escrow.checkShare']({
          ...request,
          share: { kind: 'typed', words: bytes(foreign.shares[2] ?? '') },
        }),
      ),
    ).toBe('package-signature')
  })

  const checkIn = async (house: Awaited<ReturnType<typeof escrowHouse>>, share: string) => {
    await writeSample(house)
    return house.handlers['escrow.checkShare']({
      against: { kind: 'package', place: asPlaceId('package') },
      share: { kind: 'typed', words: bytes(share) },
    })
  }

  test('against a package that only itself vouches for: answer and record say so, with the fingerprint', async () => {
    const house = await escrowHouse()
    const { fingerprint } = sample.signer
    const signer = { fingerprint, standing: 'package-only' }
    expect(await checkIn(house, foreign.shares[2] ?? '')).toMatchObject({ belongs: true, number: 3, signer })
    expect(lastSentence(house)).toBe(
      `Share 3 was checked (typed) against the manifest of package ${sample.wanted.id}: it fits this manifest; who signed it is not known here: fingerprint ${fingerprint}`,
    )
    const row = house.record.page({ offset: 0, limit: 1, order: 'newest-first' }).rows[0]
    expect(row?.body).toMatchObject({ signer: fingerprint, standing: 'package-only' })
  })

  test('that such a package does not list: said of this manifest, not of the group', async () => {
    const house = await escrowHouse()
    const [name = ''] = readdirSync(house.folder('holder-1'))
    const own = wordsOf(readFileSync(join(house.folder('holder-1'), name), 'utf8'))
    expect(await checkIn(house, own)).toMatchObject({
      belongs: false,
      signer: { standing: 'package-only' },
    })
    expect(lastSentence(house)).toContain('it is not in this manifest; who signed it is not known here')
  })

  test('against a package that a key of this record signed: it belongs to the group', async () => {
    const house = await escrowHouse([sample.signer.fingerprint])
    expect(await checkIn(house, foreign.shares[2] ?? '')).toMatchObject({
      belongs: true,
      signer: { standing: 'known' },
    })
    expect(lastSentence(house)).toMatch(/: it belongs to the group$/)
  })

  test('that does not read, or a folder without one', async () => {
    const { handlers, group } = await escrowHouse()
    const check = (words: string) =>
      codeOf(() =>
        handlers['escrow.checkShare']({
          against: { kind: 'group', group },
          share: { kind: 'typed', words: bytes(words) },
        }),
      )
    expect(await check('academic keyturn')).toBe('share-word-unknown')
    expect(await check('academic acid')).toBe('share-word-count')
    expect(await codeOf(() => handlers['escrow.findShares']({ place: asPlaceId('empty') }))).toBe(
      'share-no-file',
    )
  })
})

describe('a package that is verified', () => {
  const look = (house: Awaited<ReturnType<typeof escrowHouse>>) =>
    house.handlers['escrow.verifyPackage']({ place: asPlaceId('package') })

  test('of a foreign signer: said to be known from the package alone', async () => {
    const house = await escrowHouse()
    await writeSample(house)
    const found = await look(house)
    expect(found).toMatchObject({
      id: sample.wanted.id,
      signer: { standing: 'package-only', fingerprint: sample.signer.fingerprint },
      listed: 'not-listed',
      group: { threshold: 2 },
    })
    expect(found.items).toHaveLength(4)
    expect(lastSentence(house)).toContain('its signer is known from the package alone')
  })

  test('of a key of this record: said so', async () => {
    const house = await escrowHouse([sample.signer.fingerprint])
    await writeSample(house)
    expect((await look(house)).signer.standing).toBe('known')
    expect(lastSentence(house)).toContain('its signer is a key of this record')
  })

  test('on a medium: found there when it is the only one; where there is none or several, that is said', async () => {
    const house = await escrowHouse()
    await writeSample(house)
    const verify = (place: string) => house.handlers['escrow.verifyPackage']({ place: asPlaceId(place) })
    expect(await codeOf(() => verify('empty'))).toBe('escrow-drill-no-package')
    const where = `folder medium/${packageFolderName(sample.wanted.id)}`
    expect(await verify('medium')).toMatchObject({ id: sample.wanted.id, where })
    const another = join(house.folder('medium'), packageFolderName(asPackageId('ep-aaaaaaaaaaaa')))
    cpSync(packagePath(house), another, { recursive: true })
    expect(await codeOf(() => verify('medium'))).toBe('escrow-drill-several-packages')
  })

  test('with one byte changed: refused, and the record says what was found', async () => {
    const house = await escrowHouse()
    await writeSample(house)
    const path = join(packagePath(house), 'items/02.p7')
    const content = readFileSync(path)
    content[100] = (content[100] ?? 0) ^ 1
    writeFileSync(path, content)
    expect(await codeOf(() => look(house))).toBe('package-file-changed')
    expect(lastSentence(house)).toMatch(
      /^A package in folder package was looked at: The package was not taken/,
    )
  })
})

describe('a package in a container', () => {
  const url = `https://${fakeHost}/escrow`
  const azure = azureTarget.id
  const containerHouse = async () => {
    const house = await escrowHouse()
    const storage: FakeStorage = fakeStorage()
    const handlers = escrowContainerHandlers({
      escrow: { register: house.register, knownSigners: () => new Set() },
      record: house.record,
      places: { folderOf: (place) => house.folder(place), label: (place) => `folder ${place}` },
      clock: new FixedClock(),
      storage: storage.azure.ports.storage,
    })
    const store = await storage.azure.ports.storage.at(azureTarget, fakeHost)
    const write = () =>
      blobPlace({ store, container: 'escrow', mark: 'run-1' }).write(sample.wanted.id, sample.files)
    const held = storage.blobs.get('escrow') ?? new Map<string, never>()
    return { ...house, handlers, write, held }
  }
  const at = { azure, container: url, package: asPackageId('ep-222222222222') }
  const into = (id = sample.wanted.id) => ({ ...at, package: id, place: asPlaceId('fetched') })

  test('is listed, verified there, and copied into a folder that verifies as well', async () => {
    const { handlers, write, ...house } = await containerHouse()
    expect(await handlers['escrow.packagesAt']({ azure, container: url })).toEqual({
      container: url,
      packages: [],
    })
    await write()
    const { packages } = await handlers['escrow.packagesAt']({ azure, container: ` ${url} ` })
    expect(packages).toEqual([sample.wanted.id])
    const look = await handlers['escrow.verifyAt']({ ...at, package: sample.wanted.id })
    expect(look).toMatchObject({
      id: sample.wanted.id,
      signer: { standing: 'package-only' },
      where: `${url}/${packageFolderName(sample.wanted.id)}`,
    })
    const copy = await handlers['escrow.fetchPackage'](into())
    expect(copy.manifestSha256).toBe(look.manifestSha256)
    expect(readdirSync(house.folder('fetched'))).toEqual([packageFolderName(sample.wanted.id)])
    expect(lastSentence(house)).toContain('folder fetched/keyturn-escrow-')
    expect(await codeOf(() => handlers['escrow.fetchPackage'](into()))).toBe('package-exists')
  })

  test('that was changed there is refused, and no copy of it is made', async () => {
    const { handlers, write, held, ...house } = await containerHouse()
    await write()
    const name = `${packageFolderName(sample.wanted.id)}/items/02.p7`
    const blob = held.get(name) as { bytes: Uint8Array } | undefined
    if (blob === undefined) throw new Error('no blob')
    blob.bytes = blob.bytes.map((byte, index) => (index === 100 ? byte ^ 1 : byte))
    expect(await codeOf(() => handlers['escrow.verifyAt']({ ...at, package: sample.wanted.id }))).toBe(
      'package-file-changed',
    )
    expect(lastSentence(house)).toMatch(/^A package in https:.* was looked at: The package was not taken/)
    expect(await codeOf(() => handlers['escrow.fetchPackage'](into()))).toBe('package-file-changed')
    expect(readdirSync(house.folder('fetched'))).toEqual([])
    held.delete(`${packageFolderName(sample.wanted.id)}/MANIFEST.json`)
    expect(await codeOf(() => handlers['escrow.verifyAt']({ ...at, package: sample.wanted.id }))).toMatch(
      /^package-/,
    )
  })

  test('that is not there, or whose address is none of a container, is said', async () => {
    const { handlers } = await containerHouse()
    expect(await codeOf(() => handlers['escrow.verifyAt'](at))).toBe('package-not-read')
    for (const container of ['', 'http://x.blob.core.windows.net/c', 'https://example.com/c', `${url}?sig=x`])
      expect(await codeOf(() => handlers['escrow.packagesAt']({ azure, container }))).toBe(
        'answers-incomplete',
      )
    expect(
      await codeOf(() =>
        handlers['escrow.packagesAt']({ azure, container: 'https://other.blob.core.windows.net/con' }),
      ),
    ).toBe('azure-unreachable')
  })
})
