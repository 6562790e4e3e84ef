import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { isLocalKeyFile } from '../../../shared/forms/names.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import type { FactReader } from '../../engine/contract.ts'
import { isPkcs12, pkcs12Limit } from '../../formats/pkcs12.ts'
import { readCertificate, type CertificateFacts } from '../../formats/x509.ts'
import { filesIn, readFileCapped } from '../../platform/read-file.ts'
import type { Read } from './facts-model.ts'

/** One file of a picked folder as far as it shows itself without its password. */
export interface LocalFile {
  name: string
  sha256: string
  /** Null: it is no certificate in DER. */
  certificate: CertificateFacts | null
  /** It holds both halves; what, shows only when it is opened. */
  pfx: boolean
  /** Why it can't be used as a certificate; null where it can, or where it is a .pfx. */
  problem: string | null
}

export interface LocalKeyFiles {
  label: string
  /** Names of what looks like a key file. */
  names: readonly string[]
  certificate: LocalFile | null
  privateKey: LocalFile | null
}

const mostNames = 500

/** Lists a picked folder and reads the files that were chosen there; opens nothing. Null: no folder was picked. */
export const readLocalKeyFiles = async (
  answers: { folder: unknown; certificate: unknown; privateKey: unknown },
  reader: FactReader,
): Promise<Read<LocalKeyFiles> | null> => {
  if (typeof answers.folder !== 'string' || answers.folder === '') return null
  const at = reader.clock.now().toISOString()
  try {
    const place = asPlaceId(answers.folder)
    const folder = reader.places.folderOf(place)
    const label = reader.places.label(place)
    const names = (await filesIn(folder)).filter(isLocalKeyFile).slice(0, mostNames)
    const chosen = async (name: unknown): Promise<LocalFile | null> =>
      typeof name === 'string' && names.includes(name) ? readLocalFile(folder, name) : null
    const value = {
      label,
      names,
      certificate: await chosen(answers.certificate),
      privateKey: await chosen(answers.privateKey),
    }
    return { read: true, value, source: `Keyturn, ${label}`, at }
  } catch (error) {
    if (!(error instanceof KeyturnError) || problemOf(error).code === 'internal') throw error
    return { read: false, because: problemOf(error).title, source: 'Keyturn', at }
  }
}

const readLocalFile = async (folder: string, name: string): Promise<LocalFile> => {
  const bytes = await readFileCapped(join(folder, name), pkcs12Limit)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (isPkcs12(bytes)) return { name, sha256, certificate: null, pfx: true, problem: null }
  try {
    return { name, sha256, certificate: readCertificate(bytes, name), pfx: false, problem: null }
  } catch (error) {
    return { name, sha256, certificate: null, pfx: false, problem: problemOf(error).title }
  }
}
