import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { nodeFolderIo, type FolderIo } from '../../../electron/escrow/folder-io.ts'
import { assertSamePackage } from '../../../electron/escrow/package/compare.ts'
import type { PackageFiles } from '../../../electron/escrow/package/paths.ts'
import type { EscrowPlace } from '../../../electron/escrow/place.ts'
import { blobPlace, packagesInContainer, readPackageBlobs } from '../../../electron/escrow/place-blobs.ts'
import { folderPlace, readPackageFolder } from '../../../electron/escrow/place-folder.ts'
import { makeSample, makeTestGroup, type SamplePackage } from '../../support/escrow-package.ts'
import { fakeBlobStore, type FakeBlobOptions } from '../../support/fake-blob-store.ts'

const root = mkdtempSync(join(tmpdir(), 'keyturn-escrow-places-'))
let sample: SamplePackage
let folder: string
let count = 0
beforeAll(async () => {
  sample = makeSample(await makeTestGroup(2, 3))
})
beforeEach(() => {
  count += 1
  folder = join(root, String(count))
  mkdirSync(folder)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const place = (io?: FolderIo) =>
  folderPlace({ folder, kind: 'usb', label: 'Stick 7', ...(io === undefined ? {} : { io }) })
/** What lies there, which has to be something. */
const readFrom = async (where: EscrowPlace): Promise<PackageFiles> => {
  const read = await where.read(sample.wanted.id)
  if (read === null) throw new Error('no package is there')
  return read
}
const packageFolder = (): string => join(folder, packageFolderName(sample.wanted.id))
const written = async (): Promise<string> => {
  await place().write(sample.wanted.id, sample.files)
  return packageFolder()
}
const problemOf = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof KeyturnError)) throw new Error('this had to be refused', { cause: error })
  return error.problem
}

describe('a folder', () => {
  test('takes a package whole and gives it back byte for byte', async () => {
    const path = await written()
    assertSamePackage(sample.files, await readFrom(place()))
    expect(readdirSync(folder)).toEqual([packageFolderName(sample.wanted.id)])
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, 'items/01.p7')).mode & 0o777).toBe(0o600)
  })

  test('refuses where something of that name is there, and leaves it as it was', async () => {
    await written()
    expect(await problemOf(place().write(sample.wanted.id, sample.files))).toMatchObject({
      code: 'package-exists',
    })
    assertSamePackage(sample.files, await readFrom(place()))
    rmSync(packageFolder(), { recursive: true })
    writeFileSync(packageFolder(), 'a file')
    expect((await problemOf(place().write(sample.wanted.id, sample.files))).code).toBe('package-exists')
    rmSync(packageFolder())
    symlinkSync(join(root, 'nowhere'), packageFolder())
    expect((await problemOf(place().write(sample.wanted.id, sample.files))).code).toBe('package-exists')
  })

  test('takes away what a killed process left of this package, and nothing else', async () => {
    const mine = `.keyturn-part-${sample.wanted.id}-0123456789ab`
    const others = ['.keyturn-part-ep-abcdefgh2345-0123456789ab', 'notes.txt']
    for (const name of [mine, ...others]) mkdirSync(join(folder, name, 'items'), { recursive: true })
    await written()
    expect(readdirSync(folder).sort()).toEqual([...others, packageFolderName(sample.wanted.id)].sort())
  })

  test('is read without following links, opening devices or reading what is too large', async () => {
    const secret = join(root, 'elsewhere.txt')
    writeFileSync(secret, 'not of the package')
    const hostile: [string, (path: string) => void, RegExp][] = [
      [
        'a link instead of a file',
        (path) => replace(join(path, 'items/02.p7'), (at) => symlinkSync(secret, at)),
        /items\/02\.p7.*link/,
      ],
      ['a link more', (path) => symlinkSync(secret, join(path, 'items/09.p7')), /items\/09\.p7.*link/],
      [
        'a link instead of a folder',
        (path) => replace(join(path, 'items'), (at) => symlinkSync(root, at)),
        /items.*link/,
      ],
      [
        'a pipe',
        (path) => replace(join(path, 'SIGNER.pem'), (at) => execFileSync('mkfifo', [at])),
        /SIGNER\.pem/,
      ],
      [
        'a folder instead of a file',
        (path) => replace(join(path, 'recombine.py'), (at) => mkdirSync(at)),
        /recombine\.py/,
      ],
      ['a folder more', (path) => mkdirSync(join(path, 'more')), /more/],
      ['a file of another name', (path) => writeFileSync(join(path, '.DS_Store'), 'x'), /DS_Store/],
      ['a huge file', (path) => truncateSync(join(path, 'items/02.p7'), 2 ** 40), /items\/02\.p7.*bytes/],
      [
        'thousands of files',
        (path) => Array.from({ length: 400 }, (_, at) => writeFileSync(join(path, `items/${at}`), '')),
        /files/,
      ],
    ]
    for (const [name, change, said] of hostile) {
      rmSync(packageFolder(), { recursive: true, force: true })
      change(await written())
      const problem = await problemOf(readPackageFolder(packageFolder()))
      expect({ name, code: problem.code }).toEqual({ name, code: 'package-files' })
      expect(problem.title).toMatch(said)
    }
    rmSync(packageFolder(), { recursive: true })
    symlinkSync(root, packageFolder())
    expect((await problemOf(place().read(sample.wanted.id))).code).toBe('package-files')
  })

  test('that is not there is said', async () => {
    expect(await place().read(sample.wanted.id)).toBeNull()
    expect(await problemOf(readPackageFolder(packageFolder()))).toMatchObject({
      code: 'package-not-read',
      vendor: { system: 'os', number: 'ENOENT' },
    })
  })
})

