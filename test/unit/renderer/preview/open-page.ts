import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'

const root = fileURLToPath(new URL('../../../../out/preview/', import.meta.url))
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
}
const origin = 'https://keyturn.test'

/** The policy of both shells, so that a style or script that they would refuse is refused here too. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-cHJldmlldw=='; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['KEYTURN_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })

export interface Look {
  world: string
  hash: string
  scheme?: 'light' | 'dark'
  width?: number
  height?: number
  refuse?: readonly string[]
}

/** Opens the built preview without a port: every request is answered from the folder or refused. */
export const openLook = async (browser: Browser, look: Look, complaints: string[] = []): Promise<Page> => {
  const page = await browser.newPage({
    viewport: { width: look.width ?? 1280, height: look.height ?? 860 },
    reducedMotion: 'reduce',
  })
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${look.world} ${look.hash}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`${look.world} ${look.hash}: ${error.message}`))
  await page.route('**/*', async (route) => {
    const { origin: from, pathname } = new URL(route.request().url())
    const file = normalize(join(root, pathname === '/' ? 'index.html' : pathname))
    if (from !== origin || !file.startsWith(root.replace(/[/\\]$/, '') + sep)) return route.abort()
    const body = await readFile(file).catch(() => null)
    if (body === null) return route.fulfill({ status: 404, body: '' })
    return route.fulfill({
      body,
      headers: {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': policy,
      },
    })
  })
  const query = new URLSearchParams({ world: look.world, scheme: look.scheme ?? 'light' })
  for (const name of look.refuse ?? []) query.append('refuse', name)
  await page.goto(`${origin}/?${query}${look.hash}`)
  await page.waitForSelector('h1')
  await page.waitForLoadState('networkidle')
  return page
}
