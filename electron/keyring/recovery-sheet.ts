import type { RecoverySheet } from '../ports/keyring.ts'
import type { KeyringContent } from './file.ts'
import { hasOuterWrap } from './outer-wrap.ts'

/** What is needed, besides the passphrase, to open a keyring file without Keyturn. Built from public facts only. */
export const recoverySheetOf = (path: string, { header, key }: KeyringContent, now: Date): RecoverySheet => {
  const { N, r, p, salt } = header.kdf
  const memory = 128 * r * (N + p + 2) + 2 ** 20
  return {
    title: 'Keyturn keyring: recovery sheet',
    madeAt: now.toISOString(),
    facts: [
      ['Keyring file', path],
      ['Keyring id', header.keyring],
      ['Created', header.createdAt],
      ['Format', 'keyturn-keyring, version 2 (JSON text, UTF-8)'],
      ['Key derivation', `scrypt, N=${N}, r=${r}, p=${p}, 64 bytes; passphrase as UTF-8 in NFC form`],
      ['Salt (hex)', salt],
      ['Encryption', 'AES-256-GCM, 12-byte IV, 16-byte tag, both in hex; ciphertext in base64'],
      ['Passphrase', 'Not on this sheet. Write down here only who holds it:'],
    ],
    paragraphs: [
      'The passphrase opens the keyring file; without the passphrase nobody can, and Keyturn has no second way in. Keep a copy of the file apart from this sheet, and a new one whenever a secret was added.',
      ...(hasOuterWrap(key)
        ? [
            `The master key in this file is sealed once more by ${key.store}: the file opens on this computer and account only, and not with the commands below. A backup of the keyring is without that seal: they open a backup.`,
          ]
        : []),
      'Salt, N and p are those of the file and of backups that were made after the passphrase was last changed; an older backup has its own in "header", "kdf", and opens with the passphrase of its time.',
      'Bytes 1 to 32 of the derived key decrypt "wrapped" in "key" to the master key. The master key decrypts each entry of "sets" and "runs".',
      'The commands below need OpenSSL 3 and bash. They put keys on command lines: use a computer that nobody else is logged in to. They decrypt without checking the tag, so compare the result with what you expect.',
    ],
    commands: [
      `printf 'Passphrase: '; IFS= read -rs PASSPHRASE`,
      `KEY=$(openssl kdf -keylen 64 -kdfopt "pass:$PASSPHRASE" -kdfopt hexsalt:${salt} -kdfopt n:${N} -kdfopt r:${r} -kdfopt p:${p} -kdfopt maxmem_bytes:${memory} SCRYPT | tr -d ':\\n' | cut -c1-64)`,
      `MASTER=$(printf %s "$WRAPPED_DATA" | openssl base64 -d -A | openssl enc -d -aes-256-ctr -K "$KEY" -iv "$WRAPPED_IV"00000002 | od -An -v -tx1 | tr -d ' \\n')`,
      `printf %s "$SET_DATA" | openssl base64 -d -A | openssl enc -d -aes-256-ctr -K "$MASTER" -iv "$SET_IV"00000002`,
    ],
  }
}
