import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** One file of the window, as it is served. */
export interface Asset {
  status: 200 | 404
  headers: Record<string, string>
  body: Buffer
}

export interface Assets {
  /** `path` is the decoded path of the request, beginning with `/`. What is not in the manifest is 404. */
  serve(path: string): Asset
}

export interface AssetOptions {
  /** Folder of the built window. */
  folder: string
  /** Light, dark, or what the operating system says; written into the page before it loads. */
  scheme: () => 'light' | 'dark' | 'system'
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

interface StoredFile {
  type: string
  body: Buffer
}

/** Level by level, with names only: that works alike in a folder and inside Electron's archive. */
const readInto = (table: Map<string, StoredFile>, folder: string, path: string): void => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name)
    const type = types[extname(entry.name)]
    if (entry.isDirectory()) readInto(table, file, `${path}${entry.name}/`)
    else if (entry.isFile() && type) table.set(`${path}${entry.name}`, { type, body: readFileSync(file) })
  }
}

/**
 * The window's files, read once at start: the request only chooses a key of this table, so no path can lead out of it.
 * Both shells serve from here, with the same headers.
 */
export const loadAssets = ({ folder, scheme }: AssetOptions): Assets => {
  const table = new Map<string, StoredFile>()
  readInto(table, folder, '/')
  const index = table.get('/index.html')
  if (!index) throw new Error('the built window has no index.html')
  return {
    serve: (path) => {
      const nonce = randomBytes(16).toString('base64')
      if (path === '/' || path === '/index.html') {
        return {
          status: 200,
          headers: headersFor(index.type, nonce),
          body: page(index.body, nonce, scheme()),
        }
      }
      const found = table.get(path)
      return found
        ? { status: 200, headers: headersFor(found.type, nonce), body: found.body }
        : {
            status: 404,
            headers: headersFor('text/plain; charset=utf-8', nonce),
            body: Buffer.from('not found'),
          }
    },
  }
}

/** What `assets` holds for an address of ours: decoded once, so that an encoded slash or dot leads nowhere. */
export const assetOf = (assets: Assets, address: string): Asset => {
  const { pathname } = new URL(address)
  try {
    return assets.serve(decodeURIComponent(pathname))
  } catch (thrown) {
    if (thrown instanceof URIError) return assets.serve(pathname)
    throw thrown
  }
}

/** The two places of `renderer/index.html` that are filled in at every load; MUI itself follows the system. */
const noncePlace = '<meta property="csp-nonce" nonce="'
const schemePlace = 'data-scheme="light"'

const page = (html: Buffer, nonce: string, scheme: string): Buffer =>
  Buffer.from(
    html
      .toString('utf8')
      .replace(`${noncePlace}"`, `${noncePlace}${nonce}"`)
      .replace(schemePlace, `data-scheme="${scheme === 'dark' ? 'dark' : 'light'}"`),
  )

export const contentSecurityPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "frame-src 'none'",
    "object-src 'none'",
  ].join('; ')

const headersFor = (type: string, nonce: string): Record<string, string> => ({
  'Content-Type': type,
  'Content-Security-Policy': contentSecurityPolicy(nonce),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
})
