import { asShareGroupId } from '../../../shared/model/ids.ts'
import type { PackageGroup } from '../../escrow/package/write.ts'

/** Stands in a preview where no group is chosen yet. */
export const blankGroup: PackageGroup = {
  facts: {
    id: asShareGroupId('‹id›'),
    name: '‹share group›',
    state: 'active',
    threshold: 0,
    members: [],
    identifier: null,
    spkiSha256: '',
    keyId: null,
    created: '',
    replacedBy: null,
  },
  spki: new Uint8Array(),
  sealedPrivateKey: new Uint8Array(),
}
