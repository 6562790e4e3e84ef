import { CODES, ConnectorFailure, NOT_SUPPORTED, httpCode } from './failure.ts'
import { generationOf, isOfNovember2020 } from './library.ts'
import { thumbprintOfKey, thumbprintOfName } from './thumbprints.ts'
import type { VaultSession } from './vault-session.ts'

/** A key as the connector found it in the vault. */
export interface VaultKey {
  name: string
  /** What the registry keeps: with a version from 1.0.5.0, without one before. */
  keyUri: string
  thumbprint: string
  bits: number
}

const LONGEST_NAME = 26
/** Up to 2022 and after it the same. Which one the connector asks for is not documented. */
const WRAPPING = 'RSA-OAEP'
const PAGE = 25

/** Opens `name` or `name/version` for CREATE ASYMMETRIC KEY. */
export async function findKey(
  session: VaultSession,
  version: string,
  wanted: string,
  signal: AbortSignal,
): Promise<VaultKey> {
  const generation = generationOf(version)
  const [name = '', keyVersion, ...more] = isOfNovember2020(version) ? wanted.split('/') : [wanted]
  if (name.length > LONGEST_NAME) throw new ConnectorFailure(CODES.nameTooLong, 'key')
  if (!/^[A-Za-z0-9-]+$/.test(name) || more.length > 0 || !isVersion(keyVersion))
    throw new ConnectorFailure(httpCode('badRequest', generation), 'key')
  const bundle = await session.ask(
    `/keys/${name}/${keyVersion ?? ''}`,
    undefined,
    CODES.keyNotReadable,
    signal,
  )
  const key = readBundle(session, version, bundle)
  if (key === 'disabled') throw new ConnectorFailure(httpCode('notFound', generation), 'key')
  if (key === 'not-supported') throw new ConnectorFailure(NOT_SUPPORTED, 'key')
  return key
}

const isVersion = (text: string | undefined): boolean => text === undefined || /^[0-9a-f]{32}$/i.test(text)

/** Whether the key behind a URI of the registry can be seen; throws as `findKey` does. */
export async function seeKey(session: VaultSession, keyUri: string, signal: AbortSignal): Promise<void> {
  await session.ask(pathOf(keyUri), undefined, CODES.keyNotReadable, signal)
}

/** Every key that the connector could open, one after the other: the service gives no thumbprints. */
export async function listKeys(
  session: VaultSession,
  version: string,
  signal: AbortSignal,
): Promise<VaultKey[]> {
  const found: VaultKey[] = []
  let next: string | undefined = `/keys?maxresults=${PAGE}`
  while (next !== undefined) {
    const page: Record<string, unknown> = await session.ask(next, undefined, CODES.keyNotReadable, signal)
    for (const item of Array.isArray(page['value']) ? (page['value'] as unknown[]) : []) {
      const kid = textOf(item, 'kid')
      if (kid === undefined) continue
      const bundle = await session.ask(pathOf(kid), undefined, CODES.keyNotReadable, signal)
      const key = readBundle(session, version, bundle)
      if (typeof key !== 'string') found.push(key)
    }
    next = continuation(page['nextLink'])
  }
  return found
}

/** Path and query behind the host, without the version of the interface, which every request gets anew. */
function continuation(link: unknown): string | undefined {
  if (typeof link !== 'string' || !URL.canParse(link)) return undefined
  const { pathname, searchParams } = new URL(link)
  searchParams.delete('api-version')
  return `${pathname}?${searchParams.toString()}`
}

export const wrapWithKey = (
  session: VaultSession,
  keyUri: string,
  plain: Buffer,
  signal: AbortSignal,
): Promise<Buffer> => operate(session, `${pathOf(keyUri)}/wrapkey`, plain, CODES.wrapNotReadable, signal)

export const unwrapWithKey = (
  session: VaultSession,
  keyUri: string,
  wrapped: Buffer,
  signal: AbortSignal,
): Promise<Buffer> =>
  operate(session, `${pathOf(keyUri)}/unwrapkey`, wrapped, CODES.unwrapNotReadable, signal)

async function operate(
  session: VaultSession,
  path: string,
  value: Buffer,
  notReadable: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const body = { alg: WRAPPING, value: value.toString('base64url') }
  const result = (await session.ask(path, body, notReadable, signal))['value']
  if (typeof result !== 'string' || result === '') throw new ConnectorFailure(notReadable, 'key')
  return Buffer.from(result, 'base64url')
}

/** Without a version a second slash stands for it. */
function pathOf(keyUri: string): string {
  const { pathname } = new URL(keyUri)
  return pathname.split('/').length > 3 ? pathname : `${pathname}/`
}

function readBundle(
  session: VaultSession,
  version: string,
  bundle: Record<string, unknown>,
): VaultKey | 'disabled' | 'not-supported' {
  const key = bundle['key']
  const kid = textOf(key, 'kid')
  const [modulus, exponent] = [textOf(key, 'n'), textOf(key, 'e')]
  if (kid === undefined || !URL.canParse(kid)) throw new ConnectorFailure(CODES.keyNotReadable, 'key')
  if ((bundle['attributes'] as { enabled?: unknown } | undefined)?.enabled === false) return 'disabled'
  const bits = modulus === undefined ? 0 : Buffer.from(modulus, 'base64url').length * 8
  if (
    !['RSA', 'RSA-HSM'].includes(textOf(key, 'kty') ?? '') ||
    modulus === undefined ||
    exponent === undefined
  )
    return 'not-supported'
  if (bits !== 2048 && !(bits === 3072 && isOfNovember2020(version))) return 'not-supported'
  const [name = '', keyVersion = ''] = new URL(kid).pathname.split('/').slice(2)
  const byName = session.generation === 1
  return {
    name,
    keyUri: `${session.vault}/keys/${name}${byName ? '' : `/${keyVersion}`}`,
    thumbprint: byName
      ? thumbprintOfName(name)
      : thumbprintOfKey(Buffer.from(modulus, 'base64url'), Buffer.from(exponent, 'base64url')),
    bits,
  }
}

function textOf(value: unknown, name: string): string | undefined {
  const found =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof found === 'string' ? found : undefined
}
