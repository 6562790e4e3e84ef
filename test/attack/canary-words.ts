import { randomInt } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every place where a person types a secret, and the ways in which one is refused. */
export const canaryFields = [
  'passphrase',
  'passphrase too short',
  'passphrase that is wrong',
  'new passphrase',
  'new passphrase too short',
  'login password',
  'client secret',
  'master key password',
  'master key password that breaks a rule',
  'private key file password',
  'master key file password',
  'service master key file password',
  'password of a file to compare',
  'secret of any job',
  'token of a container',
  'access key of a storage account',
  'secret that main refuses',
  'secret in a request of the wrong form',
] as const
export type CanaryField = (typeof canaryFields)[number]
export type Canaries = Readonly<Record<CanaryField, string>>

const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'
const random = (length: number): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join('')

/** What is searched for is the random middle, so that a piece of a secret counts as a hit too. */
const middle = 10

export const makeCanaries = (): Canaries => {
  const canary = (field: CanaryField): string => {
    // A passphrase of 11 characters is one too few.
    if (field === 'passphrase too short' || field === 'new passphrase too short') return `${random(middle)}!`
    // No upper case, no digit, no sign: two kinds are missing.
    if (field === 'master key password that breaks a rule')
      return random(40).toLowerCase().replace(/\d/g, 'q')
    if (field === 'token of a container')
      return `sv=2026-04-06&sr=c&sp=rwdl&se=2099-01-01T00%3A00%3A00Z&sig=Kt7-${random(middle)}-${random(6)}`
    if (field === 'access key of a storage account') return `${random(86)}==`
    return `Kt7-${random(middle)}-${random(6)}`
  }
  return Object.fromEntries(canaryFields.map((field) => [field, canary(field)])) as Record<
    CanaryField,
    string
  >
}

const needleOf = (canary: string): string => {
  const from = canary.indexOf('Kt7-')
  return from < 0 ? canary.slice(0, middle) : canary.slice(from + 4, from + 4 + middle)
}

/** How a secret can stand in a file: as it is, as UTF-16, and both as hex or base64 at any offset. */
export const formsOf = (canary: string): Map<string, Buffer> => formsOfBytes(Buffer.from(needleOf(canary)))

/** The same of a secret that is bytes: `utf16le` is each of them with a zero byte, as text has them. */
export const formsOfBytes = (secret: Buffer): Map<string, Buffer> => {
  const forms = new Map<string, Buffer>()
  for (const encoding of ['utf8', 'utf16le'] as const) {
    const bytes = encoding === 'utf8' ? secret : Buffer.from(secret.toString('latin1'), encoding)
    forms.set(encoding, bytes)
    forms.set(`${encoding} hex`, Buffer.from(bytes.toString('hex')))
    forms.set(`${encoding} HEX`, Buffer.from(bytes.toString('hex').toUpperCase()))
    // As Node prints a buffer.
    forms.set(
      `${encoding} spaced hex`,
      Buffer.from([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')),
    )
    for (const shift of [0, 1, 2]) {
      const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
      // Letters that also hold bits of the neighbors are left out.
      const inner = whole.slice(shift === 0 ? 0 : 4, whole.length - 4)
      forms.set(`${encoding} base64 at ${shift}`, Buffer.from(inner))
      forms.set(
        `${encoding} base64url at ${shift}`,
        Buffer.from(inner.replaceAll('+', '-').replaceAll('/', '_')),
      )
    }
  }
  return forms
}

export interface Hit {
  field: CanaryField
  form: string
  file: string
}

/** Every file below a folder, and every name of a file or folder, searched for every form of every canary. */
export const searchTree = (
  folder: string,
  canaries: Canaries,
): { hits: Hit[]; files: number; bytes: number } => {
  const wanted = canaryFields.map((field) => ({ field, forms: [...formsOf(canaries[field])] }))
  const found: Hit[] = []
  let files = 0
  let bytes = 0
  const look = (content: Buffer, file: string): void => {
    bytes += content.length
    for (const { field, forms } of wanted)
      for (const [form, needle] of forms) if (content.includes(needle)) found.push({ field, form, file })
  }
  const walk = (path: string): void => {
    look(Buffer.from(path), `name of ${path}`)
    const stat = lstatSync(path)
    if (stat.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name))
    else if (stat.isFile()) {
      files += 1
      look(readFileSync(path), path)
    }
  }
  walk(folder)
  return { hits: found, files, bytes }
}

/** How every token of the simulated Entra begins: its header is always the same. */
export const tokenStart = Buffer.from('{"typ":"JWT","alg":"RS256","kid":"ktr-sandbox"').toString('base64url')
