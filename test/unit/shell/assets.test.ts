import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assetOf, loadAssets, type Assets } from '../../../electron/shell/assets.ts'
import { answerTo, registerWindowScheme } from '../../../electron/shell/electron/scheme.ts'
import { fakeElectron } from './fake-electron.ts'

let folder = ''
let assets: Assets
let scheme: 'light' | 'dark' | 'system' = 'light'
const index =
  '<html data-scheme="light"><head><meta property="csp-nonce" nonce="" /></head><body>page</body></html>'

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-assets-'))
  mkdirSync(join(folder, 'window', 'assets', 'fonts'), { recursive: true })
  writeFileSync(join(folder, 'outside.js'), 'secret')
  writeFileSync(join(folder, 'window', 'index.html'), index)
  writeFileSync(join(folder, 'window', 'assets', 'main.js'), 'main')
  writeFileSync(join(folder, 'window', 'assets', 'main.js.map'), 'map')
  writeFileSync(join(folder, 'window', 'assets', 'fonts', 'a.woff2'), 'font')
  assets = loadAssets({ folder: join(folder, 'window'), scheme: () => scheme })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const get = (path: string, method = 'GET') => answerTo(assets, { url: `keyturn://app${path}`, method })

describe('files of the window', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/index.html', 'text/html; charset=utf-8'],
    ['/assets/main.js', 'text/javascript; charset=utf-8'],
    ['/assets/main.js?v=1', 'text/javascript; charset=utf-8'],
    ['/assets/fonts/a.woff2', 'font/woff2'],
  ])('%s is served as %s', (path, type) => {
    const { status, headers } = get(path)
    expect([status, headers.get('content-type')]).toEqual([200, type])
  })

  it.each([
    '/outside.js',
    '/../outside.js',
    '/..%2foutside.js',
    '/assets/..%2f..%2foutside.js',
    '/assets/%2e%2e/%2e%2e/outside.js',
    '/assets/..%5c..%5coutside.js',
    '/%252e%252e/outside.js',
    '/assets/main.js.map',
    '/assets',
    '/assets/main.js%00.html',
    '/%E0%A4%A',
    '/__proto__',
  ])('%s is not there', async (path) => {
    const response = get(path)
    expect([response.status, await response.text()]).toEqual([404, 'not found'])
  })

  it('a new nonce at every load, the same in policy and page', async () => {
    const load = async () => {
      const response = get('/')
      const policy = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1]
      const page = /csp-nonce" nonce="([^"]+)"/.exec(await response.text())?.[1]
      expect(page).toBe(policy)
      return String(policy)
    }
    const nonces = [await load(), await load()]
    expect(new Set(nonces).size).toBe(2)
    expect(Buffer.from(String(nonces[0]), 'base64')).toHaveLength(16)
  })

  it('the policy allows scripts of our own files and nothing inline, evaluated or foreign', () => {
    const policy = get('/')
      .headers.get('content-security-policy')
      ?.replace(/'nonce-[^']+'/, 'NONCE')
    expect(policy?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' NONCE",
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "frame-src 'none'",
      "object-src 'none'",
    ])
  })

  it('404 answers carry the same headers', () => {
    const names = (path: string) => [...get(path).headers.keys()].sort()
    expect(names('/nothing.js')).toEqual(names('/assets/main.js'))
    expect(get('/nothing.js').headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('the chosen scheme stands in the page before it loads; the system’s is left to the page', () => {
    const schemeOf = () => /data-scheme="(\w+)"/.exec(assets.serve('/').body.toString('utf8'))?.[1]
    scheme = 'dark'
    expect(schemeOf()).toBe('dark')
    scheme = 'system'
    expect(schemeOf()).toBe('light')
  })

  it('both shells read an address the same way', () => {
    expect(assetOf(assets, 'https://keyturn.invalid/assets/main.js').status).toBe(200)
    expect(assetOf(assets, 'https://keyturn.invalid/..%2foutside.js').status).toBe(404)
  })
})

describe('the scheme', () => {
  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not answered', (method) => {
    expect(get('/', method).status).toBe(405)
  })

  it('HEAD has headers and no body', async () => {
    const response = get('/', 'HEAD')
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it.each(['keyturn://other/', 'keyturn://app.example/', 'keyturn://user@app/', 'keyturn://app:1/'])(
    'nothing is served at %s',
    (url) => {
      expect(answerTo(assets, { url, method: 'GET' }).status).toBe(404)
    },
  )

  it('is registered with these privileges and no other', () => {
    const { protocol } = fakeElectron()
    registerWindowScheme(protocol)
    expect(protocol.registerSchemesAsPrivileged.mock.calls).toEqual([
      [
        [
          {
            scheme: 'keyturn',
            privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
          },
        ],
      ],
    ])
  })
})
