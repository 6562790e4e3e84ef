import type { RequestOf } from '../../../shared/ipc/contract.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import { localMedia } from '../../escrow/ceremony-media.ts'
import { findPackage, readFilesAt } from '../../escrow/find-package.ts'
import { keepShare } from '../../escrow/given-shares.ts'
import { verifyPackage } from '../../escrow/package/verify.ts'
import { readShareFile } from '../../escrow/share-file.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Keyring } from '../../ports/keyring.ts'
import type { Places } from '../../ports/places.ts'
import type { Handlers } from '../router.ts'

export interface EscrowDrillParts {
  keyring: Pick<Keyring, 'put' | 'open'>
  places: Places
}

/** A holder gives a share for a package: checked against its manifest, then kept for it. */
export const escrowDrillHandlers = ({ keyring, places }: EscrowDrillParts) =>
  ({
    'escrowDrill.takeShare': async ({ package: picked, packageName, share, others }) => {
      using words = await wordsOf(places, share)
      const at = await findPackage(places.folderOf(picked), packageName)
      // Whoever signed it: a share is checked here against what it will open, and the review asks about the signer.
      const { manifest } = verifyPackage(await readFilesAt(at), { kind: 'nobody' })
      const { id, label, keptAt } = await keepShare(keyring, manifest, words, others)
      return { handle: id, label, keptAt }
    },
  }) satisfies Partial<Handlers>

const wordsOf = async (
  places: Places,
  share: RequestOf<'escrowDrill.takeShare'>['share'],
): Promise<SecretBytes> => {
  if (share.kind === 'file')
    return localMedia.read({ folder: places.folderOf(asPlaceId(share.place)), name: share.name })
  using typed = SecretBytes.take(share.words)
  return typed.use(readShareFile)
}
