import {
  takesSecond,
  isBackupName,
  isPublicName,
  isTransferName,
} from '../../../shared/forms/key-import-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import { keyNameProblem } from '../../../shared/model/azure.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { AzureControl } from '../../ports/azure-control.ts'
import type { KeyVault } from '../../ports/key-vault.ts'
import { azurePart, azureRef, readAzureFacts, readKey, type AzurePart } from '../azure/read-azure.ts'
import type { AzureFacts } from '../azure/facts-model.ts'
import { sameId } from '../azure/words.ts'
import { kekOf } from '../azure/exchange-key.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { readProviderKeys } from '../sqlserver/read-ekm.ts'
import { readPlace, serverRef } from '../sqlserver/read-server.ts'
import type { Facts, OriginKey, ServerSide, TokenFacts, VaultSide } from './facts-model.ts'
import { originOf, readBackup, readNames, readPublic, readTransfer } from './read-files.ts'

/** Reads everything that the plan and the screens stand on; tries no PIN and changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const control = await reader.azure.controls.open(azureRef(answers['azure']))
  const now = (): string => reader.clock.now().toISOString()
  const part = azurePart(control.ref, now)
  const common = await readAzureFacts(control, reader)
  const text = (field: string): string => {
    const answer = answers[field]
    return typeof answer === 'string' ? answer.trim() : ''
  }
  const task = text('task')
  const compares = task === 'transfer' || task === 'compare'
  const names = await readNames(
    answers['place'],
    (name) => isTransferName(name) || isBackupName(name),
    reader,
  )
  const publicNames =
    compares && text('origin') === 'file'
      ? await readNames(answers['publicPlace'], isPublicName, reader)
      : null
  const keyName = task === 'exchange-key' ? text('exchangeName') : text('keyName')
  const open = (host: string): Promise<KeyVault> => reader.azure.vaults.at(control.ref, host)
  const side = async (field: VaultSide['field'], file: string): Promise<VaultSide[]> => {
    const place = placeOf(common, text(field))
    if (place === null) return []
    const transfer =
      task === 'transfer'
        ? await readTransfer({ place: answers['place'], name: answers[file], names, reader })
        : null
    const found = transfer?.ok === true && sameId(transfer.value.host, place.host) ? transfer.value : null
    const reachable = place.hsm === null || place.hsm.activation === 'active'
    return [
      {
        field,
        ...place,
        file: transfer,
        rights: await rightsAt(control, place, part),
        key:
          reachable && keyNameProblem(keyName, 127) === null
            ? await readKey(place.host, keyName, open, part)
            : null,
        kek:
          found === null || !reachable
            ? null
            : await readKek(place.host, found.kekName, found.kekVersion, open, part),
      },
    ]
  }
  const second = takesSecond({ task: task as never, second: answers['second'] === true })
  const [token, publicFile, first, other] = await Promise.all([
    compares && text('origin') !== 'file' && text('hsm') !== '' ? readToken(text('hsm'), reader, now) : null,
    publicNames === null
      ? null
      : readPublic({
          place: answers['publicPlace'],
          name: answers['publicFile'],
          names: publicNames,
          reader,
        }),
    side('vault', 'file'),
    second ? side('secondVault', 'secondFile') : [],
  ])
  return {
    ...common,
    sides: [...first, ...other],
    names,
    placeLabel: readPlace(answers['place'], reader),
    backup:
      task === 'restore'
        ? await readBackup({ place: answers['place'], name: answers['backupFile'], names, reader })
        : null,
    source:
      task === 'restore' ? await readSource(placeOf(common, text('backupOf')), keyName, open, part) : null,
    token,
    publicNames,
    publicFile,
    origin: publicFile?.ok === true ? publicFile.value : originOfToken(token, text('tokenKey')),
    server: task === 'compare' && text('sql') !== '' ? await readServer(text('sql'), reader, now) : null,
  }
}

type Place = Pick<VaultSide, 'host' | 'name' | 'region' | 'settings' | 'hsm'>

/** Null: the subscription has, or shows, no such vault. */
const placeOf = ({ vaults, managedHsms }: AzureFacts, host: string): Place | null => {
  const settings = vaults.read ? vaults.value.find((one) => sameId(one.host, host)) : undefined
  if (settings !== undefined) return { ...placed(settings), settings, hsm: null }
  const hsm = managedHsms.read ? managedHsms.value.find((one) => sameId(one.host, host)) : undefined
  return hsm === undefined ? null : { ...placed(hsm), settings: null, hsm }
}

