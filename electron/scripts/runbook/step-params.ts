import { z } from 'zod'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Json } from '../../../shared/model/plan.ts'
import { drillParams } from './drill-params.ts'

/** What each kind of step needs to know beside its scripts. Read back from the record, so it is checked again. */

const probe = z.enum(['dm_os_file_exists', 'xp_fileexist'])
const thumbprint = z.string().regex(/^[0-9A-F]{40}$/)
const certificate = z.object({
  certificate: z.string(),
  /** Of a certificate that was there when the plan was made; null: this run creates it. */
  thumbprint: thumbprint.nullable(),
})

export const paramsByKind = {
  'create-master-key': z.object({}),
  'repair-master-key': z.object({ keyGuid: z.string() }),
  'back-up-master-key': z.object({ file: z.string(), probe, provedBy: z.string().nullable() }),
  'back-up-service-master-key': z.object({ file: z.string(), probe }),
  'create-certificate': z.object({ certificate: z.string(), subject: z.string(), expiry: z.string() }),
  'back-up-certificate': certificate.extend({
    certificateFile: z.string(),
    privateKeyFile: z.string(),
    probe,
  }),
  'prove-on-server': certificate.extend({
    scratch: z.string(),
    imported: z.string(),
    certificateFile: z.string(),
    privateKeyFile: z.string(),
    masterKeyFile: z.string(),
  }),
  'drop-scratch': z.object({ scratch: z.string() }),
  'fetch-certificate-pair': certificate.extend({
    place: z.string(),
    certificateFile: z.string(),
    privateKeyFile: z.string(),
  }),
  'back-up-database': certificate.extend({
    database: z.string(),
    file: z.string(),
    probe,
    description: z.string(),
    algorithm: z.string(),
    checksum: z.boolean(),
    copyOnly: z.boolean(),
    compression: z.boolean(),
    maxTransferSize: z.number().nullable(),
    stats: z.number(),
  }),
  'verify-backup': z.object({ database: z.string(), file: z.string(), checksum: z.boolean() }),
  ...drillParams,
} as const

export type StepKind = keyof typeof paramsByKind
export type ParamsOf<Kind extends StepKind> = z.output<(typeof paramsByKind)[Kind]>

/** Params that do not fit their kind are a fault of Keyturn (or a record that was edited): never guessed at. */
export const readParams = <Kind extends StepKind>(kind: Kind, params: Json): ParamsOf<Kind> => {
  const read = paramsByKind[kind].safeParse(params)
  if (!read.success) throw new KeyturnError('internal')
  return read.data as ParamsOf<Kind>
}
