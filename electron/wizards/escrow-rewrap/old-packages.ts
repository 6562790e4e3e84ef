import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import type { ExportPlaceKind } from '../../../shared/forms/escrow-export-draft.ts'
import { packageFolderName, type EscrowPackage, type PlaceKind } from '../../../shared/model/escrow.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import type { FactReader } from '../../engine/contract.ts'
import { sha256Of } from '../../escrow/digest.ts'
import { nodeFolderIo } from '../../escrow/folder-io.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { limitOf, manifestPath } from '../../escrow/package/paths.ts'
import { recipientsOf } from '../../escrow/package/rewrap.ts'
import { takeApart, type VerifiedPackage } from '../../escrow/package/verify.ts'
import { folderPlace } from '../../escrow/place-folder.ts'
import { readCertificate } from '../../formats/x509.ts'
import { readNewPlace } from '../escrow/new-place.ts'
import type { FoundAt, NotThere, OldPackage } from './facts-model.ts'
import { join } from 'node:path'

/** Where packages are looked for besides the places of the list. */
export interface LookIn {
  id: string
  label: string
}

/**
 * A package in each of its places. One that is chosen is read as a whole and verified there; of any other the manifest
 * has to be the one of the list.
 */
export const readOldPackage = async (
  listed: EscrowPackage,
  chosen: boolean,
  lookIn: LookIn | null,
  reader: FactReader,
  means: EscrowMeans,
): Promise<OldPackage> => {
  const found: FoundAt[] = []
  const missing: NotThere[] = []
  let whole: VerifiedPackage | null = null
  for (const candidate of candidatesOf(listed, lookIn, means)) {
    if ('because' in candidate) {
      missing.push(candidate)
      continue
    }
    try {
      const read = await readAt(listed, chosen, candidate, reader, means)
      whole ??= read
      found.push({ ...candidate, ...(await readNewPlace(candidate.id, reader)), label: candidate.label })
    } catch (error) {
      if (!(error instanceof KeyturnError) || error.code === 'internal') throw error
      const { title, code } = problemOf(error)
      // The other folder holds some of the packages: that this one is not there is nothing to tell.
      if (candidate.listed || code !== 'package-not-read')
        missing.push({ label: candidate.label, because: title })
    }
  }
  return { listed, found, missing, whole: whole === null ? null : wholeOf(whole) }
}

type Candidate = Pick<FoundAt, 'id' | 'kind' | 'label' | 'listed'>

const candidatesOf = (
  { storedAt }: EscrowPackage,
  lookIn: LookIn | null,
  means: EscrowMeans,
): (Candidate | NotThere)[] => [
  ...storedAt.map(({ kind, label }): Candidate | NotThere => {
    const id = means.placeOf(label)
    if (!isFolder(kind)) return { label, because: 'It is a container of blobs; this job reads folders' }
    return id === null
      ? { label, because: 'It is not among the picked folders of this profile' }
      : { id, kind, label, listed: true }
  }),
  ...(lookIn === null || storedAt.some(({ label }) => label === lookIn.label)
    ? []
    : [{ ...lookIn, kind: storedAt.map(({ kind }) => kind).find(isFolder) ?? 'folder', listed: false }]),
]

const isFolder = (kind: PlaceKind): kind is ExportPlaceKind => kind !== 'blob-container'

const readAt = async (
  { id, manifestSha256 }: EscrowPackage,
  chosen: boolean,
  { id: place, kind, label }: Candidate,
  { places }: FactReader,
  { io, knownSigners }: EscrowMeans,
): Promise<VerifiedPackage | null> => {
  const folder = places.folderOf(asPlaceId(place))
  if (!chosen) {
    if ((await manifestHash(folder, packageFolderName(id), io)) !== manifestSha256) throw other(id)
    return null
  }
  const files = await folderPlace({ folder, kind, label, ...(io === undefined ? {} : { io }) }).read(id)
  const read = takeApart(files, { kind: 'known', fingerprints: knownSigners() })
  if (read.manifestSha256 !== manifestSha256) throw other(id)
  return read
}

const other = (id: string): KeyturnError =>
  new KeyturnError('package-not-same', {
    file: manifestPath,
    what: `is not the one that is listed for ${id}`,
  })

const manifestHash = async (folder: string, name: string, io = nodeFolderIo): Promise<string> => {
  try {
    return sha256Of(await io.readFile(join(folder, name, manifestPath), limitOf(manifestPath)))
  } catch {
    throw new KeyturnError('package-not-read', { place: name })
  }
}

const wholeOf = (read: VerifiedPackage): OldPackage['whole'] => ({
  signer: read.signer.fingerprint,
  standing: read.signer.standing === 'known' ? 'known' : 'package-only',
  recipients: recipientsOf(read).map((one) => {
    const { notBefore, notAfter } = readCertificate(one.certificate, one.name)
    return { ...one, validFrom: notBefore.toISOString(), validTo: notAfter.toISOString() }
  }),
})
