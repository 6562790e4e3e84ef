import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { isKeyFile } from '../../../shared/forms/escrow-export-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import type { FactReader } from '../../engine/contract.ts'
import { isPkcs12 } from '../../formats/pkcs12.ts'
import { readCertificate } from '../../formats/x509.ts'
import { filesIn, readFileCapped } from '../../platform/read-file.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type { KeyFile, KeyFolder } from './facts-model.ts'

const mostNames = 500
/** More does not fit in one item of a package. */
export const largestKeyFile = 1024 * 1024

/** Lists a picked folder and reads the files that were chosen there; opens nothing. Null: no folder was picked. */
export const readKeyFiles = async (
  answers: Answers,
  reader: Pick<FactReader, 'places' | 'clock'>,
): Promise<Read<KeyFolder> | null> => {
  const answer = answers['fileFolder']
  if (typeof answer !== 'string' || answer === '') return null
  const at = reader.clock.now().toISOString()
  try {
    const folder = reader.places.folderOf(asPlaceId(answer))
    const label = reader.places.label(asPlaceId(answer))
    const names = (await filesIn(folder)).filter(isKeyFile).slice(0, mostNames)
    const wanted = [
      answers['certificateFile'],
      answers['privateKeyFile'],
      answers['masterKeyFile'],
      ...(Array.isArray(answers['vaultBackups']) ? answers['vaultBackups'] : []),
    ]
    const chosen: KeyFile[] = []
    for (const name of new Set(wanted)) {
      if (typeof name === 'string' && names.includes(name))
        chosen.push(await readOne(folder, name, name === answers['certificateFile']))
    }
    return { read: true, value: { label, names, chosen }, source: `Keyturn, ${label}`, at }
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code === 'internal') throw error
    return { read: false, because: error.problem.title, source: 'Keyturn', at }
  }
}

const readOne = async (folder: string, name: string, asCertificate: boolean): Promise<KeyFile> => {
  const unread = { name, sha256: '', certificate: null }
  try {
    const bytes = await readFileCapped(join(folder, name), largestKeyFile)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    if (bytes.length === 0) return { ...unread, problem: 'the file is empty' }
    if (!asCertificate || isPkcs12(bytes)) return { name, sha256, certificate: null, problem: null }
    const facts = readCertificate(bytes, name)
    return {
      name,
      sha256,
      certificate: facts,
      problem: facts.selfSigned ? null : `another issuer signed it: ${facts.issuer}`,
    }
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code === 'internal') throw error
    return { ...unread, problem: problemOf(error).title }
  }
}
