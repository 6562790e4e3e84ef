/**
 * The packager, from a small built program to a folder that is read back: archive contents and fuses. Offline, with a
 * stand-in for Electron's binary.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createPackage } from '@electron/asar'
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { nativeFiles } from '../../build/package/contents.mjs'
import { pack } from '../../build/package/pack.mjs'
import { archivedFiles, verifyPackage } from '../../build/package/verify.mjs'

const area = mkdtempSync(join(tmpdir(), 'keyturn-pack-'))
const root = dirname(dirname(import.meta.dirname))
let packed: Awaited<ReturnType<typeof pack>>

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const files = {
    'main/electron.js': `import './chunks/a.js'`,
    'main/electron.js.map': '{}',
    'main/sandbox.js': '',
    'main/hsm.js': `import('pkcs11js')`,
    'main/hsm-token.js': '',
    'main/chromium.js': `import 'playwright-core'`,
    'main/cli.js': '',
    'main/keyturn-audit-verify.mjs': '',
    'main/recombine.py': '',
    'main/chunks/a.js': '',
    'preload/preload.cjs': '',
    'renderer/index.html': '<html></html>',
    'renderer/assets/main.js': '',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(area, 'out', path)), { recursive: true })
    writeFileSync(join(area, 'out', path), text)
  }
  packed = await pack({ root, out: join(area, 'out'), output: join(area, 'dist'), electron: null })
})
afterAll(() => {
  vi.restoreAllMocks()
  rmSync(area, { recursive: true, force: true })
})

describe('a packaged program', () => {
  it('holds exactly what was built for it', () => {
    expect(archivedFiles(join(packed.folder, 'resources', 'app.asar'))).toEqual([
      ...nativeFiles,
      'out/main/chunks/a.js',
      'out/main/electron.js',
      'out/main/hsm-token.js',
      'out/main/hsm.js',
      'out/main/keyturn-audit-verify.mjs',
      'out/main/recombine.py',
      'out/main/sandbox.js',
      'out/preload/preload.cjs',
      'out/renderer/assets/main.js',
      'out/renderer/index.html',
      'package.json',
    ])
    expect(packed.problems).toEqual([])
  })

  it('has its fuses set, as another reader of them finds, and says that the binary is a stand-in', () => {
    const fuses = Object.fromEntries(packed.rows.filter(([name]) => name.startsWith('fuse ')))
    expect(fuses).toEqual({
      'fuse RunAsNode': 'off',
      'fuse EnableCookieEncryption': 'on',
      'fuse EnableNodeOptionsEnvironmentVariable': 'off',
      'fuse EnableNodeCliInspectArguments': 'off',
      'fuse EnableEmbeddedAsarIntegrityValidation': 'on',
      'fuse OnlyLoadAppFromAsar': 'on',
      'fuse LoadBrowserProcessSpecificV8Snapshot': 'off',
      'fuse GrantFileProtocolExtraPrivileges': 'off',
      'fuse WasmTrapHandlers': 'on',
    })
    expect(packed.stubbed).toBe(true)
  })

  it('has nothing of the making left beside it, nor Electron’s own start page', () => {
    expect(['.stage', '.stand-in'].filter((name) => existsSync(join(area, 'dist', name)))).toEqual([])
    expect(existsSync(join(packed.folder, 'resources', 'default_app.asar'))).toBe(false)
  })

  it('that was changed afterwards is found out: a fuse, a file more, a file less', async () => {
    await flipFuses(join(packed.folder, 'keyturn'), {
      version: FuseVersion.V1,
      [FuseV1Options.RunAsNode]: true,
    })
    const other = join(area, 'other')
    mkdirSync(join(other, 'test'), { recursive: true })
    writeFileSync(join(other, 'package.json'), '{"main":"out/main/electron.js","dependencies":{"zod":"4"}}')
    writeFileSync(join(other, 'test', 'a.test.ts'), '')
    await createPackage(other, join(packed.folder, 'resources', 'app.asar'))
    const { problems } = await verifyPackage(packed.folder, ['package.json', 'out/main/electron.js'])
    expect(problems).toEqual([
      'not expected in the archive: test/a.test.ts',
      'missing in the archive: out/main/electron.js',
      'must not be in the archive: test/a.test.ts',
      'package.json starts out/main/electron.js, which is not in the archive',
      'package.json in the archive names dependencies',
      'fuse RunAsNode is on, wanted off',
    ])
  })
})
