import { z } from 'zod'

/** What the steps of an escrow export need to know. Public facts only; what is sealed comes from the target or the run. */

const placeKind = z.enum(['folder', 'network-share', 'usb'])
const place = z.object({ id: z.string(), kind: placeKind })
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const packageId = z.string().regex(/^ep-[a-z0-9]{12}$/)
const group = z.object({ id: z.string(), spkiSha256: sha256 })
const period = z.object({ from: z.string().nullable(), to: z.string().nullable() })

/** What the manifest will say of an item; the writer of manifests checks it again. */
const about = z.object({
  name: z.string(),
  from: z.object({ target: z.string(), identity: z.string() }),
  purpose: z.string(),
  state: z.enum(['pre-activation', 'active', 'suspended', 'deactivated', 'compromised', 'destroyed']),
  sqlNames: z.array(z.string()),
  originatorPeriod: period,
  recipientPeriod: period,
})

const item = z.discriminatedUnion('kind', [
  about.extend({
    kind: z.literal('certificate'),
    certificate: z.string(),
    thumbprint: z.string().regex(/^[0-9A-F]{40}$/),
    spkiSha256: sha256,
    bits: z.number(),
  }),
  /** Of files: what they hold shows only when they are opened, so the key may be unknown before. */
  about.extend({
    kind: z.literal('certificate-file'),
    place: z.string(),
    certificateFile: z.string(),
    privateKeyFile: z.string().nullable(),
    sha256: z.object({ certificate: sha256, privateKey: sha256.nullable() }),
    /** Name of the password among the secrets of the run; null: the file has none. */
    hole: z.string().nullable(),
    thumbprint: z
      .string()
      .regex(/^[0-9A-F]{40}$/)
      .nullable(),
    spkiSha256: sha256.nullable(),
  }),
  about.extend({
    kind: z.literal('key-file'),
    holds: z.enum(['master-key', 'service-master-key', 'vault-key-backup']),
    place: z.string(),
    file: z.string(),
    sha256,
    /** Number of the item with its password. */
    passwordItem: z.number().nullable(),
  }),
  about.extend({
    kind: z.literal('passphrase-record'),
    /** Name of the secret among those of the run. */
    hole: z.string(),
    generation: z.object({ number: z.number(), backupId: z.string() }).nullable(),
  }),
])

const recipient = z.object({
  kind: z.enum(['custodian', 'recovery-hsm']),
  name: z.string(),
  /** Base64 of the DER. */
  certificate: z.string(),
  sha256,
})

/** The package that another one takes the place of, as it was when the plan was made. */
const oldPackage = z.object({
  place,
  package: packageId,
  manifestSha256: sha256,
  signer: sha256,
})

export const escrowParams = {
  'write-escrow-package': z.object({
    package: packageId,
    group,
    recipients: z.array(recipient),
    items: z.array(item),
    place,
  }),
  'copy-escrow-package': z.object({
    package: packageId,
    from: place,
    place,
    /** Null: its items were sealed for this package. */
    replaces: oldPackage.nullable().default(null),
  }),
  'register-escrow-package': z.object({ package: packageId, places: z.array(place) }),
  'rewrap-escrow-package': z.object({
    package: packageId,
    replaces: oldPackage,
    /** Names of the old group's shares among the secrets of the run. */
    holes: z.array(z.string()).min(2).max(16),
    group,
    /** Null: those of the old package. */
    recipients: z.array(recipient).nullable(),
    place,
  }),
  'replace-escrow-package': z.object({ package: packageId, replaces: oldPackage }),
  'list-escrow-remains': z.object({
    group: z.string(),
    packages: z.array(z.object({ package: packageId, replaces: packageId })).min(1),
  }),
} as const
