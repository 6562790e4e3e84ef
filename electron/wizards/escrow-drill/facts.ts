import { join } from 'node:path'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { fingerprintOf, isRecipientKeyFile, shareFields } from '../../../shared/forms/escrow-drill-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import type { FactReader, PlanReader } from '../../engine/contract.ts'
import { findPackage, packagesIn, readFilesAt } from '../../escrow/find-package.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { shareOwner } from '../../escrow/given-shares.ts'
import type { SignerTrust } from '../../escrow/package/signer.ts'
import { verifyPackage } from '../../escrow/package/verify.ts'
import { longestKeyFile } from '../../escrow/recipient-key.ts'
import { sha256Of } from '../../escrow/digest.ts'
import { filesIn, lendFileCapped } from '../../platform/read-file.ts'
import { textOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { userDatabases } from '../../scripts/tsql/drill-queries.ts'
import { allDatabases } from '../../scripts/tsql/sight.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import {
  partReader,
  readSecrets,
  readServerFacts,
  readServiceAccount,
  serverRef,
} from '../sqlserver/read-server.ts'
import type { Facts, KeyFileFact, PackageFact, TargetFacts } from './facts-model.ts'
import { readToken } from './read-token.ts'

/** Verifies the package and reads the server or token; changes nothing. What the answers do not name yet is not read. */
export const readFacts = async (answers: Answers, reader: PlanReader, means: EscrowMeans): Promise<Facts> => {
  const readAt = reader.clock.now().toISOString()
  const found = await readPackage(answers, reader, means)
  const onToken = answers['putOn'] === 'token'
  const chosen = (field: string): string => {
    const answer = answers[field]
    return typeof answer === 'string' ? answer : ''
  }
  const server = onToken ? '' : chosen('drillTarget')
  const hsm = onToken ? chosen('hsm') : ''
  const token = hsm === '' ? null : await readToken(hsm, reader)
  const keptPin = token?.read === true ? token.value.keptPin : null
  return {
    readAt,
    ...found,
    given:
      found.package?.read === true
        ? reader
            .keptFor(shareOwner(found.package.value.manifest.id), 'escrow.share')
            .map(({ id }): string => id)
        : [],
    keyFile: await readKeyFile(answers, reader),
    target: server === '' ? null : await readTarget(await reader.sqlServer(serverRef(server)), reader),
    token,
    secrets: readSecrets(
      { ...answers, keptPin },
      [...shareFields, 'recipientPassphrase', 'masterKeyPassword', 'pin', 'keptPin'],
      reader,
    ),
  }
}

const trustOf = (answers: Answers, { knownSigners }: EscrowMeans): SignerTrust => {
  const typed = answers['signerFingerprint']
  const fingerprint = typeof typed === 'string' ? fingerprintOf(typed) : ''
  return /^[0-9a-f]{64}$/.test(fingerprint)
    ? { kind: 'given', fingerprint }
    : { kind: 'known', fingerprints: knownSigners() }
}

const readPackage = async (
  answers: Answers,
  reader: FactReader,
  means: EscrowMeans,
): Promise<Pick<Facts, 'package' | 'packages'>> => {
  const place = answers['packageFolder']
  if (typeof place !== 'string' || place === '') return { package: null, packages: [] }
  const at = reader.clock.now().toISOString()
  let packages: readonly string[] = []
  try {
    const picked = reader.places.folderOf(asPlaceId(place))
    const label = reader.places.label(asPlaceId(place))
    packages = (await packagesIn(picked)) ?? []
    const chosen = answers['packageName']
    const where = await findPackage(picked, typeof chosen === 'string' ? chosen : '')
    const check = verifyPackage(await readFilesAt(where), trustOf(answers, means))
    const { id } = check.manifest
    const listed = means.register.packages().find((one) => one.id === id)
    const value: PackageFact = {
      ...check,
      label,
      folder: where.folder,
      listed:
        listed === undefined ? 'not' : listed.manifestSha256 === check.manifestSha256 ? 'same' : 'other',
      lastDrill: means.register.lastDrill(id),
    }
    return { package: { read: true, value, source: `Keyturn, ${label}`, at }, packages }
  } catch (error) {
    return { package: notRead(error, at), packages }
  }
}

const notRead = (error: unknown, at: string): Extract<Read<never>, { read: false }> => {
  if (!(error instanceof KeyturnError) || problemOf(error).code === 'internal') throw error
  const { title, next } = problemOf(error)
  return { read: false, because: `${title}. ${next}`, source: 'Keyturn', at }
}

const mostNames = 200

const readKeyFile = async (answers: Answers, reader: FactReader): Promise<Read<KeyFileFact> | null> => {
  const place = answers['recipientFolder']
  if (answers['openWith'] !== 'recipient' || typeof place !== 'string' || place === '') return null
  const at = reader.clock.now().toISOString()
  try {
    const folder = reader.places.folderOf(asPlaceId(place))
    const label = reader.places.label(asPlaceId(place))
    const names = (await filesIn(folder)).filter(isRecipientKeyFile).slice(0, mostNames)
    const chosen = answers['recipientKeyFile']
    return {
      read: true,
      value: {
        label,
        names,
        sha256:
          typeof chosen === 'string' && names.includes(chosen)
            ? await lendFileCapped(join(folder, chosen), longestKeyFile, sha256Of)
            : null,
      },
      source: `Keyturn, ${label}`,
      at,
    }
  } catch (error) {
    return notRead(error, at)
  }
}

const readTarget = async (sql: SqlServer, reader: PlanReader): Promise<TargetFacts> => {
  const part = partReader(sql, () => reader.clock.now().toISOString())
  return {
    ...(await readServerFacts(sql, reader)),
    userDatabases: await part('sys.databases', async () =>
      (await allRows(sql, userDatabases(), allDatabases())).map((row) => textOf(row['name'])),
    ),
    account: await part('sys.dm_server_services', () => readServiceAccount(sql)),
  }
}
