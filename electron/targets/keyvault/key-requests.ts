import { createPrivateKey } from 'node:crypto'
import type { CreateKeyOptions, ImportKeyOptions, JsonWebKey } from '@azure/keyvault-keys'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { keyDateProblem, keyNameProblem, keyVersionProblem } from '../../../shared/model/azure.ts'
import {
  markTag,
  type ImportedVaultKey,
  type NewVaultKey,
  type VaultKeyChange,
} from '../../ports/key-vault.ts'

/** What goes out, checked: the client library sends names and late dates as they come. */

export const checkedKeyName = (name: string, target: string): string => {
  const problem = keyNameProblem(name, 127)
  if (problem !== null) throw new KeyturnError('azure-name', { target, what: problem })
  return name
}

export const checkedVersion = (version: string, target: string): string => {
  const problem = keyVersionProblem(version)
  if (problem !== null) throw new KeyturnError('azure-name', { target, what: problem })
  return version.toLowerCase()
}

/** `vault-date` for what the library would write as a date before 1970. */
const dateOf = (iso: string | undefined, what: string, key: string): Date | undefined => {
  if (iso === undefined) return undefined
  const problem = keyDateProblem(iso, what)
  if (problem !== null) throw new KeyturnError('vault-date', { key, what: problem })
  return new Date(iso)
}

const datesOf = ({ name, notBefore, expires }: Pick<NewVaultKey, 'name' | 'notBefore' | 'expires'>) => {
  const first = dateOf(notBefore, 'The first day', name)
  const last = dateOf(expires, 'The expiry', name)
  return {
    ...(first === undefined ? {} : { notBefore: first }),
    ...(last === undefined ? {} : { expiresOn: last }),
  }
}

const usesAndTags = ({ uses, tags, mark }: Pick<NewVaultKey, 'uses' | 'tags' | 'mark'>) => ({
  tags: { ...tags, [markTag]: mark },
  ...(uses === undefined ? {} : { keyOps: [...uses] }),
})

export const creation = (request: NewVaultKey): CreateKeyOptions => ({
  keySize: request.bits,
  ...datesOf(request),
  ...usesAndTags(request),
})

export const importing = (request: ImportedVaultKey): ImportKeyOptions => ({
  hardwareProtected: request.material.kind === 'transfer' || request.material.hardware,
  ...datesOf(request),
  tags: { ...request.tags, [markTag]: request.mark },
})

/** Null takes a date away: the library sends it as it is. */
export const change = (name: string, { enabled, notBefore, expires, tags }: VaultKeyChange) => ({
  ...(enabled === undefined ? {} : { enabled }),
  ...(notBefore === undefined
    ? {}
    : { notBefore: notBefore === null ? null : dateOf(notBefore, 'The first day', name) }),
  ...(expires === undefined
    ? {}
    : { expiresOn: expires === null ? null : dateOf(expires, 'The expiry', name) }),
  ...(tags === undefined ? {} : { tags: { ...tags } }),
})

/**
 * The material as the library takes it, lent to `send`; its numbers are wiped after. The library makes text of them for
 * the request: that text lives until it is collected. `vault-refused` for what is no RSA key.
 */
export const withMaterial = async <Answer>(
  request: ImportedVaultKey,
  target: string,
  send: (key: JsonWebKey) => Promise<Answer>,
): Promise<Answer> => {
  const { material, uses } = request
  const operations = uses === undefined ? {} : { keyOps: [...uses] }
  if (material.kind === 'transfer') return send({ kty: 'RSA-HSM', ...operations, t: material.file })
  const numbers = material.der.use((der) => rsaNumbers(der, target))
  try {
    return await send({ kty: material.hardware ? 'RSA-HSM' : 'RSA', ...operations, ...numbers })
  } finally {
    for (const number of Object.values(numbers)) number.fill(0)
  }
}

const parts = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const

type Part = (typeof parts)[number]

const rsaNumbers = (der: Buffer, target: string): Record<Part, Uint8Array> => {
  const jwk = openRsa(der)
  const numbers = parts.map((part) => [part, jwk?.[part]] as const)
  if (!numbers.every((number): number is [Part, string] => typeof number[1] === 'string')) {
    const said = 'the material is no RSA private key in PKCS #8'
    throw new KeyturnError('vault-refused', { target, what: 'importing a key', said })
  }
  const found: Partial<Record<Part, Uint8Array>> = {}
  for (const [part, text] of numbers) found[part] = Buffer.from(text, 'base64url')
  return found as Record<Part, Uint8Array>
}

const openRsa = (der: Buffer) => {
  try {
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    return key.asymmetricKeyType === 'rsa' ? key.export({ format: 'jwk' }) : null
  } catch {
    return null
  }
}
