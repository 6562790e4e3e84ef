import { sha256Of } from '../../electron/escrow/digest.ts'
import { readManifest, writeManifest, type PackageManifest } from '../../electron/escrow/package/manifest.ts'
import type { PackageFiles } from '../../electron/escrow/package/paths.ts'
import type { PackageSigner } from '../../electron/escrow/package/signer.ts'

export const bytesOf = (files: PackageFiles, path: string): Buffer => Buffer.from(files.get(path) ?? [])

/**
 * The package with other files and another manifest, whose list fits and which is signed: what only a signer could make.
 */
export const signedAnew = (
  files: PackageFiles,
  signer: PackageSigner,
  change: (manifest: PackageManifest) => PackageManifest,
  changed: ReadonlyMap<string, Uint8Array> = new Map(),
): PackageFiles => {
  const all = new Map([...files, ...changed])
  const old = readManifest(bytesOf(files, 'MANIFEST.json'))
  const listed = old.files.map((file) => {
    const bytes = bytesOf(all, file.path)
    return { ...file, bytes: bytes.length, sha256: sha256Of(bytes) }
  })
  const manifest = writeManifest(change({ ...old, files: listed }))
  return new Map([...all, ['MANIFEST.json', manifest], ['MANIFEST.sig', signer.sign(manifest)]])
}
