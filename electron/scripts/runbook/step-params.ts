import { z } from 'zod'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Json } from '../../../shared/model/plan.ts'
import { cleanUpParams } from './clean-up-params.ts'
import { moveParams } from './move-params.ts'
import { hostParams } from './host-params.ts'
import { hsmParams } from './hsm-params.ts'
import { importParams } from './import-params.ts'
import { drillParams } from './drill-params.ts'
import { ekmParams } from './ekm-params.ts'
import { escrowDrillParams, escrowServerParams, escrowTokenParams } from './escrow-drill-params.ts'
import { escrowParams } from './escrow-params.ts'
import { rotationParams, rotationVaultParams } from './rotation-params.ts'
import { blobs, storageAzureParams, storageParams } from './storage-params.ts'
import { vaultParams } from './vault-params.ts'

/** What each kind of step needs to know beside its scripts. Read back from the record, so it is checked again. */

const probe = z.enum(['dm_os_file_exists', 'xp_fileexist'])
const thumbprint = z.string().regex(/^[0-9A-F]{40}$/)
const certificate = z.object({
  certificate: z.string(),
  /** Of a certificate that was there when the plan was made; null: this run creates it. */
  thumbprint: thumbprint.nullable(),
})

/** Plans of before it was named were about master. */
const database = z.string().default('master')

const keyOfDatabase = z.object({ database, keyGuid: z.string() })
/** `opened`: databases whose master key the server opened by itself when the plan was made. */
const serviceKey = z.object({ keyGuid: z.string(), opened: z.array(z.string()) })
/** Key files in a folder of the person, as they were when the plan was made. */
const localFiles = z.object({
  place: z.string(),
  certificateFile: z.string(),
  /** Null: `certificateFile` is a .pfx that holds both, or (to compare) only the public half is there. */
  privateKeyFile: z.string().nullable(),
  /** SHA-256 of the two files, lower-case hex. */
  sha256: z.object({ certificate: z.string(), privateKey: z.string().nullable() }),
  /** Of the certificate in the .cer; null: a .pfx shows it only when it is opened. */
  thumbprint: thumbprint.nullable(),
  forTde: z.boolean(),
})

/** Ids of other replicas that are asked for the certificate right before. Plans of before it was named asked none. */
const replicas = z.array(z.string()).default([])

/** `scans`: the server shows and suspends scans (2019 and later). */
const databaseKey = z.object({ database: z.string(), scans: z.boolean() })
const databaseKeyUnder = certificate.extend(databaseKey.shape)
/** Hex: 40 digits, fewer of connectors before 1.0.5.0. */
const keyThumbprint = z.string().regex(/^([0-9A-F]{2}){1,32}$/)
/** Under a key of a vault. `thumbprint` null: of the key that this run makes. */
const databaseKeyUnderKey = databaseKey.extend({
  asymmetricKey: z.string(),
  provider: z.string(),
  thumbprint: keyThumbprint.nullable(),
})