const placed = ({ host, name, region }: { host: string; name: string; region: string }) => ({
  host: host.toLowerCase(),
  name,
  region,
})

const rightsAt = async (
  control: AzureControl,
  { settings }: Place,
  part: AzurePart,
): Promise<VaultSide['rights']> =>
  settings?.rights === 'roles'
    ? part(`permissions at ${settings.name}`, () => control.ownPermissions(settings.id))
    : null

const readKek = (
  host: string,
  name: string,
  version: string,
  open: (host: string) => Promise<KeyVault>,
  part: AzurePart,
): Promise<NonNullable<VaultSide['kek']>> =>
  part(`key ${name} of ${host}`, async () => {
    const vault = await open(host)
    try {
      const key = await vault.key(name, version)
      return key === null ? null : kekOf(key)
    } finally {
      await vault.close()
    }
  })

const readSource = async (
  place: Place | null,
  name: string,
  open: (host: string) => Promise<KeyVault>,
  part: AzurePart,
): Promise<Facts['source']> => {
  if (place === null || keyNameProblem(name, 127) !== null) return null
  const { host, region } = place
  return part(`versions of ${name} of ${host}`, async () => {
    const vault = await open(host)
    try {
      return { host, region, key: await vault.key(name), versions: await vault.versions(name) }
    } finally {
      await vault.close()
    }
  })
}

/** What can't be reached is an answer here: the other half of the facts is as it is. */
const orBecause = async <Value>(
  source: string,
  now: () => string,
  work: () => Promise<Value>,
): Promise<Read<Value>> => {
  try {
    return { read: true, value: await work(), source, at: now() }
  } catch (error) {
    const problem = problemOf(error)
    if (!(error instanceof KeyturnError) || problem.code === 'internal') throw error
    return { read: false, because: problem.title, source, at: now() }
  }
}

const readToken = (id: string, reader: PlanReader, now: () => string): Promise<Read<TokenFacts>> =>
  orBecause('public keys of the token', now, async () => {
    const ref: TargetRef = { id: asTargetId(id), kind: 'hsm', name: id, environment: 'production' }
    const hsm = await reader.hsms.open(ref)
    try {
      const found = await hsm.token.find({ onlyPublic: true })
      const keys = found
        .filter((key) => key.kept === 'token' && key.class === 'public' && key.type === 'RSA')
        .map(({ id: keyId, label, bits, spki }) => ({
          id: keyId,
          label,
          bits,
          spki: spki === null ? null : Buffer.from(spki).toString('base64'),
        }))
      const wrap = hsm.probe === null ? null : (hsm.probe.use?.verdict ?? 'none')
      return { ref: hsm.ref, wrap, keys }
    } finally {
      await hsm.close()
    }
  })

/** Two keys of one id are told apart by nothing: then there is none to compare with. */
const originOfToken = (token: Facts['token'], id: string): OriginKey | null => {
  if (token?.read !== true || id === '') return null
  const [key, twin] = token.value.keys.filter((one) => one.id === id)
  if (key?.spki === undefined || key.spki === null || twin !== undefined) return null
  return originOf(Buffer.from(key.spki, 'base64'), `key ${key.label} of token ${token.value.ref.name}`)
}

const readServer = (id: string, reader: PlanReader, now: () => string): Promise<Read<ServerSide>> =>
  orBecause('master.sys.asymmetric_keys', now, async () => {
    const sql = await reader.sqlServer(serverRef(id))
    return { ref: sql.ref, identity: sql.identity, keys: await readProviderKeys(sql) }
  })
