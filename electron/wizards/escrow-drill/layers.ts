import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import type { RecordBody } from '../../../shared/model/record.ts'

export type Layer = NonNullable<RecordBody<'escrow-drill-ended'>['layer']>

/**
 * Which part of the package, its shares or their use did not hold: the words of the record. Null: the problem says nothing
 * against them (a right that is missing, a server in use, a medium that was pulled, another file than the review's), so
 * the drill is not finished, which is not failed. By the code where that says it: each step verifies the package anew, so
 * any of them can be the one that finds it damaged.
 */
export const layerOf = (kind: string, code: ErrorCode): Layer | null => {
  const said = byCode.get(code)
  if (said !== undefined) return said
  if (ofSealed.has(code)) return sealedAt[kind] ?? null
  if (ofFile.has(code)) return fileAt[kind] ?? null
  return code === 'step-not-verified' ? (provedAt[kind] ?? null) : null
}

const codes = {
  signature: ['package-signature', 'package-signer-other'],
  package: [
    'package-files',
    'package-file-changed',
    'package-manifest',
    'package-lies',
    'cms-not-cms',
    'cms-damaged',
    'cms-unsupported',
    'cms-too-large',
  ],
  shares: [
    'package-share-other',
    'package-shares-few',
    'share-word-unknown',
    'share-word-count',
    'share-checksum',
    'share-damaged',
    'share-other-set',
    'share-twice',
    'share-number-twice',
    'share-too-few',
    'share-groups-too-few',
    'share-digest',
  ],
  'group key': ['package-group-key'],
  item: ['package-item-other', 'escrow-drill-item-other', 'escrow-drill-item-form', 'escrow-drill-key-other'],
  restore: ['sql-pair-mismatch'],
  // The backup’s header named a restored certificate, and the server did not open the backup with it.
  use: ['drill-key-missing', 'sql-key-missing'],
} as const satisfies Record<Layer, readonly ErrorCode[]>

const layers = [
  'signature',
  'package',
  'shares',
  'group key',
  'item',
  'restore',
  'use',
] as const satisfies Layer[]

const byCode: ReadonlyMap<ErrorCode, Layer> = new Map(
  layers.flatMap((layer) => codes[layer].map((code): [ErrorCode, Layer] => [code, layer])),
)

type ByKind = Readonly<Record<string, Layer>>

/** Sealed content that did not open: that of the group’s key, or that of an item. */
const ofSealed: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'cms-other-recipient',
  'cms-key-not-recipient',
  'cms-private-key-not-read',
  'cms-key-not-unwrapped',
  'cms-content-changed',
  'cms-content-not-key',
])
const sealedAt: ByKind = {
  'open-escrow-package': 'group key',
  'open-escrow-item': 'item',
  'restore-escrow-certificate': 'item',
  'try-escrow-hsm-key': 'item',
  'recover-escrow-hsm-key': 'item',
}

/**
 * What a certificate or a private key turned out to be. At the opening that is the recipient’s own file, of which the
 * package knows nothing; at the proof it is what the server handed out.
 */
const ofFile: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'file-not-certificate',
  'file-not-private-key',
  'file-key-mismatch',
  'file-damaged',
  'file-unsupported',
  'file-too-large',
  'file-wrong-password',
  'file-needs-password',
])
const fileAt: ByKind = {
  'verify-escrow-package': 'package',
  'open-escrow-item': 'item',
  'restore-escrow-certificate': 'item',
  'prove-escrow-certificate': 'use',
}

/**
 * What the server showed is not what was opened, or what the token did does not fit the public key. Removing what the drill
 * made comes after all proofs; how a token keeps what was put there says nothing about the package.
 */
const provedAt: ByKind = {
  'restore-escrow-certificate': 'restore',
  'prove-escrow-certificate': 'use',
  'try-escrow-hsm-key': 'use',
  'prove-escrow-hsm-key': 'use',
}
