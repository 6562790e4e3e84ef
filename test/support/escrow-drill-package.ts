import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageFolderName } from '../../shared/model/escrow.ts'
import { asRunId, type PackageId } from '../../shared/model/ids.ts'
import { sha256Of } from '../../electron/escrow/digest.ts'
import type { PackageFiles } from '../../electron/escrow/package/paths.ts'
import type { PackageSigner } from '../../electron/escrow/package/signer.ts'
import { writePackage, type NewItem } from '../../electron/escrow/package/write.ts'
import { recombinePy } from '../../electron/escrow/recombine-script.ts'
import { keyAndCertificatePem } from '../../electron/formats/key-pem.ts'
import { openPrivateKey } from '../../electron/formats/pair.ts'
import { itemOf, newPackageId, secretItem, type TestGroup, type TestRecipient } from './escrow-package.ts'

/** A certificate with its private key, as a server handed it out under a password. */
export interface HandedOut {
  certificate: Uint8Array
  pvk: Uint8Array
  password: string
}

/** As an export seals it: key and certificate in one text. */
export const certificateItem = (pair: HandedOut, name: string, server: string): NewItem => {
  const x509 = new X509Certificate(Buffer.from(pair.certificate))
  const spki = x509.publicKey.export({ format: 'der', type: 'spki' })
  const key = openPrivateKey(pair.pvk, Buffer.from(pair.password), 'key')
  return {
    facts: itemOf({
      kind: 'certificate',
      name: `Certificate ${name}`,
      from: { target: server, identity: server },
      purpose: 'encrypts backups',
      algorithm: 'RSA',
      bits: x509.publicKey.asymmetricKeyDetails?.modulusLength ?? 0,
      spkiSha256: sha256Of(spki),
      generation: null,
      sqlNames: [`${server}.master.${name}`],
    }),
    content: { kind: 'secret', secret: keyAndCertificatePem(key, pair.certificate) },
    spki,
  }
}

export interface DrillPackage {
  id: PackageId
  files: PackageFiles
}

export const packageWith = (
  items: readonly NewItem[],
  {
    group,
    recipients = [],
    signer,
  }: { group: TestGroup; recipients?: TestRecipient[]; signer: PackageSigner },
): DrillPackage => {
  const id = newPackageId()
  const { files } = writePackage(
    {
      id,
      made: { at: '2026-11-26T09:30:00.000Z', run: asRunId('abcdefgh2345'), program: '0.1.0' },
      group: group.group,
      recipients: recipients.map(({ kind, name, certificate }) => ({ kind, name, certificate })),
      items,
      recombine: recombinePy(),
    },
    signer,
  )
  return { id, files }
}

export const passphraseItem = (text: string): NewItem => secretItem(text, { name: 'Password: key files' })

/** Writes the files of a package as they would lie on a medium; gives the package's folder. */
export const writeTo = (folder: string, { id, files }: DrillPackage): string => {
  const at = join(folder, packageFolderName(id))
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(at, path)), { recursive: true })
    writeFileSync(join(at, path), bytes)
  }
  return at
}

/** Whether bytes are a private key at all, so that a test that looks for them can’t pass by chance. */
export const isPrivateKey = (pem: string): boolean =>
  createPrivateKey({ key: pem, format: 'pem' }).type === 'private'
