export type FileFault = 'format' | 'password' | 'damaged' | 'missing-key' | 'mismatch'

/**
 * The only error that the readers of this folder throw for the *content* of a file; errors of the file system
 * (ENOENT, EEXIST, ENOSPC) pass through unchanged.
 *
 * - `format`: not a file of this kind, or a form that is not read here
 * - `password`: the password does not open it (PKCS#12 cannot tell this from a changed byte)
 * - `damaged`: of this kind, but bytes are missing, changed or contradict each other
 * - `missing-key`: the key that it names was not supplied
 * - `mismatch`: whole, but it does not belong to what it was given with
 */
export class FileFormatError extends Error {
  readonly reason: FileFault

  constructor(reason: FileFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FileFormatError'
    this.reason = reason
  }
}

export function refuse(reason: FileFault, message: string): never {
  throw new FileFormatError(reason, message)
}

/** Runs a library call whose own exception must not leave this folder. */
export function orRefuse<T>(reason: FileFault, message: string, attempt: () => T): T {
  try {
    return attempt()
  } catch (cause) {
    if (cause instanceof FileFormatError) throw cause
    throw new FileFormatError(reason, message)
  }
}
