import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createKeyring, type KeyringOptions } from '../../../electron/keyring/keyring.ts'
import type { KdfPolicy } from '../../../electron/keyring/kdf.ts'
import type { Keyring } from '../../../electron/ports/keyring.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import { FixedClock } from '../platform/fixed-clock.ts'

/** Little work, so that a hundred keyrings take a second. The product's own policy has tests of its own. */
export const quickPolicy: KdfPolicy = {
  minimumN: 2 ** 10,
  preferredMaximumN: 2 ** 10,
  maximumN: 2 ** 12,
  maximumP: 2,
  targetMs: 0,
}

export const passphraseText = 'an owl counts seven keys'
export const passphrase = (text = passphraseText): SecretBytes => SecretBytes.fromText(text)
export const secret = (text: string): SecretBytes => SecretBytes.fromText(text)
export const textOf = (bytes: SecretBytes): string => bytes.use((content) => content.toString('utf8'))

export const server = asTargetId('t-aaaaaaaaaaaa')
export const otherServer = asTargetId('t-bbbbbbbbbbbb')
export const login = { purpose: 'sql.login-password', target: server } as const
export const keyFile = { purpose: 'sql.key-file-password', target: server } as const

export const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-keyring-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const keyringAt = (folder: string, options: Partial<KeyringOptions> = {}): Keyring =>
  createKeyring({
    path: join(folder, 'keyring.json'),
    clock: new FixedClock(),
    policy: quickPolicy,
    ...options,
  })

export const newKeyring = async (
  options: Partial<KeyringOptions> = {},
): Promise<{ keyring: Keyring; folder: string; path: string }> => {
  const folder = emptyFolder()
  const keyring = keyringAt(folder, options)
  await keyring.create(passphrase())
  return { keyring, folder, path: join(folder, 'keyring.json') }
}

/** The catalogue code of a rejection; anything else fails the test. */
export const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    if (error instanceof KeyturnError) return error.code
    throw error
  }
  return 'accepted'
}