export const paramsByKind = {
  'create-master-key': z.object({ database }),
  /** `keyGuid` null: whatever key an earlier step of the run left there. */
  'repair-master-key': z.object({ keyGuid: z.string().nullable(), database }),
  'back-up-master-key': z.object({ file: z.string(), probe, provedBy: z.string().nullable(), database }),
  'back-up-service-master-key': z.object({ file: z.string(), probe }),
  'create-certificate': z.object({ certificate: z.string(), subject: z.string(), expiry: z.string() }),
  'back-up-certificate': certificate.extend({
    certificateFile: z.string(),
    /** Null: `certificateFile` is a .pfx that holds both. */
    privateKeyFile: z.string().nullable(),
    probe,
  }),
  'prove-on-server': certificate.extend({
    scratch: z.string(),
    imported: z.string(),
    certificateFile: z.string(),
    privateKeyFile: z.string().nullable(),
    /** Null: the run wrote none. */
    masterKeyFile: z.string().nullable(),
  }),
  'drop-scratch': z.object({ scratch: z.string() }),
  'fetch-certificate-pair': certificate.extend({
    place: z.string(),
    certificateFile: z.string(),
    privateKeyFile: z.string(),
  }),
  'back-up-database': z.object({
    /** Kind of the encryptor. Plans of before it was named have certificates. */
    encryptor: z.enum(['certificate', 'asymmetric-key']).default('certificate'),
    /** Its name in master. */
    certificate: z.string(),
    /** Null: this run creates it. A key of an old connector has fewer than twenty bytes. */
    thumbprint: z
      .string()
      .regex(/^([0-9A-F]{2}){1,32}$/)
      .nullable(),
    database: z.string(),
    /** The first blob, where the backup goes to storage. */
    file: z.string(),
    /** Null: a file on the server's disk. */
    blobs: blobs.nullable().default(null),
    /** BLOCKSIZE in bytes; null: the server's own. */
    blockSize: z.number().nullable().default(null),
    probe,
    description: z.string(),
    algorithm: z.string(),
    checksum: z.boolean(),
    copyOnly: z.boolean(),
    compression: z.boolean(),
    maxTransferSize: z.number().nullable(),
    stats: z.number(),
  }),
  'prove-master-key-file': z.object({ scratch: z.string(), database, file: z.string() }),
  'add-master-key-password': keyOfDatabase,
  'drop-master-key-password': keyOfDatabase,
  'drop-master-key-copy': keyOfDatabase,
  'regenerate-master-key': keyOfDatabase.extend({ opensByItself: z.boolean() }),
  'restore-master-key': z.object({ database, file: z.string() }),
  'regenerate-service-master-key': serviceKey,
  'restore-service-master-key': serviceKey.extend({ file: z.string() }),
  'open-key-files': localFiles,
  'import-key-files': localFiles.extend({ certificate: z.string() }),
  'import-server-files': z.object({
    certificate: z.string(),
    certificateFile: z.string(),
    privateKeyFile: z.string().nullable(),
    forTde: z.boolean(),
  }),
  'compare-certificate': localFiles.omit({ forTde: true }).extend({
    certificate: z.string(),
    inMaster: thumbprint,
    withPassword: z.boolean(),
  }),
  'copy-certificate': z.object({
    certificate: z.string(),
    thumbprint,
    /** Id of the server that has it. */
    from: z.string(),
  }),
  'keep-old-certificate': z.object({ certificate: z.string(), thumbprint, replacedBy: z.string() }),
  'create-database-key': z.union([
    databaseKeyUnderKey.extend({ algorithm: z.string(), replicas }),
    databaseKeyUnder.extend({ algorithm: z.string(), replicas }),
  ]),
  'change-protector': databaseKeyUnder.extend({
    from: z.object({ certificate: z.string(), thumbprint }),
    replicas,
  }),
  'regenerate-database-key': databaseKey.extend({ algorithm: z.string() }),
  'drop-database-key': databaseKey,
  'set-encryption-on': databaseKey,
  'set-encryption-off': databaseKey,
  'suspend-scan': databaseKey,
  'resume-scan': databaseKey,
  /** `state`: the encryption state that the scan ends with; null: it is only watched to its end, whichever that is. */
  'watch-scan': databaseKey.extend({ state: z.union([z.literal(1), z.literal(3)]).nullable() }),
  /** On the replica. `state` null: whatever the primary (its id) shows; `thumbprint` null: under any certificate. */
  'create-scratch': z.object({ scratch: z.string(), scans: z.boolean() }),
  /** Three places that have to name one key: master, the database's key, and the registry of the connector. */
  'compare-vault-key': databaseKeyUnderKey.extend({
    host: z.string(),
    vaultKey: z.string(),
    /** Null: whichever was the newest. */
    version: z.string().nullable(),
  }),
  'watch-replica': databaseKey.extend({
    state: z.union([z.literal(1), z.literal(3)]).nullable(),
    thumbprint: keyThumbprint.nullable(),
    primary: z.string(),
  }),
  'full-backup': z.object({ database: z.string(), file: z.string(), probe, description: z.string() }),
  'log-backup': z.object({ database: z.string(), file: z.string(), probe, description: z.string() }),
  checkpoint: z.object({ database: z.string() }),
  'keep-protector': z.object({ certificate: z.string(), thumbprint, databases: z.array(z.string()) }),
  'verify-backup': z.object({
    database: z.string(),
    file: z.string(),
    blobs: blobs.nullable().default(null),
    checksum: z.boolean(),
  }),
  ...moveParams,
  ...drillParams,
  ...vaultParams,
  ...cleanUpParams,
  ...hostParams,
  ...hsmParams,
  ...importParams,
  ...ekmParams,
  ...rotationParams,
  ...rotationVaultParams,
  ...storageParams,
  ...storageAzureParams,
  ...escrowParams,
  ...escrowDrillParams,
  ...escrowServerParams,
  ...escrowTokenParams,
} as const

export type StepKind = keyof typeof paramsByKind
export type ParamsOf<Kind extends StepKind> = z.output<(typeof paramsByKind)[Kind]>

/** Params that do not fit their kind are a fault of Keyturn (or a record that was edited): never guessed at. */
export const readParams = <Kind extends StepKind>(kind: Kind, params: Json): ParamsOf<Kind> => {
  const read = paramsByKind[kind].safeParse(params)
  if (!read.success) throw new KeyturnError('internal')
  return read.data as ParamsOf<Kind>
}