const replace = (path: string, make: (path: string) => unknown): void => {
  rmSync(path, { recursive: true })
  make(path)
}

/** Every call counted; one of them, and all after it where the medium is gone, ends in this error. */
const failing = (at: number, code: string, gone: boolean): FolderIo & { calls: () => number } => {
  let calls = 0
  const wrap =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> => {
      calls += 1
      return calls === at || (gone && calls > at)
        ? Promise.reject(Object.assign(new Error(code), { code }))
        : work(...args)
    }
  return {
    calls: () => calls,
    kindOf: wrap(nodeFolderIo.kindOf),
    namesIn: wrap(nodeFolderIo.namesIn),
    makeFolder: wrap(nodeFolderIo.makeFolder),
    writeFile: wrap(nodeFolderIo.writeFile),
    readFile: wrap(nodeFolderIo.readFile),
    flushFolder: wrap(nodeFolderIo.flushFolder),
    rename: wrap(nodeFolderIo.rename),
    remove: wrap(nodeFolderIo.remove),
  }
}

describe('a package that is taken away again', () => {
  test('leaves nothing in a folder, a second time too', async () => {
    await written()
    await place().remove(sample.wanted.id)
    await place().remove(sample.wanted.id)
    expect(readdirSync(folder)).toEqual([])
  })

  test('has lost its name first: what a broken-off removal leaves is no package, and goes with the next try', async () => {
    await written()
    const remove = () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENODEV' }))
    const failed = await problemOf(place({ ...nodeFolderIo, remove }).remove(sample.wanted.id))
    expect(failed).toMatchObject({ code: 'package-not-removed', vendor: { number: 'ENODEV' } })
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.keyturn-part-ep-/)])
    await place().remove(sample.wanted.id)
    expect(readdirSync(folder)).toEqual([])
  })

  test('stays whole where its name can’t be taken', async () => {
    await written()
    const rename = () => Promise.reject(Object.assign(new Error('no'), { code: 'EROFS' }))
    const failed = await problemOf(place({ ...nodeFolderIo, rename }).remove(sample.wanted.id))
    expect(failed.code).toBe('package-not-removed')
    assertSamePackage(sample.files, await readFrom(place()))
  })
})

