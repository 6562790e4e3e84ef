import type { EpochKeys } from '../../electron/record/signing/key-files.ts'
import type { SigningKey } from '../../electron/record/signing/signature.ts'

/** Keys of epochs in memory; what a thief of this moment would find is there to be used by tests. */
export const memoryKeys = (): EpochKeys & { present: SigningKey | null } => {
  let next: SigningKey | null = null
  const keys = {
    present: null as SigningKey | null,
    find: (publicKey: string) => [keys.present, next].find((key) => key?.publicKey === publicKey) ?? null,
    prepare: (key: SigningKey) => void (next = key),
    settle: (publicKey: string) => {
      if (next?.publicKey === publicKey) keys.present = next
      next = null
    },
  }
  return keys
}
