import { unencryptedSentence } from '../../../shared/forms/connection.ts'
import type { ChoiceField, SecretField, TextField } from '../../../shared/forms/form.ts'

type Text = Omit<TextField, 'kind'>
const text = (field: Text): TextField => ({ kind: 'text', ...field })
const choice = (field: Omit<ChoiceField, 'kind'>): ChoiceField => ({ kind: 'choice', ...field })

/** The fields of the form. Names are the paths under which main names what needs a change. */
export const fields = {
  name: text({
    name: 'name',
    label: 'Name',
    why: 'Plans, runs and the audit call the connection by it',
    rule: '1 to 128 characters',
    maxLength: 128,
  }),
  environment: choice({
    name: 'environment',
    label: 'Environment',
    why: 'Pages, run buttons and reports say it; when in doubt it is production',
    options: [
      { value: 'production', label: 'Production', detail: 'People work with what is on this server' },
      { value: 'test', label: 'Test', detail: 'A mistake here costs nothing but time' },
    ],
  }),
  host: text({
    name: 'host',
    label: 'Host',
    why: 'The name or address of the computer or of the availability group listener',
    rule: 'Letters, digits, dots, hyphens, underscores and colons; at most 253 characters',
    hint: 'Example: sqlprod-01.example.com',
    maxLength: 253,
    mono: true,
  }),
  place: choice({
    name: 'place',
    label: 'How the instance is found',
    why: 'One of the two; a port goes through firewalls more easily',
    options: [
      { value: 'port', label: 'Port', detail: 'A default instance listens on 1433' },
      {
        value: 'instance',
        label: 'Instance name',
        detail: 'SQL Server Browser is asked for the port (UDP 1434)',
      },
    ],
  }),
  port: text({
    name: 'port',
    label: 'Port number',
    why: 'The TCP port that the instance listens on',
    rule: '1 to 65535',
    maxLength: 5,
  }),
  instanceName: text({
    name: 'instanceName',
    label: 'Instance name of the server',
    why: 'The part behind the backslash',
    rule: '1 to 16 characters, beginning with a letter, no spaces',
    hint: 'For SQLPROD-01\\SALES it is SALES',
    maxLength: 16,
    mono: true,
  }),
  mode: choice({
    name: 'encryption.mode',
    label: 'Encryption',
    why: 'Keys and passwords travel on this connection',
    options: [
      { value: 'mandatory', label: 'Mandatory', detail: 'TLS inside TDS; every supported version knows it' },
      {
        value: 'strict',
        label: 'Strict (TDS 8.0)',
        detail: 'TLS before anything else; SQL Server 2022 or later',
      },
      { value: 'off', label: 'Off', detail: 'Everything is readable on the network, the password too' },
    ],
  }),
  trust: choice({
    name: 'encryption.trust',
    label: 'How the server’s certificate is checked',
    why: 'No password is sent to a server whose certificate does not pass',
    options: [
      {
        value: 'system',
        label: 'System certificate store',
        detail: 'Issued by a CA that this computer trusts',
      },
      {
        value: 'ca',
        label: 'CA certificate',
        detail: 'Issued by the CA that you paste here, and by no other',
      },
      {
        value: 'pin',
        label: 'Pinned certificate',
        detail: 'This one certificate; for self-signed ones. The name on it is not checked',
      },
    ],
  }),
  pem: text({
    name: 'encryption.trust.pem',
    label: 'CA certificate as PEM',
    why: 'The text of the certificate file; it is public',
    rule: 'With its BEGIN and END lines; several certificates may follow each other',
    maxLength: 200_000,
    multiline: true,
    mono: true,
  }),
  sha256: text({
    name: 'encryption.trust.sha256',
    label: 'SHA-256 fingerprint',
    why: 'Compare it with the server’s own, by another way than this network; a test shows what the server presents',
    rule: '64 hexadecimal digits; spaces and colons are accepted',
    maxLength: 200,
    mono: true,
  }),
  certificateName: text({
    name: 'certificateName',
    label: 'Name on the certificate',
    why: 'Only when the certificate carries another name than the host',
    rule: 'Optional; at most 253 characters',
    maxLength: 253,
    mono: true,
  }),
  acceptedInWords: text({
    name: 'encryption.acceptedInWords',
    label: 'Acceptance in words',
    why: 'Turning encryption off takes a sentence, not a click',
    rule: `Type: ${unencryptedSentence}`,
    maxLength: 100,
  }),
  signIn: choice({
    name: 'authentication.kind',
    label: 'Sign in with',
    why: 'The account decides what Keyturn can read and do there',
    options: [
      { value: 'sql-login', label: 'SQL login', detail: 'A login of the server, with a password' },
      { value: 'ntlm', label: 'NTLM', detail: 'A Windows domain account, with its password' },
      {
        value: 'entra-service-principal',
        label: 'Entra service principal',
        detail: 'An application, with a client secret',
      },
      {
        value: 'entra-default',
        label: 'Entra account of this computer',
        detail: 'A managed identity, or the account that Azure CLI is signed in with; nothing is kept here',
      },
    ],
  }),
  user: text({
    name: 'authentication.user',
    label: 'Login',
    why: 'The name of the login on the server',
    rule: '1 to 128 characters',
    maxLength: 128,
  }),
  ntlmUser: text({
    name: 'authentication.user',
    label: 'User',
    why: 'The name of the domain account, without the domain',
    rule: '1 to 128 characters',
    maxLength: 128,
  }),
  domain: text({
    name: 'authentication.domain',
    label: 'Domain',
    why: 'The Windows domain of the account',
    rule: '1 to 128 characters',
    maxLength: 128,
  }),
  tenantId: text({
    name: 'authentication.tenantId',
    label: 'Tenant id',
    why: 'The Entra tenant that knows the application',
    rule: '1 to 64 characters',
    maxLength: 64,
    mono: true,
  }),
  clientId: text({
    name: 'authentication.clientId',
    label: 'Client id',
    why: 'The application (client) id of the service principal',
    rule: '1 to 64 characters',
    maxLength: 64,
    mono: true,
  }),
} as const

const password: SecretField = {
  kind: 'secret',
  name: 'authentication.password',
  label: 'Password',
  why: 'Kept in the keyring of this computer, for this server only',
  purpose: 'sql.login-password',
  secretRule: 'login-password',
  canGenerate: false,
  existing: true,
}
const clientSecret: SecretField = {
  ...password,
  name: 'authentication.secret',
  label: 'Client secret',
  purpose: 'entra.client-secret',
}

/** The secret of a way to sign in; null: it needs none. */
export const secretFieldOf = (signIn: string): SecretField | null => {
  if (signIn === 'entra-default') return null
  return signIn === 'entra-service-principal' ? clientSecret : password
}
