import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'
import type { BackupOptions } from '../statements/backup-grammar.ts'

const NEVER = ['INIT', 'NOINIT', 'EXPIREDATE', 'RETAINDAYS']
const NOT_WITH_PAGES = ['BLOCKSIZE', 'MAXTRANSFERSIZE']

const notPermitted = (option: string): SqlError =>
  new SqlError(3291, `The option ${option} is not permitted for a backup or restore with a URL device.`)

/** What a backup to a URL may not say. */
export function assertUrlOptions(
  instance: Instance,
  statement: string,
  devices: number,
  options: BackupOptions,
  mirrored: boolean,
): void {
  const { edition } = instance.options
  if (edition === 'Express')
    throw new SqlError(1844, `${statement} TO URL is not supported on ${edition} Edition (64-bit).`)
  const pages = options.credential !== undefined
  const wrong = [...NEVER, ...(pages ? NOT_WITH_PAGES : [])].find((word) => options.said.has(word))
  if (wrong !== undefined) throw notPermitted(wrong)
  if (mirrored) throw notPermitted('MIRROR TO')
  if (pages && devices > 1) throw notPermitted('TO URL with several devices and WITH CREDENTIAL')
}

/** WITH CREDENTIAL belongs to URLs. */
export function assertNoCredential(credential: string | undefined): void {
  if (credential !== undefined)
    throw new SqlError(
      3031,
      "Option 'CREDENTIAL' conflicts with option(s) 'DISK'. Remove the conflicting option and reissue the statement.",
    )
}
