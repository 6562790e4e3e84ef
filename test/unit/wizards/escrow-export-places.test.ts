import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { nodeFolderIo, type FolderIo } from '../../../electron/escrow/folder-io.ts'
import { packageIdOf } from '../../../electron/escrow/package-id.ts'
import { useExportStage } from './escrow-export-stage.ts'
import { refusal } from './walk.ts'

const stage = useExportStage()

const failing = (code: string, at: number): FolderIo => {
  let writes = 0
  return {
    ...nodeFolderIo,
    writeFile: async (path, bytes) => {
      writes += 1
      if (writes === at) throw Object.assign(new Error(code), { code })
      await nodeFolderIo.writeFile(path, bytes)
    },
  }
}

const written = (): string[] =>
  (['p-one', 'p-two'] as const).flatMap((place) =>
    readdirSync(stage.folder(place)).map((name) => `${place}/${name}`),
  )
const own = (place: string): string => `${place}/${packageFolderName(packageIdOf(stage.run))}`

describe('a place of an escrow export', () => {
  it.each([
    ['full', 'ENOSPC', 'package-place-full'],
    ['read only', 'EROFS', 'package-place-read-only'],
    ['gone in the middle', 'ENODEV', 'package-place-gone'],
    ['broken', 'EIO', 'package-place-refused'],
  ])(
    'that is %s ends the run with nothing of the package there, and the run goes on when it is mended',
    async (_, code, expected) => {
      const plan = await stage.ready()
      const { means } = stage
      for (const at of [1, 8]) {
        stage.means = { ...means, io: failing(code, at) }
        expect(await refusal(stage.walk(plan))).toContain(expected)
        expect(written()).toEqual([])
        expect(means.register.packages()).toEqual([])
      }
      stage.means = means
      await stage.walk(plan)
      expect(written()).toEqual([own('p-one'), own('p-two')])
    },
  )

  it('that vanished before the second copy leaves the first as written, and no lie in the list', async () => {
    const plan = await stage.ready()
    const [first, second] = plan.steps
    if (first === undefined || second === undefined) throw new Error('no steps')
    await stage.walkStep(first)
    rmSync(stage.folder('p-two'), { recursive: true })
    expect(await refusal(stage.walkStep(second))).toContain('package-place-gone')
    const listed = stage.means.register.package(packageIdOf(stage.run))
    expect(listed.storedAt.map(({ state }) => state)).toEqual(['written'])
    mkdirSync(stage.folder('p-two'))
    await stage.walkStep(second, { packageThere: false })
    expect(written()).toEqual([own('p-one'), own('p-two')])
  })

  it('whose copy is not what was written fails the run', async () => {
    const plan = await stage.ready()
    const { means } = stage
    const lying: FolderIo = {
      ...nodeFolderIo,
      writeFile: (path, bytes) =>
        nodeFolderIo.writeFile(path, path.endsWith('README-RECOVER.txt') ? Buffer.from('other') : bytes),
    }
    stage.means = { ...means, io: lying }
    expect(await refusal(stage.walk(plan))).toContain('package-not-same')
    expect(means.register.packages()).toEqual([])
  })

  it('with a file of the package’s name is not written over', async () => {
    const plan = await stage.ready()
    const path = join(stage.folder('p-one'), packageFolderName(packageIdOf(stage.run)))
    writeFileSync(path, 'mine')
    expect(await refusal(stage.walk(plan))).toMatch(/package-(files|exists)/)
    expect(readdirSync(stage.folder('p-one'))).toEqual([packageFolderName(packageIdOf(stage.run))])
  })
})
