import { contentOf, isPemPair } from '../../../shared/model/escrow.ts'
import { checkCode } from '../../formats/slip39/index.ts'
import type { ManifestItem, PackageManifest } from './manifest.ts'
import {
  groupPrivatePath,
  groupPublicPath,
  halvesPath,
  itemPublicPath,
  manifestPath,
  recipientPath,
  recombinePath,
  sealedPath,
  signaturePath,
  signerPath,
} from './paths.ts'

/** The facts that the text is made of: the manifest without the list of files, of which the text is one. */
export type ReadmeFacts = Omit<PackageManifest, 'files'>

/** What a reader puts in. In capitals, so that no command runs by accident with one of them in it. */
export const placeholders = {
  /** The 64 hex digits that the shares give. */
  secret: 'SECRET_HEX',
  /** Files with shares, one each. */
  share: (number: number): string => `SHARE_${number}`,
  /** The private key of a recipient's certificate. */
  recipientKey: 'RECIPIENT_KEY',
  /** The 64 hex digits of a temporary key. */
  temporary: 'TEMPORARY_HEX',
} as const

const groupKeyFile = 'group-private.p8'
const two = (number: number): string => String(number).padStart(2, '0')
const openedFile = (item: ManifestItem): string => `item-${two(item.number)}.${contentOf(item).extension}`

/** How this very package is opened with OpenSSL and Python alone. Commands stand on lines of their own, behind 4 spaces. */
export const recoverText = (facts: ReadmeFacts): Buffer => {
  const parts = [contents, openers, before, check, withShares, withCertificate, withoutCms, pemFiles, after]
    .map((part) => part(facts))
    .filter((part) => part !== null)
    .flatMap(({ title, lines }, index) => [...underlined(`${index + 1}. ${title}`), ...lines])
  return Buffer.from([...heading(facts), ...parts, ''].join('\n'), 'utf8')
}

/** `withShares` has to stay the fifth: texts refer to it by its number. */
interface Part {
  title: string
  lines: string[]
}

const underlined = (text: string): string[] => ['', text, '-'.repeat(text.length)]
const commands = (...lines: string[]): string[] => ['', ...lines.map((line) => `    ${line}`), '']

const heading = ({ id, made, replaces }: ReadmeFacts): string[] => [
  `Escrow package ${id}`,
  '='.repeat(15 + id.length),
  `Made ${made.at} by Keyturn ${made.program}, run ${made.run}.`,
  'This folder holds keys that are sealed. It opens with OpenSSL 3.0 or newer and Python 3.6 or newer; Keyturn is not',
  'needed. `keyturn escrow open` does the same as the commands below, and checks more.',
  ...(replaces === undefined
    ? []
    : [
        '',
        `Its items are those of package ${replaces.package}, wrapped anew for the share group below. Copies of that`,
        'package open with what opened them before.',
      ]),
]

const contents = ({ items }: ReadmeFacts): Part => ({
  title: 'What it holds',
  lines: [
    ...items.flatMap((item) => [
      `Item ${two(item.number)}: ${item.name}`,
      `  ${contentOf(item).words}; from ${item.from.target} (${item.from.identity})`,
      `  Purpose: ${item.purpose}. State when it was made: ${item.state}`,
      ...(item.bits === null ? [] : [`  ${item.algorithm}, ${item.bits} bits`]),
      ...(item.passwordItem === null ? [] : [`  Its password is item ${two(item.passwordItem)}`]),
      ...(item.generation === null
        ? []
        : [`  Generation ${item.generation.number}, of backup ${item.generation.backupId} and no other`]),
      ...item.azureKids.map((kid) => `  Azure: ${kid}`),
      ...item.sqlNames.map((name) => `  SQL Server: ${name}`),
    ]),
  ],
})

const openers = ({ group, recipients }: ReadmeFacts): Part => ({
  title: 'Who opens it',
  lines: [
    `Any ${group.threshold} of these ${group.members.length} holders of the share group "${group.name}" (${group.id}) together.`,
    'The check code stands on each share as well.',
    ...group.members.map(
      ({ number, name, medium, fingerprint }) =>
        `  ${two(number)}  ${checkCode(fingerprint)}  ${medium.padEnd(5)}  ${name}`,
    ),
    ...(recipients.length === 0
      ? ['No certificate opens it.']
      : ['Or the private key of any one of these certificates, alone.']),
    ...recipients.map(({ number, name, kind }) => `  ${recipientPath(number)}  ${name} (${kind})`),
  ],
})