describe('a folder that fails', () => {
  test.each([
    ['ENOSPC', 'package-place-full'],
    ['EROFS', 'package-place-read-only'],
    ['EIO', 'package-place-refused'],
    ['ENODEV', 'package-place-gone'],
  ])('with %s at any call: %s, and nothing of the package is there', async (code, said) => {
    const counted = failing(Infinity, code, false)
    await place(counted).write(sample.wanted.id, sample.files)
    rmSync(packageFolder(), { recursive: true })
    // One of them at each call, the others at every fifth: flushing takes its time.
    for (let at = 1; at <= counted.calls(); at += code === 'ENOSPC' ? 1 : 5) {
      const problem = await problemOf(place(failing(at, code, false)).write(sample.wanted.id, sample.files))
      expect({ at, code: problem.code, number: problem.vendor?.number }).toEqual({
        at,
        code: said,
        number: code,
      })
      expect(readdirSync(folder)).toEqual([])
    }
  })

  test('when it vanishes at any call, no package is there under its name unless it was whole', async () => {
    const counted = failing(Infinity, 'EIO', false)
    await place(counted).write(sample.wanted.id, sample.files)
    rmSync(packageFolder(), { recursive: true })
    for (let at = 1; at <= counted.calls(); at += 1) {
      const problem = await problemOf(
        place(failing(at, 'ENOTCONN', true)).write(sample.wanted.id, sample.files),
      )
      expect(problem.code).toBe('package-place-gone')
      for (const name of readdirSync(folder)) {
        if (name.startsWith('.keyturn-part-')) rmSync(join(folder, name), { recursive: true })
        else {
          assertSamePackage(sample.files, await readFrom(place()))
          rmSync(packageFolder(), { recursive: true })
        }
      }
    }
  })

  test('what can’t be taken away is named', async () => {
    const io: FolderIo = {
      ...nodeFolderIo,
      rename: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })),
      remove: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })),
    }
    const problem = await problemOf(place(io).write(sample.wanted.id, sample.files))
    expect(problem.code).toBe('package-left-over')
    expect(problem.next).toContain(String(readdirSync(folder)[0]))
  })

  test('at any call of reading it is refused, never half read', async () => {
    await written()
    const counted = failing(Infinity, 'EIO', false)
    await readPackageFolder(packageFolder(), counted)
    for (let at = 1; at <= counted.calls(); at += 1)
      expect((await problemOf(readPackageFolder(packageFolder(), failing(at, 'EIO', false)))).code).toBe(
        'package-not-read',
      )
  })
})

