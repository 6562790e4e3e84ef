import { join } from 'node:path'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { isKeyFile } from '../../../shared/forms/escrow-export-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import type { FactReader } from '../../engine/contract.ts'
import { sha256Of } from '../../escrow/digest.ts'
import { isPkcs12 } from '../../formats/pkcs12.ts'
import { readCertificate } from '../../formats/x509.ts'
import { filesIn, lendFileCapped } from '../../platform/read-file.ts'
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
      answers['serviceKeyFile'],
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
  try {
    return await lendFileCapped(join(folder, name), largestKeyFile, (bytes) =>
      shownBy(name, bytes, asCertificate),
    )
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code === 'internal') throw error
    return { ...unread(name), problem: problemOf(error).title }
  }
}

const unread = (name: string) => ({ name, sha256: '', certificate: null })

const shownBy = (name: string, bytes: Buffer, asCertificate: boolean): KeyFile => {
  if (bytes.length === 0) return { ...unread(name), problem: 'the file is empty' }
  const sha256 = sha256Of(bytes)
  if (!asCertificate || isPkcs12(bytes)) return { name, sha256, certificate: null, problem: null }
  const facts = readCertificate(bytes, name)
  return {
    name,
    sha256,
    certificate: facts,
    problem: facts.selfSigned ? null : `another issuer signed it: ${facts.issuer}`,
  }
}
