import { isAzureId, keyNameProblem, vaultPlaceOf } from '../../../shared/model/azure.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { KeyVault } from '../../ports/key-vault.ts'
import {
  azurePart,
  azureRef,
  readApplication,
  readAzureFacts,
  readRights,
  type AzurePart,
} from '../azure/read-azure.ts'
import { sameId } from '../azure/words.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { readLogParts } from '../sqlserver/log-facts.ts'
import { readEkm } from '../sqlserver/read-ekm.ts'
import { readKeyNeeds } from '../sqlserver/read-key-needs.ts'
import { askReplicas, type Replica } from '../sqlserver/read-replicas.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readPlace,
  readSecrets,
  readServerFacts,
  serverRef,
} from '../sqlserver/read-server.ts'
import { readTdeParts } from '../sqlserver/tde-facts.ts'
import type { Facts, KeyInVault, VaultSide } from './facts-model.ts'

/**
 * Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. The subscription is
 * asked where one is chosen and connected.
 */
export const readFacts = async (
  answers: Answers,
  reader: PlanReader,
  isSubscription: (target: unknown) => boolean = () => true,
): Promise<Facts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const part = partReader(sql, () => reader.clock.now().toISOString())
  const common = await readServerFacts(sql, reader)
  const major = majorOf(common)
  const databases = answers['databases']
  const replicasAsked =
    Array.isArray(databases) && databases.length > 0 ? await askReplicas(common, databases, reader) : []
  return {
    ...common,
    ...(await readTdeParts(sql, common, reader)),
    ...(await readLogParts(sql, part)),
    ekm: await readEkm(sql, reader),
    needs: await readKeyNeeds(sql, reader, major),
    replicasAsked,
    replicaKeys: await readReplicaKeys(replicasAsked, reader),
    backupFolder: await readFolder(answers['backupFolder'], major, sql, part),
    azure:
      typeof answers['azure'] === 'string' && answers['azure'] !== '' && isSubscription(answers['azure'])
        ? await readVaultSide(answers, reader)
        : null,
    secrets: readSecrets(answers, ['applicationSecret'], reader),
    backupLabel: readPlace(answers['keyBackup'], reader),
  }
}

const readReplicaKeys = async (
  replicas: readonly Replica[],
  reader: PlanReader,
): Promise<Record<string, EkmFacts>> => {
  const found: Record<string, EkmFacts> = {}
  for (const replica of replicas) {
    if (replica.asked !== 'answered') continue
    const { target } = replica.facts
    found[target.id] = await readEkm(await reader.sqlServer(target), reader)
  }
  return found
}

const readVaultSide = async (answers: Answers, reader: PlanReader): Promise<VaultSide> => {
  const control = await reader.azure.controls.open(azureRef(answers['azure']))
  const part = azurePart(control.ref, () => reader.clock.now().toISOString())
  const common = await readAzureFacts(control, reader)
  const text = (field: string): string => {
    const answer = answers[field]
    return typeof answer === 'string' ? answer.trim() : ''
  }
  const host = text('vault').toLowerCase()
  const chosen =
    vaultPlaceOf(host) === null ? null : (atHost(common.vaults, host) ?? atHost(common.managedHsms, host))
  const keyIn = (name: string): Promise<Read<KeyInVault>> | null =>
    chosen !== null && keyNameProblem(name, 127) === null
      ? readKeyInVault(name, host, () => reader.azure.vaults.at(control.ref, host), part)
      : null
  const openDirectory = () => reader.azure.directories.open(control.ref)
  const client = text('application')
  const [keys, old, other, rights, applications, application] = await Promise.all([
    chosen === null
      ? null
      : part(`keys of ${chosen.name}`, async () => {
          const vault = await reader.azure.vaults.at(control.ref, host)
          return vault.keys().finally(() => vault.close())
        }),
    keyIn(text('vaultKey')),
    answers['to'] === 'other-key' ? keyIn(text('otherKey')) : null,
    chosen !== null && 'rights' in chosen ? readRights(control, chosen.id, part) : null,
    part('applications', async () => (await openDirectory()).applications(text('applicationFilter'))),
    isAzureId(client) ? readApplication(openDirectory, client, part) : null,
  ])
  return { ...common, chosen, keys, old, other, rights, applications, application }
}

const atHost = <Item extends { host: string }>(read: Read<readonly Item[]>, host: string): Item | null =>
  (read.read ? read.value.find((one) => sameId(one.host, host)) : undefined) ?? null

const readKeyInVault = (
  name: string,
  host: string,
  openVault: () => Promise<KeyVault>,
  part: AzurePart,
): Promise<Read<KeyInVault>> =>
  part(`key ${name} of ${host}`, async () => {
    const vault = await openVault()
    try {
      const present = await vault.key(name)
      return {
        name,
        present,
        versions: present === null ? [] : await vault.versions(name),
        policy: await part(`rotation policy of ${name}`, () => vault.rotationPolicy(name)),
      }
    } finally {
      await vault.close()
    }
  })
