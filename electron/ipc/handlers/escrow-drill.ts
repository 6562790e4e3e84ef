import { join } from 'node:path'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { PlaceId } from '../../../shared/model/ids.ts'
import { findPackage, readFilesAt } from '../../escrow/find-package.ts'
import { keepShare } from '../../escrow/given-shares.ts'
import { verifyPackage } from '../../escrow/package/verify.ts'
import { longestShareFile, readShareFile } from '../../escrow/share-file.ts'
import { filesIn, readFileCapped } from '../../platform/read-file.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Keyring } from '../../ports/keyring.ts'
import type { Places } from '../../ports/places.ts'
import type { Handlers } from '../router.ts'

export interface EscrowDrillParts {
  keyring: Pick<Keyring, 'put' | 'open'>
  places: Places
}

const mostNames = 200

/** Files that can hold the words of a share. */
const isShareFile = (name: string): boolean => /^[^./\\:\p{Cc}][^/\\:\p{Cc}]*\.txt$/iu.test(name)

/** A holder gives a share for a package: checked against its manifest, then kept for it. */
export const escrowDrillHandlers = ({ keyring, places }: EscrowDrillParts) =>
  ({
    'escrowDrill.shareFiles': async ({ place }) => ({
      names: (await shareFilesIn(places, place)).slice(0, mostNames),
    }),
    'escrowDrill.takeShare': async ({ package: picked, packageName, from, others }) => {
      using share = await shareFrom(places, from)
      const at = await findPackage(places.folderOf(picked), packageName)
      const { manifest } = verifyPackage(await readFilesAt(at), { kind: 'nobody' })
      const { id, label, keptAt } = await keepShare(keyring, manifest, share, others)
      return { handle: id, label, keptAt }
    },
  }) satisfies Partial<Handlers>

const shareFilesIn = async (places: Places, place: PlaceId): Promise<string[]> =>
  (await filesIn(places.folderOf(place))).filter(isShareFile)

type From = { kind: 'words'; bytes: Uint8Array } | { kind: 'file'; place: PlaceId; name: string }

/** Only names that were listed are opened. */
const shareFrom = async (places: Places, from: From): Promise<SecretBytes> => {
  if (from.kind === 'words') {
    using typed = SecretBytes.take(from.bytes)
    return typed.use(readShareFile)
  }
  if (!(await shareFilesIn(places, from.place)).includes(from.name))
    throw new KeyturnError('not-found', { what: 'This file' })
  using file = SecretBytes.take(
    await readFileCapped(join(places.folderOf(from.place), from.name), longestShareFile),
  )
  return file.use(readShareFile)
}
