import { passphraseBytes } from '../../shared/forms/passphrase.ts'
import type { SecretControl } from './SecretInput.tsx'

/** Takes the passphrase out of its input as bytes, for one request; they are wiped when it is answered. */
export const withPassphrase = async <Result>(
  control: SecretControl,
  act: (bytes: Uint8Array<ArrayBuffer>) => Promise<Result>,
): Promise<Result> => {
  const bytes = passphraseBytes(control.take())
  try {
    return await act(bytes)
  } finally {
    bytes.fill(0)
  }
}