describe('a blob container', () => {
  const stage = (fail?: FakeBlobOptions['fail']) =>
    fakeBlobStore({
      ref: { kind: 'azure', id: 't-azure', name: 'Contoso' } as unknown as FakeBlobOptions['ref'],
      host: 'ktescrow.blob.core.windows.net',
      principal: { kind: 'service-principal' } as unknown as FakeBlobOptions['principal'],
      ...(fail === undefined ? {} : { fail }),
    })
  const placeIn = (store: ReturnType<typeof stage>['store'], mark = 'run-1') =>
    blobPlace({ store, container: 'escrow', mark })

  test('takes a package whole, its manifest last, and gives it back', async () => {
    const order: string[] = []
    const { store } = stage(({ name, key, when }) => {
      if (name === 'writeNew' && when === 'after') order.push(key)
      return null
    })
    await store.createContainer('escrow')
    await placeIn(store).write(sample.wanted.id, sample.files)
    expect(order.at(-1)).toMatch(/MANIFEST\.json$/)
    assertSamePackage(sample.files, await readFrom(placeIn(store)))
    expect((await problemOf(placeIn(store).write(sample.wanted.id, sample.files))).code).toBe(
      'package-exists',
    )
  })

  test('gives a package up, its manifest first', async () => {
    const order: string[] = []
    const { store } = stage(({ name, key, when }) => {
      if (name === 'deleteBlob' && when === 'after') order.push(key)
      return null
    })
    await store.createContainer('escrow')
    await placeIn(store).write(sample.wanted.id, sample.files)
    await placeIn(store).remove(sample.wanted.id)
    expect(order[0]).toMatch(/MANIFEST\.json$/)
    expect(order).toHaveLength(sample.files.size)
    expect(await placeIn(store).read(sample.wanted.id)).toBeNull()
  })

  test.each(['before', 'after'] as const)(
    'that fails %s any write keeps nothing of the package',
    async (when) => {
      const lost = new KeyturnError('azure-unreachable', { target: 'Contoso' })
      for (let at = 1; at <= sample.files.size; at += 1) {
        let writes = 0
        const { store, blobs } = stage((call) =>
          call.name === 'writeNew' && call.when === when && (writes += 1) === at ? lost : null,
        )
        await store.createContainer('escrow')
        expect((await problemOf(placeIn(store).write(sample.wanted.id, sample.files))).code).toBe(
          'azure-unreachable',
        )
        expect([...(blobs.get('escrow')?.keys() ?? [])]).toEqual([])
      }
    },
  )

  test('takes away what this run left half written; what others wrote stays and is said', async () => {
    const { store, blobs } = stage()
    await store.createContainer('escrow')
    const name = `${packageFolderName(sample.wanted.id)}/items/01.p7`
    await store.writeNew('escrow', name, Buffer.from('half'), 'run-1')
    await placeIn(store).write(sample.wanted.id, sample.files)
    assertSamePackage(sample.files, await readFrom(placeIn(store)))
    blobs.get('escrow')?.clear()
    await store.writeNew('escrow', name, Buffer.from('theirs'), 'run-2')
    expect((await problemOf(placeIn(store).write(sample.wanted.id, sample.files))).code).toBe(
      'package-exists',
    )
    expect([...(blobs.get('escrow')?.keys() ?? [])]).toEqual([name])
  })

  test('that has another file, or none, is refused', async () => {
    const { store } = stage()
    await store.createContainer('escrow')
    expect(await placeIn(store).read(sample.wanted.id)).toBeNull()
    expect((await problemOf(readPackageBlobs({ store, container: 'escrow' }, sample.wanted.id))).code).toBe(
      'package-not-read',
    )
    await placeIn(store).write(sample.wanted.id, sample.files)
    await store.writeNew(
      'escrow',
      `${packageFolderName(sample.wanted.id)}/more.txt`,
      Buffer.from('x'),
      'run-2',
    )
    expect((await problemOf(placeIn(store).read(sample.wanted.id))).code).toBe('package-files')
  })

  test('tells half a package of this run from one that others left, and takes away its own alone', async () => {
    const { store, blobs } = stage()
    await store.createContainer('escrow')
    const { id } = sample.wanted
    const name = (path: string): string => `${packageFolderName(id)}/${path}`
    await store.writeNew('escrow', name('items/01.p7'), Buffer.from('half'), 'run-1')
    expect(await placeIn(store).read(id)).toBeNull()
    expect(await placeIn(store).marked?.hasPart(id)).toBe(true)
    expect(await placeIn(store, 'run-2').marked?.hasPart(id)).toBe(false)
    expect((await placeIn(store, 'run-2').read(id))?.size).toBe(1)
    await store.writeNew('escrow', name('README-RECOVER.txt'), Buffer.from('theirs'), 'run-2')
    expect(await placeIn(store).marked?.hasPart(id)).toBe(false)
    expect(await placeIn(store).marked?.remove(id)).toEqual({ removed: 1, left: 1 })
    expect([...(blobs.get('escrow')?.keys() ?? [])]).toEqual([name('README-RECOVER.txt')])
  })

  test('lists the packages in it, and nothing else', async () => {
    const { store } = stage()
    await store.createContainer('escrow')
    expect(await packagesInContainer({ store, container: 'escrow' })).toEqual([])
    await placeIn(store).write(sample.wanted.id, sample.files)
    await store.writeNew('escrow', 'keyturn-escrow-of-mine.txt', Buffer.from('x'), 'run-2')
    await store.writeNew('escrow', 'other/MANIFEST.json', Buffer.from('x'), 'run-2')
    expect(await packagesInContainer({ store, container: 'escrow' })).toEqual([sample.wanted.id])
    assertSamePackage(sample.files, await readPackageBlobs({ store, container: 'escrow' }, sample.wanted.id))
  })
})
