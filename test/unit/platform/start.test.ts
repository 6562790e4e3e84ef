import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { childEnvironment, scrubEnvironment } from '../../../electron/platform/environment.ts'
import { assertNodeVersion } from '../../../electron/platform/node-version.ts'
import { makeProfileDir, profileDir } from '../../../electron/platform/paths.ts'
import { newIdText, systemRandom } from '../../../electron/platform/random.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'

describe('environment', () => {
  test('what prints, logs keys or loads code is removed, by name in any case', () => {
    const environment: NodeJS.ProcessEnv = {
      PATH: '/bin',
      DEBUG: '*',
      pwdebug: '1',
      NODE_DEBUG: 'tls',
      NODE_OPTIONS: '--inspect',
    }
    Object.assign(environment, {
      SSLKEYLOGFILE: '/x',
      npm_config_registry: 'x',
      npm_lifecycle_event: 'start',
      DEBUGGER: 'stays',
    })
    expect(scrubEnvironment(environment)).toEqual(
      [
        'DEBUG',
        'NODE_DEBUG',
        'NODE_OPTIONS',
        'SSLKEYLOGFILE',
        'npm_config_registry',
        'npm_lifecycle_event',
        'pwdebug',
      ].sort(),
    )
    expect(environment).toEqual({ PATH: '/bin', DEBUGGER: 'stays' })
    expect(scrubEnvironment(environment)).toEqual([])
  })

  test('what Node reads before us ends with the process that was started with it', () => {
    const home = mkdtempSync(join(tmpdir(), 'keyturn-clean-start-'))
    try {
      const entry = join(home, 'entry.ts')
      const module = pathToFileURL(
        join(import.meta.dirname, '../../../electron/platform/clean-start.ts'),
      ).href
      writeFileSync(
        entry,
        `import { startClean } from '${module}'
startClean()
const { debuglog } = await import('node:util')
process.stdout.write(JSON.stringify([debuglog('http').enabled, process.env.NODE_DEBUG ?? null, process.argv[2]]))
process.exit(7)`,
      )
      const ended = spawnSync(process.execPath, [entry, 'kept'], {
        env: { PATH: process.env['PATH'], NODE_DEBUG: 'http' },
        encoding: 'utf8',
      })
      expect([ended.status, ended.stdout]).toEqual([7, '[false,null,"kept"]'])
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })

  test('a child gets the allow-listed part only', () => {
    const all = {
      PATH: '/bin',
      Path: 'C:\\',
      HOME: '/h',
      AZURE_CLIENT_SECRET: 's',
      HTTPS_PROXY: 'http://u:p@x',
      LANG: undefined,
    }
    expect(childEnvironment(all)).toEqual({ PATH: '/bin', Path: 'C:\\', HOME: '/h' })
  })
})

describe('profile folder', () => {
  const home = { home: '/home/ann', environment: {} }

  test('is where the platform keeps application data', () => {
    expect(profileDir('main', undefined, { ...home, platform: 'linux' })).toBe(
      '/home/ann/.local/share/keyturn/main',
    )
    expect(
      profileDir('rehearsal', undefined, {
        ...home,
        platform: 'linux',
        environment: { XDG_DATA_HOME: '/data' },
      }),
    ).toBe('/data/keyturn/rehearsal')
    expect(
      profileDir('main', undefined, { ...home, platform: 'linux', environment: { XDG_DATA_HOME: 'data' } }),
    ).toBe('/home/ann/.local/share/keyturn/main')
    expect(profileDir('main', undefined, { ...home, platform: 'darwin' })).toBe(
      '/home/ann/Library/Application Support/Keyturn/main',
    )
    const windows = {
      platform: 'win32',
      home: 'C:\\Users\\ann',
      environment: { APPDATA: 'D:\\Roaming' },
    } as const
    expect(profileDir('main', undefined, windows)).toBe('D:\\Roaming\\Keyturn\\main')
    expect(profileDir('main', undefined, { ...windows, environment: {} })).toBe(
      'C:\\Users\\ann\\AppData\\Roaming\\Keyturn\\main',
    )
  })

  test('an override names the folder itself; it is made for this account only', () => {
    const at = mkdtempSync(join(tmpdir(), 'keyturn-paths-'))
    onTestFinished(() => rmSync(at, { recursive: true, force: true }))
    const made = makeProfileDir('main', join(at, 'x', 'y'))
    expect(made).toBe(join(at, 'x', 'y'))
    expect(statSync(made).mode & 0o777).toBe(0o700)
    expect(makeProfileDir('main', made)).toBe(made)
  })
})

describe('Node version', () => {
  const refusal = (version: string, sqlite: boolean): string => {
    try {
      assertNodeVersion(version, () => sqlite)
    } catch (error) {
      if (error instanceof KeyturnError) return error.problem.title
      throw error
    }
    return 'accepted'
  }

  test('24 with SQLite is taken; older, other or without it is named', () => {
    expect([refusal('24.0.0', true), refusal('26.1.0', true)]).toEqual(['accepted', 'accepted'])
    expect(refusal('20.19.1', true)).toContain('needs Node.js 24 or later, and this is 20.19.1')
    expect(refusal('', true)).toContain('needs Node.js 24')
    expect(refusal('24.0.0', false)).toContain('without its SQLite module')
    expect(() => assertNodeVersion()).not.toThrow()
  })
})

describe('random', () => {
  test('ids have 12 characters and differ', () => {
    const ids = new Set(Array.from({ length: 1_000 }, () => newIdText(systemRandom)))
    expect(ids.size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[a-kmnp-z2-9]{12}$/)
  })
})
