import { randomInt } from 'node:crypto'
import { SecretBytes } from './secret-bytes.ts'

/** Characters that people can tell apart and that pass through T-SQL, sqlcmd variables and shells unchanged. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.+'
const kinds = [/[A-Z]/, /[a-z]/, /[0-9]/]

/** 32 characters, about 190 bits; upper case, lower case and digits always occur. The caller wipes it. */
export const generatePassword = (length = 32): SecretBytes => {
  for (;;) {
    const bytes = Buffer.alloc(length)
    for (let index = 0; index < length; index++)
      bytes[index] = alphabet.charCodeAt(randomInt(alphabet.length))
    const text = bytes.toString('latin1')
    if (kinds.every((kind) => kind.test(text))) return SecretBytes.take(bytes)
    bytes.fill(0)
  }
}
