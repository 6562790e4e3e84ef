import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { FuseV1Options } from '@electron/fuses'
import { afterAll, describe, expect, it } from 'vitest'
import { builderConfig, wantedFuses } from '../../../build/package/config.mjs'
import { forbidden, reachedFrom, stageContents } from '../../../build/package/contents.mjs'

const area = mkdtempSync(join(tmpdir(), 'keyturn-package-test-'))
afterAll(() => rmSync(area, { recursive: true, force: true }))
const write = (folder: string, files: Record<string, string>): string => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(area, folder, path)), { recursive: true })
    writeFileSync(join(area, folder, path), text)
  }
  return join(area, folder)
}

describe('the packager’s configuration', () => {
  const config = builderConfig({ stage: '/s', output: '/o', electronDist: '/e', electronVersion: '45.4.1' })

  it('makes a folder, offline, from an archive, publishes nothing, rebuilds nothing', () => {
    expect(config).toMatchObject({
      asar: true,
      npmRebuild: false,
      nodeGypRebuild: false,
      publish: null,
      linux: { target: 'dir' },
      electronDist: '/e',
      electronVersion: '45.4.1',
      files: ['out/**', 'package.json', '!node_modules/pkcs11js/{src,includes}/**'],
    })
  })

  it('sets these fuses and no other way', () => {
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    })
  })

  it('has an opinion on every fuse that the fuse tool knows', () => {
    const known = Object.values(FuseV1Options).filter((value) => typeof value === 'number')
    expect(wantedFuses.map(({ fuse }) => fuse)).toEqual(known)
  })
})

describe('what is packaged', () => {
  it('is what the entry reaches, through every kind of import, and no more', () => {
    const folder = write('reach', {
      'electron.js': `import { app } from "electron"\nimport fs from 'node:fs'\nimport {\n  a,\n  b\n} from "./chunks/a.js"\nawait import("./chunks/late.js")`,
      'chunks/a.js': `export * from './b.js'\nconst os = __require("os")`,
      'chunks/b.js': `import '../electron.js'`,
      'chunks/late.js': '',
      'chunks/unused.js': '',
      'chromium.js': `import 'playwright-core'`,
    })
    expect(reachedFrom(folder, ['electron.js'])).toEqual([
      'chunks/a.js',
      'chunks/b.js',
      'chunks/late.js',
      'electron.js',
    ])
    expect(() => reachedFrom(folder, ['chromium.js'])).toThrow('chromium.js imports playwright-core')
  })

  it('is staged with a package.json that names no dependency', () => {
    const out = write('out', {
      'main/electron.js': '',
      'main/electron.js.map': '{}',
      'main/chromium.js': '',
      'main/keyturn-audit-verify.mjs': '',
      'main/recombine.py': '',
      'preload/preload.cjs': '',
      'renderer/index.html': '',
      'renderer/assets/main.js': '',
    })
    const root = write('root', {
      'package.json': JSON.stringify({
        name: 'keyturn',
        version: '0.1.0',
        type: 'module',
        main: 'out/main/electron.js',
        scripts: { start: 'x' },
        devDependencies: { vite: '8' },
      }),
    })
    const stage = join(area, 'stage')
    expect(stageContents({ root, out, stage, entries: ['electron.js'] })).toEqual([
      'out/main/electron.js',
      'out/main/keyturn-audit-verify.mjs',
      'out/main/recombine.py',
      'out/preload/preload.cjs',
      'out/renderer/assets/main.js',
      'out/renderer/index.html',
      'package.json',
    ])
    expect(JSON.parse(readFileSync(join(stage, 'package.json'), 'utf8'))).toEqual({
      name: 'keyturn',
      version: '0.1.0',
      type: 'module',
      main: 'out/main/electron.js',
      author: 'Keyturn',
    })
  })

  it.each([
    'out/main/electron.js.map',
    'electron/main.ts',
    'out/main/chunks/playwright-core-1.js',
    'out/main/chromium.js',
    'out/main/other.mjs',
    'node_modules/zod/index.js',
    'test/unit/a.js',
    'sandbox/sqlserver/main.js',
  ])('%s never is', (path) => {
    expect(forbidden(path)).toBe(true)
  })

  it.each(['out/main/electron.js', 'out/main/sandbox.js', 'out/preload/preload.cjs', 'package.json'])(
    '%s may be',
    (path) => {
      expect(forbidden(path)).toBe(false)
    },
  )
})