const before = (): Part => ({
  title: 'Before you begin',
  lines: [
    'Use a machine that is not on a network, with one person signed in. While a command with -secretkey runs, every account',
    'of the machine can see the secret in the list of processes, and the shell may write it to its history (in bash:',
    '"set +o history" first). Copy this folder to that machine and work in the copy: what the commands write must not get',
    'into the folder that is kept.',
    'Linux: the commands as they stand. macOS: "openssl" of the system is LibreSSL and opens none of this; install OpenSSL 3',
    'and call it by its full path. Windows: "py" instead of "python3", "fc /b" instead of "cmp", in cmd.exe and not in',
    'PowerShell.',
    'A command that ends with an error may have written a part of its result already: delete that file, do not use it.',
  ],
})

const check = ({ signer }: ReadmeFacts): Part => ({
  title: 'Check that nothing was changed',
  lines: [
    ...commands(
      `openssl dgst -sha256 -verify ${signerPath} -signature ${signaturePath} ${manifestPath}`,
      `openssl pkey -pubin -in ${signerPath} -outform DER -out signer.der`,
      'openssl dgst -sha256 signer.der',
      `python3 -c "import json,hashlib;[print('same     ' if hashlib.sha256(open(f['path'],'rb').read()).hexdigest()==f['sha256'] else 'DIFFERENT',f['path']) for f in json.load(open('${manifestPath}','rb'))['files']]"`,
    ),
    'The first has to say "Verified OK", the third',
    `  ${signer}`,
    'and the fourth "same" for each file. Compare these 64 digits with what was noted when the package was made: that they',
    'stand here proves nothing, since whoever changes a package can change this text.',
  ],
})

const withShares = ({ group, items }: ReadmeFacts): Part => ({
  title: `Open it with ${group.threshold} shares`,
  lines: [
    `Each share in a text file of its own: the sheet as it was written, or its 33 words. ${recombinePath} prints 64 hex digits; put them`,
    `in for ${placeholders.secret}.`,
    ...commands(
      `python3 ${recombinePath} ${Array.from({ length: group.threshold }, (_, index) => placeholders.share(index + 1)).join(' ')}`,
      `openssl cms -decrypt -inform DER -in ${groupPrivatePath} -secretkey ${placeholders.secret} -secretkeyid ${group.keyId} -binary -out ${groupKeyFile}`,
      `openssl pkey -inform DER -in ${groupKeyFile} -pubout -out group-check.pem`,
      `cmp group-check.pem ${groupPublicPath}`,
    ),
    '"cmp" says nothing where the two are the same. Then each item:',
    ...commands(
      ...items.flatMap((item) => [
        `openssl cms -decrypt -inform DER -in ${sealedPath(item.number)} -inkey ${groupKeyFile} -keyform DER -binary -out ${openedFile(item)}`,
        ...proof(item),
      ]),
    ),
    ...hsmRemark(items),
  ],
})

const withCertificate = ({ recipients, items }: ReadmeFacts): Part | null => {
  if (recipients.length === 0) return null
  return {
    title: 'Or open it with the key of one certificate',
    lines: [
      `${placeholders.recipientKey}: the file with its private key in PEM. A smart card or an HSM opens it through OpenSSL’s provider for`,
      'PKCS #11, with the key’s URI in its place.',
      ...recipients.flatMap(({ number, name }) => [
        `As ${name}:`,
        ...commands(
          ...items.flatMap((item) => [
            `openssl cms -decrypt -inform DER -in ${sealedPath(item.number)} -recip ${recipientPath(number)} -inkey ${placeholders.recipientKey} -binary -out ${openedFile(item)}`,
            ...proof(item),
          ]),
        ),
      ]),
    ],
  }
}

