import { createPublicKey } from 'node:crypto'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Script } from '../../../../shared/model/script.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { NewItem } from '../../../escrow/package/write.ts'
import { keyAndCertificatePem } from '../../../formats/key-pem.ts'
import { openPrivateKey } from '../../../formats/pair.ts'
import { openCertificate } from '../../../formats/x509.ts'
import { generatePassword } from '../../../platform/generate-password.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import type { ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { pairHoles } from '../../../scripts/tsql/certificate.ts'
import { notVerified, scriptOf } from '../../sqlserver/steps/help.ts'

type Item = ParamsOf<'write-escrow-package'>['items'][number]
type CertificateItem = Extract<Item, { kind: 'certificate' }>
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
      else {
        const pair = await fetchPair(ctx, item, scriptOf(ctx, script))
        script += 1
        fetched.push(pair.secret)
        made.push(certificateItem(item, pair))
      }
    }
    return { items: made, [Symbol.dispose]: wipe }
  } catch (error) {
    wipe()
    throw error
  }
}

const common = ({
  name,
  from,
  purpose,
  state,
  sqlNames,
  originatorPeriod,
  recipientPeriod,
}: Item): Pick<
  NewItem['facts'],
  | 'name'
  | 'from'
  | 'purpose'
  | 'state'
  | 'sqlNames'
  | 'originatorPeriod'
  | 'recipientPeriod'
  | 'kcv'
  | 'passwordItem'
  | 'hsm'
  | 'azureKids'
> => ({
  name,
  from,
  purpose,
  state,
  sqlNames,
  originatorPeriod,
  recipientPeriod,
  kcv: null,
  passwordItem: null,
  hsm: null,
  azureKids: [],
})

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

const certificateItem = (item: CertificateItem, { secret, spki }: FetchedPair): NewItem => ({
  facts: {
    ...common(item),
    kind: 'certificate',
    algorithm: 'RSA',
    bits: item.bits,
    spkiSha256: item.spkiSha256,
    generation: null,
  },
  content: { kind: 'secret', secret },
  spki,
})

interface FetchedPair {
  /** Private key and certificate, PEM. */
  secret: SecretBytes
  spki: Buffer
}

/** Opened before it is sealed: what does not open, or is another key, is no item. */
const fetchPair = async (ctx: StepContext, item: CertificateItem, script: Script): Promise<FetchedPair> => {
  using throwAway = generatePassword()
  const session = await ctx.session()
  const { resultSets } = await session.execute(script, { secrets: new Map([[pairHoles.throwAway, throwAway]]) })
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
  const { facts, x509, publicKey } = openCertificate(certificate, 'The certificate that the server sent')
  const file = 'The private key that the server sent'
  const privateKey = throwAway.use((password) =>
    keyFile.use((bytes) => openPrivateKey(bytes, password, file)),
  )
  if (!x509.checkPrivateKey(privateKey)) throw new KeyturnError('file-key-mismatch', { file })
  if (facts.thumbprint !== item.thumbprint || facts.publicKeySpkiSha256.toLowerCase() !== item.spkiSha256)
    throw notVerified(ctx, `${ctx.sql.ref.name} sent thumbprint ${facts.thumbprint}`)
  return {
    secret: keyAndCertificatePem(privateKey, certificate),
    spki: createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })).export({
      format: 'der',
      type: 'spki',
    }),
  }
}
