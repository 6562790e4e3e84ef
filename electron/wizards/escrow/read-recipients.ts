import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { isCertificateFile } from '../../../shared/forms/escrow-export-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import type { FactReader } from '../../engine/contract.ts'
import { keyUsageOf } from '../../formats/key-usage.ts'
import { certificateIn } from '../../formats/pem-certificate.ts'
import { certificateLimit, openCertificate } from '../../formats/x509.ts'
import { filesIn, readFileCapped } from '../../platform/read-file.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type { RecipientFile, RecipientFolder } from './recipients.ts'

const mostNames = 500
export const leastBits = 2048
export const mostBits = 8192

/** Lists a picked folder and reads the certificates that were chosen there. Null: no folder was picked. */
export const readRecipients = async (
  answers: Answers,
  reader: Pick<FactReader, 'places' | 'clock'>,
): Promise<Read<RecipientFolder> | null> => {
  const answer = answers['recipientFolder']
  if (typeof answer !== 'string' || answer === '') return null
  const at = reader.clock.now().toISOString()
  try {
    const folder = reader.places.folderOf(asPlaceId(answer))
    const label = reader.places.label(asPlaceId(answer))
    const names = (await filesIn(folder)).filter(isCertificateFile).slice(0, mostNames)
    const chosen: RecipientFile[] = []
    for (const [field, kind] of lists) {
      const wanted = answers[field]
      for (const name of Array.isArray(wanted) ? wanted : [])
        if (names.includes(name)) chosen.push(await readOne(folder, name, kind))
    }
    return { read: true, value: { label, names, chosen }, source: `Keyturn, ${label}`, at }
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code === 'internal') throw error
    return { read: false, because: error.problem.title, source: 'Keyturn', at }
  }
}

const lists = [
  ['custodianFiles', 'custodian'],
  ['recoveryFiles', 'recovery-hsm'],
] as const

const readOne = async (folder: string, file: string, kind: RecipientFile['kind']): Promise<RecipientFile> => {
  try {
    const certificate = certificateIn(await readFileCapped(join(folder, file), certificateLimit * 2), file)
    const { facts, publicKey } = openCertificate(certificate, file)
    const keyUsage = keyUsageOf(certificate, file)
    return {
      file,
      kind,
      certificate,
      facts,
      keyUsage,
      sha256: createHash('sha256').update(certificate).digest('hex'),
      problem: refusalOf(publicKey.asymmetricKeyType, facts.bits, keyUsage),
    }
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code === 'internal') throw error
    return {
      file,
      kind,
      certificate: null,
      facts: null,
      keyUsage: null,
      sha256: '',
      problem:
        error.code === 'file-not-certificate'
          ? 'it holds no single certificate in DER or PEM'
          : problemOf(error).title,
    }
  }
}

const refusalOf = (
  type: string | undefined,
  bits: number,
  usage: readonly string[] | null,
): string | null => {
  if (type !== 'rsa') return 'its key is not RSA'
  if (bits < leastBits || bits > mostBits) return `its key has ${bits} bits`
  return usage !== null && !usage.includes('keyEncipherment')
    ? `it may be used for ${usage.join(', ') || 'nothing'} only`
    : null
}
