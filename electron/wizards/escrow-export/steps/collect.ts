import { createPublicKey, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { ItemKind } from '../../../../shared/model/escrow.ts'
import { asPlaceId } from '../../../../shared/model/ids.ts'
import type { Script } from '../../../../shared/model/script.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { NewItem } from '../../../escrow/package/write.ts'
import { openKeyFiles, type KeyFiles, type OpenedKeyFiles } from '../../../formats/key-files.ts'
import { keyAndCertificatePem } from '../../../formats/key-pem.ts'
import { openPrivateKey } from '../../../formats/pair.ts'
import { openCertificate, type CertificateFacts } from '../../../formats/x509.ts'
import { generatePassword } from '../../../platform/generate-password.ts'
import { readFileCapped } from '../../../platform/read-file.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import type { ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { pairHoles } from '../../../scripts/tsql/certificate.ts'
import { notVerified, scriptOf } from '../../sqlserver/steps/help.ts'
import { sha256Of } from '../../sqlserver/steps/local-files.ts'
import { largestKeyFile } from '../read-key-files.ts'
import { kidsOf } from '../vault-items.ts'
import { takeVaultBackup, type VaultKeyItem } from './vault-backup.ts'

type Item = ParamsOf<'write-escrow-package'>['items'][number]
type CertificateItem = Extract<Item, { kind: 'certificate' }>
type PairFileItem = Extract<Item, { kind: 'certificate-file' }>
type FileItem = Extract<Item, { kind: 'key-file' }>
type PasswordItem = Extract<Item, { kind: 'passphrase-record' }>

/** Items with their secrets, in memory only. Disposing wipes what was fetched; kept secrets of the run stay its own. */
export interface Collected extends Disposable {
  items: readonly NewItem[]
}

export const collect = async (ctx: StepContext, items: readonly Item[]): Promise<Collected> => {
  const fetched: SecretBytes[] = []
  const wipe = (): void => {
    for (const secret of fetched) secret.wipe()
  }
  try {
    const made: NewItem[] = []
    let script = 0
    for (const item of items) {
      if (item.kind === 'passphrase-record') made.push(passwordItem(ctx, item))
      else if (item.kind === 'key-file') {
        const secret = SecretBytes.take(await readKeyFile(ctx, item, item.file, item.sha256))
        fetched.push(secret)
        made.push(fileItem(item, secret))
      } else if (item.kind === 'vault-key') {
        const secret = await takeVaultBackup(ctx, item)
        fetched.push(secret)
        made.push(vaultKeyItem(item, secret))
      } else {
        const pair =
          item.kind === 'certificate'
            ? await fetchPair(ctx, item, scriptOf(ctx, script))
            : await openPairOf(ctx, item)
        if (item.kind === 'certificate') script += 1
        fetched.push(pair.secret)
        made.push(certificateItem(item, pair))
      }
    }
    assertEachKeyOnce(made)
    return { items: made, [Symbol.dispose]: wipe }
  } catch (error) {
    wipe()
    throw error
  }
}

/** The review blocks on what it sees; which key a .pfx holds shows only now. `export-key-twice`. */
const assertEachKeyOnce = (items: readonly NewItem[]): void => {
  for (const [index, { facts }] of items.entries()) {
    const other = items
      .slice(0, index)
      .find((one) => facts.spkiSha256 !== null && one.facts.spkiSha256 === facts.spkiSha256)
    if (other !== undefined)
      throw new KeyturnError('export-key-twice', { item: facts.name, other: other.facts.name })
  }
}

/** What all kinds of items say in the same words, and what none of these has. */
const common = (item: Item) =>
  ({
    name: item.name,
    from: item.from,
    purpose: item.purpose,
    state: item.state,
    sqlNames: item.sqlNames,
    originatorPeriod: item.originatorPeriod,
    recipientPeriod: item.recipientPeriod,
    kcv: null,
    passwordItem: null,
    hsm: null,
    azureKids: [],
  }) satisfies Partial<NewItem['facts']>

const passwordItem = (ctx: StepContext, item: PasswordItem): NewItem => {
  const secret = ctx.secrets.get(item.hole)
  if (secret === undefined) throw new KeyturnError('internal')
  return {
    facts: {
      ...common(item),
      kind: 'passphrase-record',
      algorithm: 'none',
      bits: null,
      spkiSha256: null,
      generation: item.generation,
    },
    content: { kind: 'secret', secret },
    spki: null,
  }
}

/** What the manifest calls it. */
export const kindOf = (item: Item): ItemKind => {
  if (item.kind === 'key-file') return item.holds
  if (item.kind === 'vault-key') return 'vault-key-backup'
  return item.kind === 'certificate-file' ? 'certificate' : item.kind
}

const fileItem = (item: FileItem, secret: SecretBytes): NewItem => ({
  facts: {
    ...common(item),
    kind: item.holds,
    passwordItem: item.passwordItem,
    algorithm: 'none',
    bits: null,
    spkiSha256: null,
    generation: null,
  },
  content: { kind: 'secret', secret },
  spki: null,
})

const vaultKeyItem = (item: VaultKeyItem, secret: SecretBytes): NewItem => ({
  facts: {
    ...common(item),
    kind: 'vault-key-backup',
    algorithm: 'none',
    bits: null,
    spkiSha256: null,
    generation: null,
    azureKids: kidsOf(item),
  },
  content: { kind: 'secret', secret },
  spki: null,
})

const certificateItem = (
  item: CertificateItem | PairFileItem,
  { secret, spki, facts }: FetchedPair,
): NewItem => ({
  facts: {
    ...common(item),
    kind: 'certificate',
    algorithm: 'RSA',
    bits: facts.bits,
    spkiSha256: facts.publicKeySpkiSha256.toLowerCase(),
    generation: null,
  },
  content: { kind: 'secret', secret },
  spki,
})

interface FetchedPair {
  /** Private key and certificate, PEM. */
  secret: SecretBytes
  spki: Buffer
  facts: CertificateFacts
}

/** A file as it was when the plan was made. `file-changed`. */
const readKeyFile = async (
  ctx: StepContext,
  { place }: { place: string },
  name: string,
  sha256: string,
): Promise<Buffer> => {
  const bytes = await readFileCapped(join(ctx.places.folderOf(asPlaceId(place)), name), largestKeyFile)
  if (sha256Of(bytes) === sha256) return bytes
  bytes.fill(0)
  throw new KeyturnError('file-changed', { file: name })
}

/** The files of the person, opened with the kept password and matched. Errors: those of opening key files. */
const openPairOf = async (ctx: StepContext, item: PairFileItem): Promise<FetchedPair> => {
  const read = async (name: string, sha256: string) => ({
    name,
    bytes: await readKeyFile(ctx, item, name, sha256),
  })
  const { certificateFile, privateKeyFile, sha256 } = item
  const files = {
    certificate: await read(certificateFile, sha256.certificate),
    privateKey: privateKeyFile === null ? null : await read(privateKeyFile, sha256.privateKey ?? ''),
  }
  const password = item.hole === null ? undefined : ctx.secrets.get(item.hole)
  const opened = openedOf(files, password)
  const spkiSha256 = opened.facts.publicKeySpkiSha256.toLowerCase()
  if (item.spkiSha256 !== null && spkiSha256 !== item.spkiSha256)
    throw notVerified(ctx, `${certificateFile} holds thumbprint ${opened.facts.thumbprint}`)
  return {
    secret: keyAndCertificatePem(opened.privateKey, opened.certificate),
    spki: spkiOf(opened.privateKey),
    facts: opened.facts,
  }
}

/** A file without a password is the key itself: its bytes are wiped. */
const openedOf = (files: KeyFiles, password: SecretBytes | undefined): OpenedKeyFiles => {
  try {
    return password === undefined
      ? openKeyFiles(files, null)
      : password.use((bytes) => openKeyFiles(files, bytes))
  } finally {
    files.privateKey?.bytes.fill(0)
  }
}

const spkiOf = (key: KeyObject): Buffer => createPublicKey(key).export({ format: 'der', type: 'spki' })

/** Opened before it is sealed: what does not open, or is another key, is no item. */
const fetchPair = async (ctx: StepContext, item: CertificateItem, script: Script): Promise<FetchedPair> => {
  using throwAway = generatePassword()
  const session = await ctx.session()
  const { resultSets } = await session.execute(script, {
    secrets: new Map([[pairHoles.throwAway, throwAway]]),
  })
  const row = resultSets.at(-1)?.[0]
  const [certificate, pvk] = [row?.['certificate'], row?.['private_key']]
  if (!(certificate instanceof Uint8Array) || !(pvk instanceof Uint8Array)) {
    throw new KeyturnError('sql-permission', {
      target: ctx.sql.ref.name,
      what: 'it gave no bytes for CERTENCODED and CERTPRIVATEKEY',
      permission: `CONTROL on certificate ${item.certificate}`,
    })
  }
  using keyFile = SecretBytes.take(pvk)
  const { facts, x509 } = openCertificate(certificate, 'The certificate that the server sent')
  const file = 'The private key that the server sent'
  const privateKey = throwAway.use((password) =>
    keyFile.use((bytes) => openPrivateKey(bytes, password, file)),
  )
  if (!x509.checkPrivateKey(privateKey)) throw new KeyturnError('file-key-mismatch', { file })
  if (facts.thumbprint !== item.thumbprint || facts.publicKeySpkiSha256.toLowerCase() !== item.spkiSha256)
    throw notVerified(ctx, `${ctx.sql.ref.name} sent thumbprint ${facts.thumbprint}`)
  return {
    secret: keyAndCertificatePem(privateKey, certificate),
    spki: spkiOf(privateKey),
    facts,
  }
}
