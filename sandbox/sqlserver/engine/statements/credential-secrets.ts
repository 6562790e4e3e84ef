import type { CredentialRecord } from '../../state/ekm-model.ts'
import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'

/**
 * Secrets of credentials under the service master key that is about to replace today's. One that neither opens is an
 * error; with FORCE it is gone, and named in `lost`.
 */
export function resealedSecrets(
  { store, keys }: Instance,
  key: Buffer,
  force: boolean,
): { changed: CredentialRecord[]; lost: string[] } {
  const changed: CredentialRecord[] = []
  const lost: string[] = []
  for (const credential of store.credentials.all()) {
    if (credential.secret === null) continue
    const opened = keys.credentialSecret(credential.credentialId, credential.secret)
    // A restored key finds its own secrets again.
    const own =
      opened === undefined
        ? keys.credentialSecret(credential.credentialId, credential.secret, key)
        : undefined
    if (own !== undefined) {
      own.fill(0)
      continue
    }
    if (opened === undefined && !force)
      throw new SqlError(
        15320,
        `An error occurred while decrypting credential '${credential.name}' that was encrypted by the old master key. The FORCE option can be used to ignore this error and continue the operation, but data that cannot be decrypted by the old master key will become unavailable.`,
      )
    const sealed =
      opened === undefined ? undefined : keys.wrapCredentialSecret(credential.credentialId, opened, key)
    opened?.fill(0)
    changed.push({ ...credential, secret: sealed ?? null })
    if (sealed === undefined) lost.push(`credential '${credential.name}'`)
  }
  return { changed, lost }
}
