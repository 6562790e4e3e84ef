import type { ChoiceField, SecretField, TextField } from '../../../shared/forms/form.ts'
import type { AzureConnection } from '../../../shared/ipc/schemas.ts'
import { cloudHosts } from '../../../shared/model/azure.ts'
import { fields as common } from '../form/texts.ts'

const text = (field: Omit<TextField, 'kind'>): TextField => ({ kind: 'text', ...field })
const choice = (field: Omit<ChoiceField, 'kind'>): ChoiceField => ({ kind: 'choice', ...field })

export const azurePurpose =
  'Saving reads nothing from Azure; the test after it does. Answers stay on this computer.'

const idRule = 'Of the form 00000000-0000-0000-0000-000000000000'

/** The fields of an Azure connection and of a vault's. Names are the paths under which main names what needs a change. */
export const fields = {
  name: common.name,
  environment: choice({
    ...common.environment,
    options: [
      { value: 'production', label: 'Production', detail: 'People work with what these keys protect' },
      { value: 'test', label: 'Test', detail: 'A mistake here costs nothing but time' },
    ],
  }),
  cloud: choice({
    name: 'cloud',
    label: 'Cloud',
    why: 'Each has hosts of its own; tenant and subscription belong to one of them',
    options: [
      { value: 'public', label: 'Azure public cloud', detail: cloudHosts.public.authority },
      { value: 'us-government', label: 'Azure US Government', detail: cloudHosts['us-government'].authority },
      { value: 'china', label: 'Azure operated by 21Vianet', detail: cloudHosts.china.authority },
    ],
  }),
  tenantId: text({
    name: 'tenantId',
    label: 'Tenant id',
    why: 'Keyturn signs in to this Entra tenant and to no other',
    rule: idRule,
    maxLength: 64,
    mono: true,
  }),
  subscriptionId: text({
    name: 'subscriptionId',
    label: 'Subscription id',
    why: 'Vaults and resource groups are read and made in this subscription; the test lists others that are visible',
    rule: idRule,
    maxLength: 64,
    mono: true,
  }),
  signIn: choice({
    name: 'signIn.kind',
    label: 'Sign in with',
    why: 'The account decides what Keyturn can read and do in Azure',
    options: [
      {
        value: 'client-secret',
        label: 'Client secret',
        detail: 'An application, with a secret that expires',
      },
      {
        value: 'client-certificate',
        label: 'Client certificate',
        detail: 'An application, with a certificate whose public part is registered with it',
      },
      {
        value: 'device-code',
        label: 'Device code',
        detail: 'You sign in with a browser, on any device; nothing is kept here',
      },
      {
        value: 'managed-identity',
        label: 'Managed identity',
        detail: 'Of the Azure virtual machine that Keyturn runs on; nothing is kept here',
      },
      {
        value: 'azure-cli',
        label: 'Azure CLI',
        detail: 'The account that Azure CLI is signed in with on this computer; nothing is kept here',
      },
    ],
  }),
  clientId: text({
    name: 'signIn.clientId',
    label: 'Client id',
    why: 'The application (client) id, from the application’s page in Entra',
    rule: idRule,
    maxLength: 64,
    mono: true,
  }),
  optionalClientId: text({
    name: 'signIn.clientId',
    label: 'Client id',
    why: 'Only to sign in as an application, or as a user-assigned identity, of your own',
    rule: `Optional. ${idRule}`,
    maxLength: 64,
    mono: true,
  }),
  host: text({
    name: 'host',
    label: 'Host of the vault',
    why: 'Says which vault, in which cloud, and whether it is a managed HSM',
    rule: 'The vault’s name and one of Azure’s endings; an address as the portal shows it is accepted',
    hint: 'Example: contoso-keys.vault.azure.net',
    maxLength: 300,
    mono: true,
  }),
} as const

const secret: SecretField = {
  kind: 'secret',
  name: 'signIn.secret',
  label: 'Client secret',
  why: 'The value, not its id. Kept in the keyring of this computer, for this connection only',
  purpose: 'entra.client-secret',
  secretRule: 'login-password',
  canGenerate: false,
  existing: true,
}

/** The secret of a way to sign in; null: it needs none. */
export const secretFieldOf = (signIn: AzureConnection['signIn']['kind']): SecretField | null => {
  if (signIn === 'client-secret') return secret
  if (signIn !== 'client-certificate') return null
  return {
    ...secret,
    name: 'signIn.certificate',
    label: 'Certificate and private key',
    why: 'Paste the text of the PEM file. Kept in the keyring of this computer, for this connection only',
    purpose: 'entra.client-certificate',
    secretRule: 'client-certificate',
  }
}

/** The Azure connections as a choice. */
export const azureField = (choices: readonly AzureConnection[]): ChoiceField =>
  choice({
    name: 'azure',
    label: 'Sign-in',
    why: 'The vault is opened with the sign-in of an Azure connection, of the vault’s own tenant',
    options: choices.map(({ id, name, tenantId }) => ({
      value: id,
      label: name,
      detail: `Tenant ${tenantId}`,
    })),
  })
