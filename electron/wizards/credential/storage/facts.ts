import { problemOf, type Problem } from '../../../../shared/errors/problem.ts'
import type { Answers } from '../../../../shared/forms/form.ts'
import type { AzureIdentity } from '../../../../shared/model/azure.ts'
import type { AzureCloud } from '../../../../shared/model/azure.ts'
import type { TargetRef } from '../../../../shared/model/target.ts'
import type { PlanReader } from '../../../engine/contract.ts'
import type { HandleInfo } from '../../../ports/keyring.ts'
import type { StorageAccount } from '../../../ports/storage.ts'
import { azurePart, azureRef } from '../../azure/read-azure.ts'
import type { CredentialFact } from '../../sqlserver/ekm-facts.ts'
import type { Read, SecretFacts, ServerFacts } from '../../sqlserver/facts-model.ts'
import { readCredentials } from '../../sqlserver/read-ekm.ts'
import { partReader, readSecrets, readServerFacts, serverRef } from '../../sqlserver/read-server.ts'

export interface StorageSide {
  target: TargetRef
  identity: AzureIdentity
  cloud: AzureCloud
  accounts: Read<readonly StorageAccount[]>
  groups: Read<readonly string[]>
  regions: Read<readonly { name: string; label: string }[]>
  /** Containers of the chosen account; null: none is chosen. */
  containers: Read<readonly string[]> | null
}

export interface StorageFacts extends ServerFacts {
  credentials: Read<readonly CredentialFact[]>
  azure: { answered: true; side: StorageSide } | { answered: false; problem: Problem; at: string } | null
  /** Tokens that Keyturn keeps, for this server or the subscription: their labels say when they end. */
  kept: readonly Pick<HandleInfo, 'label' | 'keptAt'>[]
  /** When the plan was first made, ISO: the end of a new token is counted from its day. */
  plannedAt: string
  secrets: SecretFacts
}

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readStorageFacts = async (answers: Answers, reader: PlanReader): Promise<StorageFacts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const common = await readServerFacts(sql, reader)
  const part = partReader(sql, () => reader.clock.now().toISOString())
  const azure = answers['azureMode'] === 'connected' ? await askAzure(answers, reader) : null
  return {
    ...common,
    credentials: await readCredentials(sql, part),
    azure,
    kept: [
      ...reader.keptFor(common.target.id, 'storage.sas'),
      ...(azure?.answered === true ? reader.keptFor(azure.side.target.id, 'storage.sas') : []),
    ],
    plannedAt: reader.plannedAt.toISOString(),
    secrets: readSecrets(answers, ['storageToken', 'accessKey'], reader),
  }
}

const askAzure = async (answers: Answers, reader: PlanReader): Promise<StorageFacts['azure']> => {
  const chosen = answers['azure']
  if (typeof chosen !== 'string' || chosen === '') return null
  try {
    const ref = azureRef(chosen)
    const control = await reader.azure.controls.open(ref)
    const storage = await reader.azure.storage.accounts(ref)
    const part = azurePart(control.ref, () => reader.clock.now().toISOString())
    const [group, account] = String(answers['storageAccount'] ?? '').split('/')
    return {
      answered: true,
      side: {
        target: control.ref,
        identity: control.identity,
        cloud: control.cloud,
        accounts: await part('storage accounts', () => storage.accounts()),
        groups: await part('resource groups', async () =>
          (await control.resourceGroups()).map(({ name }) => name),
        ),
        regions: await part('locations', async () =>
          (await control.regions()).map(({ name, displayName }) => ({ name, label: displayName })),
        ),
        containers:
          group !== undefined && account !== undefined && answers['accountMode'] !== 'create'
            ? await part(`containers of ${account}`, async () =>
                (await storage.containers(group, account)).map(({ name }) => name),
              )
            : null,
      },
    }
  } catch (error) {
    return { answered: false, problem: problemOf(error), at: reader.clock.now().toISOString() }
  }
}
