import type { KeyObject } from 'node:crypto'
import type { Key, KeyVersion } from '../state/model.ts'
import { recoveryLevel, type Holder } from './holder.ts'

/** Names and versions as the wire shows them. Private parts have no way in here. */
export const kidOf = (holder: Holder, key: Key, version?: KeyVersion): string =>
  `${holder.base}/keys/${key.name}${version === undefined ? '' : `/${version.version}`}`

export const attributesOf = (holder: Holder, version: KeyVersion): Record<string, unknown> => ({
  enabled: version.enabled,
  ...(version.nbf === null ? {} : { nbf: version.nbf }),
  ...(version.exp === null ? {} : { exp: version.exp }),
  created: version.created,
  updated: version.updated,
  recoveryLevel: recoveryLevel(holder),
  recoverableDays: holder.retentionDays,
  exportable: false,
  hsmPlatform: version.kty.endsWith('-HSM') ? '2' : '0',
})

const publicPart = (version: KeyVersion, material: KeyObject): Record<string, unknown> => {
  const { n, e, x, y } = material.export({ format: 'jwk' })
  return version.curve === null ? { n, e } : { crv: version.curve, x, y }
}

export const bundleOf = (
  holder: Holder,
  key: Key,
  version: KeyVersion,
  material: KeyObject,
): Record<string, unknown> => ({
  key: {
    kid: kidOf(holder, key, version),
    kty: version.kty,
    key_ops: version.keyOps,
    ...publicPart(version, material),
  },
  attributes: attributesOf(holder, version),
  ...(version.tags === null ? {} : { tags: version.tags }),
})

export const deletedPart = (holder: Holder, key: Key): Record<string, unknown> =>
  key.deleted === null
    ? {}
    : {
        recoveryId: `${holder.base}/deletedkeys/${key.name}`,
        deletedDate: Math.floor(key.deleted.at / 1000),
        scheduledPurgeDate: Math.floor(key.deleted.purgeAt / 1000),
      }

/** One line of a list: of the key, or of one version. */
export const itemOf = (
  holder: Holder,
  key: Key,
  version: KeyVersion,
  versioned: boolean,
): Record<string, unknown> => ({
  kid: kidOf(holder, key, versioned ? version : undefined),
  attributes: attributesOf(holder, version),
  ...(version.tags === null ? {} : { tags: version.tags }),
})
