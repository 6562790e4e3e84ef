import { KeyturnError } from '../../../shared/errors/problem.ts'
import { sha256Of } from '../digest.ts'
import { readManifest, type PackageManifest } from './manifest.ts'
import {
  groupPrivatePath,
  groupPublicPath,
  halvesPath,
  isPackagePath,
  itemPublicPath,
  limitOf,
  manifestPath,
  mostBytes,
  mostFiles,
  recipientPath,
  sealedPath,
  signaturePath,
  signerPath,
  unlistedPaths,
  type PackageFiles,
} from './paths.ts'
import { readPem, type PemLabel } from './pem.ts'
import {
  certificateOpener,
  checkGroupPrivate,
  checkSealed,
  groupOpener,
  lies,
  type Opener,
} from './sealed.ts'
import { checkSigner, type SignerCheck, type SignerTrust } from './signer.ts'

/** What was found, of a package of which everything fits together. Whether the signer is to be trusted, `signer` says. */
export interface PackageCheck {
  manifest: PackageManifest
  manifestSha256: string
  signer: SignerCheck
  files: number
  bytes: number
}

/** A checked package, taken apart for whoever opens it. */
export interface VerifiedPackage extends PackageCheck {
  contents: PackageFiles
  /** The share group first, then the certificates by their numbers. */
  openers: readonly Opener[]
  groupSpki: Uint8Array
}

/**
 * Checks a package as far as that goes without a key: its files are exactly those of the manifest, unchanged; the
 * manifest is signed; every certificate, public key and sealed file is what the manifest says of it. Throws for the
 * first thing that is not so: `package-…`, and `cms-…` or `file-…` of a file that is no such file at all.
 */
export const verifyPackage = (files: PackageFiles, trust: SignerTrust): PackageCheck => {
  const { manifest, manifestSha256, signer, files: count, bytes } = takeApart(files, trust)
  return { manifest, manifestSha256, signer, files: count, bytes }
}

export const takeApart = (files: PackageFiles, trust: SignerTrust): VerifiedPackage => {
  const bytes = checkSizes(files)
  const source = fileOf(files, manifestPath)
  const signer = checkSigner(source, fileOf(files, signaturePath), fileOf(files, signerPath), trust)
  const manifest = readManifest(source)
  if (manifest.signer !== signer.fingerprint) throw lies(signerPath, 'who signed')
  checkListed(files, manifest)
  const groupSpki = pemOf(files, 'PUBLIC KEY', groupPublicPath)
  const openers = [
    groupOpener(manifest.group, groupSpki),
    ...manifest.recipients.map((one) =>
      certificateOpener(one, pemOf(files, 'CERTIFICATE', recipientPath(one.number))),
    ),
  ]
  checkGroupPrivate(fileOf(files, groupPrivatePath), groupPrivatePath, manifest.group.keyId)
  for (const item of manifest.items) {
    const halves = checkSealed(item, fileOf(files, sealedPath(item.number)), openers)
    const beside = halvesPath(item.number)
    if (halves !== null && !halves.equals(fileOf(files, beside))) throw lies(beside, 'the parts of the key')
    if (item.spkiSha256 !== null) {
      const path = itemPublicPath(item.number)
      if (sha256Of(pemOf(files, 'PUBLIC KEY', path)) !== item.spkiSha256)
        throw lies(path, 'the hash of the public key')
    }
  }
  return {
    manifest,
    manifestSha256: sha256Of(source),
    signer,
    files: files.size,
    bytes,
    contents: files,
    openers,
    groupSpki,
  }
}

/** Before anything is parsed: only paths of packages, each within its size, all together within theirs. */
const checkSizes = (files: PackageFiles): number => {
  if (files.size > mostFiles) throw wrongFile('The folder', `holds more than ${mostFiles} files`)
  let all = 0
  for (const [path, bytes] of files) {
    if (!isPackagePath(path)) throw wrongFile(shownPath(path), 'is no file of a package')
    if (bytes.length > limitOf(path)) throw wrongFile(path, `has more than ${limitOf(path)} bytes`)
    all += bytes.length
  }
  if (all > mostBytes) throw wrongFile('The folder', `holds more than ${mostBytes} bytes`)
  return all
}

/** The folder holds what the manifest lists and the three files that it can't list; not one more. */
const checkListed = (files: PackageFiles, manifest: PackageManifest): void => {
  const listed = new Set(unlistedPaths)
  for (const { path, bytes, sha256 } of manifest.files) {
    const there = fileOf(files, path)
    if (there.length !== bytes || sha256Of(there) !== sha256)
      throw new KeyturnError('package-file-changed', { file: path })
    listed.add(path)
  }
  for (const path of files.keys())
    if (!listed.has(path)) throw wrongFile(path, 'is not in the manifest’s list')
}

export const fileOf = (files: PackageFiles, path: string): Uint8Array => {
  const bytes = files.get(path)
  if (bytes === undefined) throw wrongFile(path, 'is missing')
  return bytes
}

export const wrongFile = (file: string, what: string): KeyturnError =>
  new KeyturnError('package-files', { file, what })

/** Names that somebody else chose are shown without what could mislead a reader, and cut. */
export const shownPath = (path: string): string => {
  const shown = path.replace(/[^\p{L}\p{N} ._/\\-]/gu, '?')
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown
}

const pemOf = (files: PackageFiles, label: PemLabel, path: string): Buffer => {
  const bytes = fileOf(files, path)
  try {
    return readPem(label, bytes)
  } catch {
    throw lies(path, 'its form')
  }
}
