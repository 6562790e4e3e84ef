import { readFileSync } from 'node:fs'
import type { SqlEncryption, SqlTrust } from '../../shared/model/target.ts'

export const addressVariable = 'KEYTURN_TEST_SQLSERVER'
export const addressForm =
  'mssql://login:password@host:1433?encryption=mandatory&ca=/path.pem (or &pin=SHA-256 of the certificate in hex; without both the system’s authorities are trusted)'

/** A real server that tests may ask. `password` is as typed, decoded. */
export interface ServerAddress {
  host: string
  port: number
  user: string
  password: string
  encryption: Exclude<SqlEncryption, { mode: 'off' }>
}

/**
 * Reads the form above; login and password are percent-encoded where they hold signs of an address. Reads the file of
 * `ca`. What it throws names the part that is wrong and repeats nothing of the address, because a password is in it.
 */
export const parseServerAddress = (address: string): ServerAddress => {
  const url = URL.parse(address)
  if (url?.protocol !== 'mssql:') throw wrong('it has to begin with mssql://')
  const { hostname, port, username, password, searchParams } = url
  if (hostname === '') throw wrong('the host is missing')
  if (username === '' || password === '') throw wrong('login and password are missing')
  const mode = searchParams.get('encryption') ?? 'mandatory'
  if (mode !== 'mandatory' && mode !== 'strict') throw wrong('encryption is mandatory or strict')
  const unknown = [...searchParams.keys()].filter((key) => !['encryption', 'ca', 'pin'].includes(key))
  if (unknown.length > 0) throw wrong('it has an option other than encryption, ca and pin')
  return {
    host: hostname,
    port: Number(port || 1433),
    user: decoded(username, 'login'),
    password: decoded(password, 'password'),
    encryption: { mode, trust: trustOf(searchParams.get('ca'), searchParams.get('pin')) },
  }
}

const trustOf = (ca: string | null, pin: string | null): SqlTrust => {
  if (ca !== null && pin !== null) throw wrong('it has both ca and pin')
  if (ca !== null) return { kind: 'ca', pem: readAuthority(ca) }
  if (pin === null) return { kind: 'system' }
  const sha256 = pin.replaceAll(':', '').toUpperCase()
  if (!/^[0-9A-F]{64}$/.test(sha256)) throw wrong('pin is not a SHA-256 in hex')
  return { kind: 'pin', sha256 }
}

const readAuthority = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw wrong('the file of ca can’t be read')
  }
}

const decoded = (text: string, part: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong(`the ${part} has a % that is not percent-encoding`)
  }
}

const wrong = (what: string): Error => new Error(`${addressVariable}: ${what}; its form is ${addressForm}`)
