import { z } from 'zod'
import { asTargetId } from '../model/ids.ts'
import type { SqlConnection } from '../model/target.ts'
import { environment, handle, nameAnswer as name } from './connection-parts.ts'

/** The sentence that a person types to connect without encryption. Compared without regard to case or outer spaces. */
export const unencryptedSentence = 'the password crosses the network readable'

const pem = z
  .string()
  .max(200_000, 'A CA file has at most 200,000 characters')
  .regex(
    /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/,
    'Paste the CA certificate as PEM text, with its BEGIN and END lines',
  )

const fingerprint = z
  .string()
  .transform((text) => text.replace(/[\s:]/g, '').toUpperCase())
  .pipe(z.string().regex(/^[0-9A-F]{64}$/, 'A SHA-256 fingerprint has 64 hexadecimal digits'))

const trust = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('system') }),
  z.object({ kind: z.literal('ca'), pem }),
  z.object({ kind: z.literal('pin'), sha256: fingerprint }),
])

const encryption = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('strict'), trust }),
  z.object({ mode: z.literal('mandatory'), trust }),
  z.object({
    mode: z.literal('off'),
    acceptedInWords: z
      .string()
      .refine((text) => text.trim().toLowerCase() === unencryptedSentence, `Type: ${unencryptedSentence}`),
  }),
])

const authentication = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sql-login'), user: name('a login name', 128), password: handle }),
  z.object({
    kind: z.literal('ntlm'),
    domain: name('a domain', 128),
    user: name('a user name', 128),
    password: handle,
  }),
  z.object({
    kind: z.literal('entra-service-principal'),
    tenantId: name('the tenant id', 64),
    clientId: name('the client id', 64),
    secret: handle,
  }),
  z.object({ kind: z.literal('entra-default') }),
])

const hostRule = 'A host is a name or address of letters, digits, dots, hyphens, underscores and colons'

const fields = z.object({
  name: name('a name for this connection', 128),
  environment,
  host: name('the host name or address', 253).pipe(z.string().regex(/^[A-Za-z0-9._:-]+$/, hostRule)),
  port: z
    .number('Enter a port number')
    .int('A port is a whole number')
    .min(1, 'A port is 1 to 65535')
    .max(65535, 'A port is 1 to 65535')
    .nullable(),
  instanceName: name('an instance name', 16)
    .pipe(
      z
        .string()
        .regex(/^[\p{L}_#&][\p{L}\p{N}_#&$]*$/u, 'An instance name begins with a letter and has no spaces'),
    )
    .nullable(),
  certificateName: name('the name on the certificate', 253).nullable(),
  encryption,
  authentication,
})

const onePlace = ({ port, instanceName }: { port: number | null; instanceName: string | null }): boolean =>
  (port === null) !== (instanceName === null)

/** What a person fills in for a SQL Server. Messages name the field and the fix. */
export const sqlConnectionAnswers = fields.refine(onePlace, {
  path: ['port'],
  message: 'Give either a port or an instance name, not both',
})
export type SqlConnectionAnswers = z.output<typeof sqlConnectionAnswers>

/** The stored form. */
export const sqlConnection = fields.extend({
  id: z.string().transform(asTargetId),
  kind: z.literal('sqlserver'),
  identity: z
    .object({
      serverName: z.string(),
      machineName: z.string(),
      instanceName: z.string(),
      certificateSha256: z.string().nullable(),
    })
    .nullable(),
}) satisfies z.ZodType<SqlConnection>