/** OpenSSL ends without an error and without a result where a wrapped key was changed, so the result has to be looked at. */
const proof = (item: ManifestItem): string[] => {
  if ((item.kind !== 'hsm-key' && !isPemPair(item)) || item.spkiSha256 === null) return []
  const made = `item-${two(item.number)}-check.pem`
  return [
    `openssl pkey -inform ${isPemPair(item) ? 'PEM' : 'DER'} -in ${openedFile(item)} -pubout -out ${made}`,
    `cmp ${made} ${itemPublicPath(item.number)}`,
  ]
}

const hsmRemark = (items: readonly ManifestItem[]): string[] => {
  const symmetric = items.filter(({ kcv }) => kcv !== null)
  return [
    ...(items.some(({ kind }) => kind === 'hsm-key')
      ? [
          'A key of an HSM that was changed opens without an error to an empty file: look at each result. Restore it into an HSM,',
          'rather than leave it in a file.',
        ]
      : []),
    ...symmetric.map(
      (item) =>
        `Item ${two(item.number)} is the right key if a block of 16 zero bytes, encrypted with it (AES, ECB), begins with ${String(item.kcv)}.`,
    ),
  ]
}

const withoutCms = ({ items }: ReadmeFacts): Part | null => {
  const keys = items.filter(({ kind }) => kind === 'hsm-key')
  const [first] = keys
  if (first === undefined) return null
  const path = halvesPath(first.number)
  const hash = first.hsm?.oaep ?? 'sha256'
  return {
    title: 'Keys of an HSM, if a later OpenSSL does not open them as above',
    lines: [
      `Item ${two(first.number)} as an example, with the group’s key of part 5. The second command prints 64 hex digits; put them in for`,
      `${placeholders.temporary}.`,
      ...commands(
        `python3 -c "import json,base64;h=json.load(open('${path}','rb'));k=[r['encryptedKey'] for r in h['recipients'] if r['for']=='${groupPublicPath}'][0];open('temporary.bin','wb').write(base64.b64decode(k));open('wrapped.bin','wb').write(base64.b64decode(h['wrappedKey']))"`,
        `openssl pkeyutl -decrypt -inkey ${groupKeyFile} -keyform DER -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:${hash} -pkeyopt rsa_mgf1_md:${hash} -in temporary.bin -out temporary.key`,
        `python3 -c "print(open('temporary.key','rb').read().hex())"`,
        `openssl enc -d -id-aes256-wrap-pad -K ${placeholders.temporary} -iv A65959A6 -in wrapped.bin -out ${openedFile(first)}`,
      ),
    ],
  }
}

const pemFiles = ({ items }: ReadmeFacts): Part | null => {
  const pairs = items.filter(isPemPair)
  const [first] = pairs
  if (first === undefined) return null
  const name = `item-${two(first.number)}`
  return {
    title: 'Certificates: files that SQL Server reads',
    lines: [
      `Item ${two(first.number)} as an example${
        pairs.length > 1
          ? `; the same for ${pairs
              .slice(1)
              .map(({ number }) => `item ${two(number)}`)
              .join(', ')}`
          : ''
      }. SQL Server 2022 and later read a .pfx: the command asks for a new password.`,
      ...commands(`openssl pkcs12 -export -in ${name}.pem -out ${name}.pfx`),
      'Every version reads a .cer with a .pvk; this .pvk has no password, so keep it on the server no longer than needed:',
      ...commands(
        `openssl x509 -in ${name}.pem -outform DER -out ${name}.cer`,
        `openssl rsa -in ${name}.pem -outform PVK -pvk-none -out ${name}.pvk`,
      ),
      'Then, in master of a server with a database master key:',
      `  CREATE CERTIFICATE [name] FROM FILE = '...\\${name}.cer' WITH PRIVATE KEY (FILE = '...\\${name}.pvk');`,
      'The name is free; restores find the certificate by its thumbprint.',
    ],
  }
}

const after = ({ group }: ReadmeFacts): Part => ({
  title: 'Afterwards',
  lines: [
    `Delete ${groupKeyFile}, temporary files and every opened item from that machine, or destroy its disk.`,
    `Whoever saw ${group.threshold} shares, or ${groupKeyFile}, opens every package of the group ${group.id}: make a new group, and wrap its`,
    'packages anew. If the loss may mean that somebody else has the keys as well, replace the keys too.',
  ],
})
