import { z } from 'zod'
import {
  azureClouds,
  azureIdProblem,
  isAzureId,
  vaultPlaceOf,
  type AzureIdentity,
  type VaultIdentity,
} from '../model/azure.ts'
import { asTargetId } from '../model/ids.ts'
import type { AzureConnection, VaultConnection } from '../model/target.ts'
import { environment, handle, nameAnswer } from './connection-parts.ts'

/** A UUID; spaces around it are accepted, and it is kept in lower case. */
const uuid = (what: string) =>
  z
    .string({ error: `Enter ${what}` })
    .max(64, `${capital(what)} has 36 characters`)
    .transform((text) => text.trim().toLowerCase())
    .pipe(z.string().refine(isAzureId, { error: azureIdProblem('', capital(what)) ?? '' }))

const capital = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`

const clientId = uuid('the client id')

const signIn = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('client-secret'), clientId, secret: handle }),
  z.object({ kind: z.literal('client-certificate'), clientId, certificate: handle }),
  z.object({ kind: z.literal('device-code'), clientId: clientId.nullable() }),
  z.object({ kind: z.literal('managed-identity'), clientId: clientId.nullable() }),
  z.object({ kind: z.literal('azure-cli') }),
])

/** What a person fills in for an Azure subscription. Messages name the field and the fix. */
export const azureConnectionAnswers = z.object({
  name: nameAnswer('a name for this connection', 128),
  environment,
  cloud: z.enum(azureClouds, { error: 'Choose the cloud' }),
  tenantId: uuid('the tenant id'),
  subscriptionId: uuid('the subscription id'),
  signIn,
})
export type AzureConnectionAnswers = z.output<typeof azureConnectionAnswers>

const hostRule =
  'Enter the vault’s host, for instance contoso-keys.vault.azure.net: the name and one of Azure’s endings, without https://'

/** An address as the portal shows it is accepted: `https://` and what follows the host are taken off. */
const vaultHost = z
  .string({ error: hostRule })
  .max(300, hostRule)
  .transform((text) =>
    text
      .trim()
      .toLowerCase()
      .replace(/^https:\/\//, '')
      .replace(/(:443)?\/?$/, ''),
  )
  .pipe(z.string().refine((host) => vaultPlaceOf(host) !== null, { error: hostRule }))

/** What a person fills in for a key vault or a managed HSM. */
export const vaultConnectionAnswers = z.object({
  name: nameAnswer('a name for this connection', 128),
  environment,
  host: vaultHost,
  azure: z
    .string({ error: 'Choose the Azure connection whose sign-in it uses' })
    .regex(/^[a-z0-9-]{1,40}$/, 'Choose the Azure connection whose sign-in it uses')
    .transform(asTargetId),
})
export type VaultConnectionAnswers = z.output<typeof vaultConnectionAnswers>

const id = z.string().transform(asTargetId)

/** The stored forms. */
export const azureConnection = azureConnectionAnswers.extend({
  id,
  kind: z.literal('azure'),
  identity: z
    .object({ tenantId: z.string(), subscriptionId: z.string() })
    .nullable() satisfies z.ZodType<AzureIdentity | null>,
}) satisfies z.ZodType<AzureConnection>

export const vaultConnection = vaultConnectionAnswers.extend({
  id,
  kind: z.literal('keyvault'),
  identity: z
    .object({ host: z.string(), tenantId: z.string(), resourceId: z.string().nullable() })
    .nullable() satisfies z.ZodType<VaultIdentity | null>,
}) satisfies z.ZodType<VaultConnection>
