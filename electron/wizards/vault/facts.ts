import { keyNameProblem, vaultNameProblem } from '../../../shared/model/azure.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { AzureControl } from '../../ports/azure-control.ts'
import type { Directory } from '../../ports/directory.ts'
import type { KeyVault } from '../../ports/key-vault.ts'
import type { AzureFacts } from '../azure/facts-model.ts'
import {
  azurePart,
  azureRef,
  readApplication,
  readAssignments,
  readAzureFacts,
  readKey,
  readRights,
  readVault,
  type AzurePart,
} from '../azure/read-azure.ts'
import { sameId } from '../azure/words.ts'
import { readLocalKeyFiles } from '../sqlserver/read-local-files.ts'
import { readPlace, readSecrets } from '../sqlserver/read-server.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type { Facts } from './facts-model.ts'

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const ref = azureRef(answers['azure'])
  const control = await reader.azure.controls.open(ref)
  const now = (): string => reader.clock.now().toISOString()
  const part = azurePart(control.ref, now)
  const common = await readAzureFacts(control, reader)
  const text = (field: string): string => {
    const answer = answers[field]
    return typeof answer === 'string' ? answer.trim() : ''
  }
  const openVault = (host: string): Promise<KeyVault> => reader.azure.vaults.at(control.ref, host)

  const service = text('service')
  const chosenVault = service === 'vault' ? named(common.vaults, text('vault')) : null
  const chosenHsm = service === 'managed-hsm' ? named(common.managedHsms, text('managedHsm')) : null
  const found = chosenVault ?? chosenHsm
  const openDirectory = (): Promise<Directory> => reader.azure.directories.open(control.ref)
  const keyName = answers['keyMode'] === 'use' ? text('key') : text('keyName')
  const reachable = chosenHsm === null || chosenHsm.activation === 'active'

  const [vault, nameFree, place, applications, application, key] = await Promise.all([
    found !== null && reachable ? readVault(control, found, openVault, part) : null,
    service === 'create' && vaultNameProblem(text('vaultName')) === null
      ? part(`name ${text('vaultName')}`, () => control.vaultName(text('vaultName')))
      : null,
    readPlaceOf(control, { found, service, group: text('group'), mode: text('groupMode') }, common, part),
    answers['applicationMode'] === 'use'
      ? part('applications', async () => (await openDirectory()).applications(text('applicationFilter')))
      : notAsked,
    answers['applicationMode'] === 'use' && text('application') !== ''
      ? readApplication(openDirectory, text('application'), part)
      : null,
    found !== null && reachable && keyNameProblem(keyName, 127) === null
      ? readKey(found.host, keyName, openVault, part)
      : null,
  ])
  const principal =
    application?.read === true ? (application.value?.servicePrincipal?.objectId ?? null) : null
  return {
    ...common,
    chosenVault,
    chosenHsm,
    vault,
    nameFree,
    ...place,
    applications,
    application,
    given:
      principal !== null && chosenVault !== null && keyNameProblem(keyName, 127) === null
        ? await readAssignments(control, `${chosenVault.id}/keys/${keyName}`, principal, part)
        : null,
    key,
    importFiles:
      answers['keyMode'] === 'import'
        ? await readLocalKeyFiles(
            { folder: answers['importFolder'], certificate: answers['importFile'], privateKey: null },
            reader,
          )
        : null,
    secrets: readSecrets(answers, ['applicationSecret', 'importPassword'], reader),
    backupLabel: readPlace(answers['keyBackup'], reader),
  }
}

/** A tenant has many; they are listed where one is to be chosen. */
const notAsked = { read: false, because: 'not asked', source: 'Keyturn', at: '' } as const

const named = <Item extends { name: string }>(read: Read<readonly Item[]>, name: string): Item | null =>
  (read.read ? read.value.find((one) => sameId(one.name, name)) : undefined) ?? null

/** Rights at the nearest thing that is there: what is given above it holds below. */
const readPlaceOf = async (
  control: AzureControl,
  wanted: { found: { id: string } | null; service: string; group: string; mode: string },
  common: AzureFacts,
  part: AzurePart,
): Promise<Pick<Facts, 'rights' | 'subscriptionRights'>> => {
  const subscription = `/subscriptions/${control.identity.subscriptionId}`
  const group =
    wanted.service === 'create' && wanted.mode !== 'create' ? named(common.groups, wanted.group) : null
  const scope = wanted.found?.id ?? group?.id ?? (wanted.service === 'create' ? subscription : null)
  if (scope === null) return { rights: null, subscriptionRights: null }
  const rights = await readRights(control, scope, part)
  return { rights, subscriptionRights: scope === subscription ? rights : null }
}
