import type { RequestOf } from '../../../shared/ipc/contract.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import { localMedia } from '../../escrow/ceremony-media.ts'
import { findPackage, readFilesAt } from '../../escrow/find-package.ts'
import { keepShare, type GivenFor } from '../../escrow/given-shares.ts'
import { verifyPackage } from '../../escrow/package/verify.ts'
import { readShareFile } from '../../escrow/share-file.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { EscrowRegister } from '../../escrow/register.ts'
import type { Keyring } from '../../ports/keyring.ts'
import type { Places } from '../../ports/places.ts'
import type { Handlers } from '../router.ts'

export interface EscrowDrillParts {
  keyring: Pick<Keyring, 'put' | 'open'>
  places: Places
  register: Pick<EscrowRegister, 'group'>
}

/** A holder gives a share for a package, or for the packages of a group: checked against its hashes, then kept for it. */
export const escrowDrillHandlers = (parts: EscrowDrillParts) =>
  ({
    'escrowDrill.takeShare': async (request) => {
      using words = await wordsOf(parts.places, request.share)
      const givenFor = await givenForOf(parts, request)
      const { id, label, keptAt } = await keepShare(parts.keyring, givenFor, words, request.others)
      return { handle: id, label, keptAt }
    },
  }) satisfies Partial<Handlers>

const givenForOf = async (
  { places, register }: EscrowDrillParts,
  request: Parameters<Handlers['escrowDrill.takeShare']>[0],
): Promise<GivenFor> => {
  if ('group' in request) {
    const group = register.group(request.group)
    return { id: group.id, group }
  }
  const at = await findPackage(places.folderOf(request.package), request.packageName)
  // Whoever signed it: a share is checked here against what it will open, and the review asks about the signer.
  return verifyPackage(await readFilesAt(at), { kind: 'nobody' }).manifest
}

const wordsOf = async (
  places: Places,
  share: RequestOf<'escrowDrill.takeShare'>['share'],
): Promise<SecretBytes> => {
  if (share.kind === 'file')
    return localMedia.read({ folder: places.folderOf(asPlaceId(share.place)), name: share.name })
  using typed = SecretBytes.take(share.words)
  return typed.use(readShareFile)
}
