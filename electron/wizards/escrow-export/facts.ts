import { exportPlaceKinds } from '../../../shared/forms/escrow-export-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asHandleId, asTargetId } from '../../../shared/model/ids.ts'
import type { SecretPurpose } from '../../../shared/model/secrets.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { readCertificate } from '../../formats/x509.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { publicCertificate } from '../../scripts/tsql/certificate.ts'
import { partReader, readSecrets, readServerFacts, serverRef } from '../sqlserver/read-server.ts'
import type { Facts, KeptPassword, PlaceFact, PublicHalf } from './facts-model.ts'
import { readKeyFiles } from './read-key-files.ts'
import { readRecipients } from '../escrow/read-recipients.ts'
import { readNewPlace } from '../escrow/new-place.ts'
import { groupOf } from '../escrow/recipients.ts'

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (
  answers: Answers,
  reader: PlanReader,
  { register }: Pick<EscrowMeans, 'register'>,
): Promise<Facts> => {
  const now = (): string => reader.clock.now().toISOString()
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const common = await readServerFacts(sql, reader)
  const kept = keptPasswords(answers['target'], reader)
  return {
    ...common,
    publicHalves: await partReader(sql, now)('CERTENCODED', () =>
      readPublicHalves(sql, textsOf(answers['certificates'])),
    ),
    kept,
    files: await readKeyFiles(answers, reader),
    groups: register.groups(),
    group: groupOf(answers['group'], register),
    recipients: await readRecipients(answers, reader),
    places: await readPlaces(answers, reader),
    secrets: {
      ...Object.fromEntries(
        kept.map(({ handle, generation, label }) => [handle, { generation, label }] as const),
      ),
      ...readSecrets(answers, ['passphrase'], reader),
    },
  }
}

export const textsOf = (answer: unknown): string[] =>
  Array.isArray(answer) ? answer.filter((one) => typeof one === 'string') : []

const readPublicHalves = async (sql: SqlServer, names: readonly string[]): Promise<PublicHalf[]> => {
  const found: PublicHalf[] = []
  for (const name of names) {
    const bytes = (await sql.query(publicCertificate(name)))[0]?.['certificate']
    if (bytes instanceof Uint8Array) found.push({ name, facts: readCertificate(bytes, name) })
  }
  return found
}

/** Passwords of key material on this server; those that sign in to something are left out. */
const purposes = [
  'sql.key-file-password',
  'sql.dmk-password',
  'sql.smk-file-password',
] as const satisfies readonly SecretPurpose[]

const keptPasswords = (target: unknown, reader: PlanReader): KeptPassword[] =>
  purposes.flatMap((purpose) =>
    reader.keptFor(asTargetId(String(target ?? '')), purpose).map(({ id, label, keptAt }) => ({
      handle: id,
      purpose,
      label,
      keptAt,
      generation: reader.secretInfo(asHandleId(id))?.generation ?? 1,
    })),
  )

const fields = ['place', 'secondPlace', 'thirdPlace'] as const

const readPlaces = async (answers: Answers, reader: PlanReader): Promise<PlaceFact[]> => {
  const places: PlaceFact[] = []
  for (const field of fields) {
    const id = answers[field]
    if (typeof id !== 'string' || id === '') continue
    const kind = exportPlaceKinds.find((one) => one === answers[`${field}Kind`]) ?? 'folder'
    places.push({ field, kind, ...(await readNewPlace(id, reader)) })
  }
  return places
}
