import { escrowLimits } from '../../../shared/model/escrow.ts'

/** Files of a package by their path in it, with `/` on every system. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>

export const manifestPath = 'MANIFEST.json'
export const signaturePath = 'MANIFEST.sig'
export const signerPath = 'SIGNER.pem'
export const readmePath = 'README-RECOVER.txt'
export const recombinePath = 'recombine.py'
export const groupPublicPath = 'group/public.pem'
export const groupPrivatePath = 'group/private.p7'

/** Not in the manifest's list: it, its signature and who signed it can't be. */
export const unlistedPaths: readonly string[] = [manifestPath, signaturePath, signerPath]

const twoDigits = (number: number): string => String(number).padStart(2, '0')
export const recipientPath = (number: number): string => `recipients/${twoDigits(number)}.pem`
export const sealedPath = (number: number): string => `items/${twoDigits(number)}.p7`
export const halvesPath = (number: number): string => `items/${twoDigits(number)}.halves.json`
export const itemPublicPath = (number: number): string => `items/${twoDigits(number)}.public.pem`

export const packageFolders: readonly string[] = ['group', 'items', 'recipients']

const known =
  /^(MANIFEST\.json|MANIFEST\.sig|SIGNER\.pem|README-RECOVER\.txt|recombine\.py|group\/(public\.pem|private\.p7)|recipients\/[0-9]{2}\.pem|items\/[0-9]{2}\.(p7|halves\.json|public\.pem))$/

/** Whether a file of this path can be in any package. What is no such path is never opened. */
export const isPackagePath = (path: string): boolean => known.test(path)

/** Most bytes of a file, by its path. */
export const limitOf = (path: string): number => {
  if (path === manifestPath) return 1024 * 1024
  if (path === signaturePath) return 128
  if (path === signerPath) return 1024
  if (path === readmePath || path === recombinePath) return 256 * 1024
  if (path.startsWith('group/')) return 16 * 1024
  if (path.startsWith('recipients/')) return 96 * 1024
  if (path.endsWith('.p7')) return 1024 * 1024 + 128 * 1024
  return path.endsWith('.halves.json') ? 128 * 1024 : 16 * 1024
}

export const mostFiles = 7 + escrowLimits.mostRecipients + 3 * escrowLimits.mostItems
/** Of all files together. */
export const mostBytes = 32 * 1024 * 1024
