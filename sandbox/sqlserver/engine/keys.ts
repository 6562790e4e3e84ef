import { createPrivateKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import {
  FileFormatError,
  unwrapSecret,
  unwrapWithPassword,
  wrapSecret,
  wrapWithPassword,
} from '../files/index.ts'
import type { CertificateRecord, MasterKeyCopy, MasterKeyRecord } from '../state/model.ts'
import type { Store } from '../state/store.ts'
import { SqlError } from './errors.ts'

const base64 = (bytes: Buffer): string => bytes.toString('base64')
const fromBase64 = (text: string): Buffer => Buffer.from(text, 'base64')

/** Runs an unwrapping; undefined when this key or password does not open it. */
function opened(attempt: () => Buffer): Buffer | undefined {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof FileFormatError) return undefined
    throw error
  }
}

/** Machine key -> service master key -> database master keys -> private keys. Nothing is kept in clear on disk. */
export class KeyHierarchy {
  private readonly store: Store
  private readonly machineKey: Buffer

  /** `machineKeyFile` stands for DPAPI: random bytes bound to this one simulated machine. */
  constructor(store: Store, machineKeyFile: string) {
    this.store = store
    if (!existsSync(machineKeyFile))
      writeFileSync(machineKeyFile, randomBytes(32), { mode: 0o600, flag: 'wx' })
    this.machineKey = readFileSync(machineKeyFile)
  }

  /** The service master key; undefined when the machine key no longer opens it. */
  serviceKey(): Buffer | undefined {
    const record = this.store.serviceMasterKey.get('smk')
    return record === undefined
      ? undefined
      : opened(() => unwrapSecret(this.machineKey, fromBase64(record.wrapped), 'smk'))
  }

  wrapServiceKey(key: Buffer): string {
    return base64(wrapSecret(this.machineKey, key, 'smk'))
  }

  /** Opens a master key through its copy under the service master key, as the engine does by itself. */
  openedByServer(databaseId: number): Buffer | undefined {
    const record = this.store.masterKeys.get(String(databaseId))
    const copy = record?.copies.find((candidate) => candidate.kind === 'service')
    const service = this.serviceKey()
    if (record === undefined || copy === undefined || service === undefined) return undefined
    return opened(() => unwrapSecret(service, fromBase64(copy.wrapped), `dmk:${record.guid}`))
  }

  /** Whether a service master key, as from a file, opens the copy that the record has. */
  serviceCopyOpens(record: MasterKeyRecord, serviceKey: Buffer): boolean {
    const copy = record.copies.find((candidate) => candidate.kind === 'service')
    if (copy === undefined) return false
    return (
      opened(() => unwrapSecret(serviceKey, fromBase64(copy.wrapped), `dmk:${record.guid}`)) !== undefined
    )
  }

  openedByPassword(record: MasterKeyRecord, password: string): Buffer | undefined {
    return this.passwordCopy(record, password)?.key
  }

  /** The copy that this password opens, with the key in it. */
  passwordCopy(record: MasterKeyRecord, password: string): { copy: MasterKeyCopy; key: Buffer } | undefined {
    for (const copy of record.copies) {
      if (copy.kind !== 'password') continue
      const key = opened(() =>
        unwrapWithPassword(Buffer.from(password, 'utf16le'), fromBase64(copy.wrapped), `dmk:${record.guid}`),
      )
      if (key !== undefined) return { copy, key }
    }
    return undefined
  }

  passwordCopyOf(guid: string, key: Buffer, password: string, now: Date): MasterKeyCopy {
    const wrapped = wrapWithPassword(Buffer.from(password, 'utf16le'), key, `dmk:${guid}`)
    return { kind: 'password', wrapped: base64(wrapped), createdDate: now.toISOString() }
  }

  serviceCopyOf(guid: string, key: Buffer, serviceKey: Buffer, now: Date): MasterKeyCopy {
    return {
      kind: 'service',
      wrapped: base64(wrapSecret(serviceKey, key, `dmk:${guid}`)),
      createdDate: now.toISOString(),
    }
  }

  /** A credential's secret under the service master key, or under the one that replaces it; undefined without one. */
  wrapCredentialSecret(credentialId: number, secret: Buffer, under = this.serviceKey()): string | undefined {
    return under === undefined ? undefined : base64(wrapSecret(under, secret, `credential:${credentialId}`))
  }

  /** undefined when the service master key, or the one from a file, does not open it. */
  credentialSecret(credentialId: number, wrapped: string, under = this.serviceKey()): Buffer | undefined {
    if (under === undefined) return undefined
    return opened(() => unwrapSecret(under, fromBase64(wrapped), `credential:${credentialId}`))
  }

  wrapPrivateKey(
    key: KeyObject,
    thumbprint: string,
    under: { masterKey: Buffer } | { password: string },
  ): string {
    const der = key.export({ format: 'der', type: 'pkcs8' })
    const aad = `cert:${thumbprint}`
    if ('masterKey' in under) return base64(wrapSecret(under.masterKey, der, aad))
    return base64(wrapWithPassword(Buffer.from(under.password, 'utf16le'), der, aad))
  }

  /** undefined when the given master key or password does not open it. */
  privateKey(
    certificate: CertificateRecord,
    under: { masterKey: Buffer } | { password: string },
  ): KeyObject | undefined {
    if (certificate.wrappedKey === null) return undefined
    const blob = fromBase64(certificate.wrappedKey)
    const aad = `cert:${certificate.thumbprint}`
    const der = opened(() =>
      'masterKey' in under
        ? unwrapSecret(under.masterKey, blob, aad)
        : unwrapWithPassword(Buffer.from(under.password, 'utf16le'), blob, aad),
    )
    return der === undefined ? undefined : createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  }
}

/** Policy of stored passwords and of those that encrypt key files: 8 to 128 characters of three kinds. */
export function assertPasswordPolicy(password: string): void {
  const intro =
    'Password validation failed. The password does not meet SQL Server password policy requirements because it is'
  if (password.length < 8)
    throw new SqlError(33062, `${intro} too short. The password must be at least 8 characters.`)
  if (password.length > 128)
    throw new SqlError(33063, `${intro} too long. The password must be at most 128 characters.`)
  const kinds = [/\p{Lu}/u, /\p{Ll}/u, /[0-9]/, /[^\p{L}0-9]/u].filter((kind) => kind.test(password)).length
  if (kinds < 3) {
    throw new SqlError(
      33064,
      `${intro} not complex enough. The password must be at least 8 characters long and contain characters from three of the following four sets: Uppercase letters, Lowercase letters, Base 10 digits, and Symbols.`,
    )
  }
}
