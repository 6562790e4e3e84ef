import type {
  ChoiceField,
  DateField,
  Field,
  FlagField,
  PickField,
  PlaceField,
  SecretField,
  ServerPathField,
  TextField,
} from './form.ts'
import { longestFolder, longestSubject } from './names.ts'

/** Fields that several jobs ask in the same words; each says only what is its own (when it is shown, an example). */
const field =
  <Kind extends object>(common: Kind) =>
  (own: Partial<Kind> = {}): Kind => ({ ...common, ...own })

export const tokenPinMode = field<ChoiceField>({
  kind: 'choice',
  name: 'pinMode',
  label: 'Which PIN',
  why: 'It is tried once, when the run begins its first step on the token, and never again by itself',
  options: [
    { value: 'kept', label: 'The one that the connection keeps' },
    {
      value: 'typed',
      label: 'One that is typed here',
      detail: 'It goes into the keyring for this token, where it can be removed again',
    },
  ],
})

export const tokenPin = field<SecretField>({
  kind: 'secret',
  name: 'pin',
  label: 'PIN',
  why: 'Of the token’s user',
  purpose: 'hsm.pin',
  secretRule: 'token-pin',
  canGenerate: false,
  existing: true,
  when: { field: 'pinMode', is: ['typed'] },
})

export const certificateSubject = field<TextField>({
  kind: 'text',
  name: 'certificateSubject',
  label: 'Subject of the new certificate',
  why: 'Stands in the .cer file: who finds the file reads what it is for',
  rule: `1 to ${longestSubject} characters, on one line`,
  maxLength: longestSubject,
})

export const certificateExpiry = field<DateField>({
  kind: 'date',
  name: 'certificateExpiry',
  label: 'Expires on (UTC)',
  why: 'After this day the server takes no new backup with it (SQL 3096). Restores go on working',
  rule: 'After today and within 50 years. Without a date the server would take one year',
})

export const keyFileKind = field<ChoiceField>({
  kind: 'choice',
  name: 'format',
  label: 'Kind of key files on the server',
  why: 'Both open in other programs; a .pfx holds certificate and private key in one file with stronger encryption',
  options: [
    { value: 'pvk', label: '.cer and .pvk', detail: 'Every version of SQL Server reads them' },
    { value: 'pfx', label: '.pfx', detail: 'SQL Server 2022 and later write and read it' },
  ],
})

export const keyFolder = field<ServerPathField>({
  kind: 'server-path',
  name: 'keyFolder',
  label: 'Folder on the server for key files',
  why: 'The server writes them with its service account; Keyturn can’t read that disk',
  rule: `The whole path on the server's own disk (D:\\Keys or /var/opt/keys), at most ${longestFolder} characters`,
  targetField: 'target',
})

export const keyFilePassword = field<SecretField>({
  kind: 'secret',
  name: 'certificateFilePassword',
  label: 'Password of the private key file',
  why: 'Whoever restores elsewhere needs the file and this password',
  purpose: 'sql.key-file-password',
  secretRule: 'key-file-password',
  canGenerate: true,
  existing: false,
})

export const openOnServer = field<FlagField>({
  kind: 'flag',
  name: 'proveOnServer',
  label: 'Open the key files on the server',
  why: 'A scratch database imports them under a throw-away password and is dropped. It shows that files and password fit',
  effect: 'Adds CREATE DATABASE, CREATE CERTIFICATE FROM FILE and DROP DATABASE for the scratch database',
})

export const ownFolder = field<PlaceField>({
  kind: 'place',
  name: 'localCopy',
  label: 'Folder of yours for the pair',
  why: 'Keyturn fetches the pair over the connection, writes it there, reads it again and opens it with the kept password',
  rule: 'A folder on this computer, not on the server',
})

export const recipientFolder = field<PlaceField>({
  kind: 'place',
  name: 'recipientFolder',
  label: 'Folder of yours with certificates',
  why: 'Only certificates are read there: public halves',
  rule: 'Empty: only the share group opens the package',
})

const openers = {
  kind: 'pick',
  rule: 'RSA of 2,048 bits or more that may encipher keys; .cer, .crt, .der or .pem',
  from: 'certificateFiles',
  many: true,
} as const

export const custodianFiles = field<PickField>({
  ...openers,
  name: 'custodianFiles',
  label: 'Certificates of custodians',
  why: 'Whoever has the private key of one of them opens every item alone, without the group',
})

export const recoveryFiles = field<PickField>({
  ...openers,
  name: 'recoveryFiles',
  label: 'Certificates of recovery HSMs',
  why: 'The same, for a key that an HSM elsewhere holds',
})

/** A connected token. */
export const tokenField: Field = {
  kind: 'pick',
  name: 'hsm',
  label: 'Token',
  why: 'It is opened by its serial number, with the module whose file was pinned',
  from: 'tokenTargets',
  many: false,
  service: 'hsm',
}
