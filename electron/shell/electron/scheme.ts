import type { Protocol } from 'electron'
import { assetOf, type Assets } from '../assets.ts'
import { isOwnAddress, windowScheme } from './own-origin.ts'

/** Once, before `ready`. Privileges that are not named stay off: bypassCSP, corsEnabled, service workers, extensions. */
export const registerWindowScheme = (protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void =>
  protocol.registerSchemesAsPrivileged([
    {
      scheme: windowScheme,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ])

/** Serves the window's pages in one session; the global `protocol` would only reach the default session. */
export const serveWindow = (protocol: Pick<Protocol, 'handle'>, assets: Assets): void =>
  protocol.handle(windowScheme, (request) => answerTo(assets, request))

/** Reading only, our host only, and only what the manifest of assets holds. */
export const answerTo = (assets: Assets, { url, method }: Pick<Request, 'url' | 'method'>): Response => {
  if (method !== 'GET' && method !== 'HEAD') return new Response(null, { status: 405 })
  if (!isOwnAddress(url)) return new Response(null, { status: 404 })
  const { status, headers, body } = assetOf(assets, url)
  return new Response(method === 'HEAD' ? null : new Uint8Array(body), { status, headers })
}
