import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import { packageFolderName } from '../../../../shared/model/escrow.ts'
import type { PackageId } from '../../../../shared/model/ids.ts'
import type { StepContext } from '../../../engine/contract.ts'
import { sealedPath } from '../../../escrow/package/paths.ts'
import type { EscrowPlace } from '../../../escrow/place.ts'
import { notVerified } from '../../sqlserver/steps/help.ts'
import type { OwnPackage } from './place.ts'

/** What was found when the package was read back from a place: facts, and nothing that nobody tried. */
export const packageEvidence = (
  ctx: StepContext,
  { label }: EscrowPlace,
  { check }: OwnPackage,
): Evidence[] => {
  const { manifest, manifestSha256, signer, files, bytes } = check
  const source = `${label}, ${packageFolderName(manifest.id)}`
  const at = ctx.clock.now().toISOString()
  const line = (statement: string, value: string, data?: Evidence['data']): Evidence => ({
    statement,
    value,
    source,
    at,
    ...(data === undefined ? {} : { data }),
  })
  const { group, recipients } = manifest
  return [
    line(
      `Read back as a whole: ${files} files, ${bytes.toLocaleString('en-US')} bytes, each as its manifest lists it; SHA-256 of MANIFEST.json`,
      manifestSha256,
      { package: manifest.id, manifestSha256 },
    ),
    line('Its signature fits a key of this record; SHA-256 of that key', signer.fingerprint, {
      signer: signer.fingerprint,
    }),
    ...manifest.items.map(({ number, name }) =>
      line(
        `Item ${number}, ${name}: SHA-256 of ${sealedPath(number)}`,
        manifest.files.find(({ path }) => path === sealedPath(number))?.sha256 ?? '',
      ),
    ),
    line(
      'Sealed for the share group',
      `any ${group.threshold} of ${group.members.length} shares of ${group.name} (${group.id}), key ${group.spkiSha256}`,
    ),
    ...recipients.map(({ name, certificateSha256 }) =>
      line('Sealed for the certificate', `${name}, SHA-256 ${certificateSha256}`),
    ),
  ]
}

/** Hash of the manifest that this run wrote for that package, as its first step read it back. `step-not-verified` where none did. */
export const manifestOfRun = (ctx: StepContext, id: PackageId): string => {
  const found = ctx.earlier.find(
    ({ data }) => data?.['package'] === id && typeof data['manifestSha256'] === 'string',
  )?.data
  const hash = found?.['manifestSha256']
  if (typeof hash !== 'string') throw notVerified(ctx, 'no step of this run read the package back')
  return hash
}

/** A manifest lists the hash of every file, so two packages of one manifest are the same files. */
export const assertOfRun = (ctx: StepContext, { check }: OwnPackage): void => {
  if (check.manifestSha256 !== manifestOfRun(ctx, check.manifest.id))
    throw new KeyturnError('package-not-same', { file: 'MANIFEST.json', what: 'is another one' })
}
