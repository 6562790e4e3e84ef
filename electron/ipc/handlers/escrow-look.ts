import { problemOf } from '../../../shared/errors/problem.ts'
import type { PackageLook } from '../../../shared/ipc/schemas.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import type { PackageFiles } from '../../escrow/package/paths.ts'
import type { SignerCheck } from '../../escrow/package/signer.ts'
import { verifyPackage, type PackageCheck } from '../../escrow/package/verify.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Record } from '../../record/record.ts'

export interface LookParts {
  escrow: Pick<EscrowMeans, 'register' | 'knownSigners'>
  record: Pick<Record, 'append'>
  clock: Clock
}

/** What was read, and the folder of the package below the place; null: the place itself. */
export interface ReadPackage {
  files: PackageFiles
  folder: string | null
}

/** Reads a package and verifies it; the record says what was found, or what refused. */
export const lookAt = async (
  parts: LookParts,
  place: string,
  read: () => Promise<ReadPackage>,
): Promise<PackageLook> => {
  const { escrow, record, clock } = parts
  const at = clock.now().toISOString()
  let where = place
  let found: PackageCheck
  try {
    const { files, folder } = await read()
    if (folder !== null) where = `${place}/${folder}`
    found = verifyPackage(files, { kind: 'known', fingerprints: escrow.knownSigners() })
  } catch (thrown) {
    const none = { package: null, signer: null, standing: null }
    record.append({
      kind: 'package-verified',
      outcome: 'failed',
      body: { where, ...none, problem: problemOf(thrown), at },
    })
    throw thrown
  }
  const { fingerprint, standing } = shownSigner(found.signer)
  record.append({
    kind: 'package-verified',
    outcome: 'done',
    body: { where, package: found.manifest.id, signer: fingerprint, standing, problem: null, at },
  })
  return shown(parts, found, where, at)
}

const shown = (
  { escrow }: LookParts,
  { manifest, manifestSha256, signer, files, bytes }: PackageCheck,
  where: string,
  at: string,
): PackageLook => {
  const listed = escrow.register.packages().find(({ id }) => id === manifest.id)
  return {
    id: manifest.id,
    madeAt: manifest.made.at,
    run: manifest.made.run,
    program: manifest.made.program,
    group: {
      id: manifest.group.id,
      name: manifest.group.name,
      threshold: manifest.group.threshold,
      holders: manifest.group.members.map(({ name }) => name),
    },
    items: manifest.items.map(({ number, kind, name, from }) => ({
      number,
      kind,
      name,
      from: from.target,
    })),
    recipients: manifest.recipients.map(({ number, kind, name }) => ({ number, kind, name })),
    files,
    bytes,
    manifestSha256,
    signer: shownSigner(signer),
    listed: listed === undefined ? 'not-listed' : listed.manifestSha256 === manifestSha256 ? 'same' : 'other',
    where,
    at,
  }
}

export const shownSigner = ({ fingerprint, standing }: SignerCheck): PackageLook['signer'] => ({
  fingerprint,
  standing: standing === 'package-only' ? 'package-only' : 'known',
})
