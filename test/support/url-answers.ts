import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import type { Answers } from '../../shared/forms/form.ts'
import type { Program } from '../../electron/program.ts'
import type { Ask } from './ask.ts'
import { onServer } from './certificate-answers.ts'
import { loginOn, seededApplication, vaultOfEstate } from './credential-answers.ts'
import type { Simulators } from './simulators.ts'

interface Place {
  ask: Ask
  simulators: Simulators
}

/** The container of the estate, and a token for it: only the simulators know the key that signs. */
export const containerOfEstate = async (
  simulators: Simulators,
): Promise<{ url: string; token: string; account: string; key: string }> => {
  const { azure } = (await simulators.order({ command: 'status' })) as unknown as {
    azure: { storageAccounts: { name: string; key: string; containers: string[] }[] }
  }
  const [account] = azure.storageAccounts
  const container = account?.containers[0]
  if (account === undefined || container === undefined) throw new Error('the estate has no container')
  const token = generateBlobSASQueryParameters(
    {
      containerName: container,
      permissions: ContainerSASPermissions.parse('rwdl'),
      startsOn: new Date(Date.now() - 900_000),
      expiresOn: new Date(Date.now() + 3 * 86_400_000),
    },
    new StorageSharedKeyCredential(account.name, account.key),
  ).toString()
  return {
    url: `https://${account.name}.blob.core.windows.net/${container}`,
    token,
    account: account.name,
    key: account.key,
  }
}

/** Answers about the container, with a credential that the run makes; the token goes to main as the window sends it. */
export const answersOfContainer = async ({ ask, simulators }: Place, target: string): Promise<Answers> => {
  const { url, token } = await containerOfEstate(simulators)
  const { handle } = await ask('secrets.keep', {
    purpose: 'storage.sas',
    target,
    label: 'Token of the container',
    rule: 'storage-token',
    bytes: new TextEncoder().encode(`?${token}`),
  })
  return { containerUrl: url, blobAccess: 'sas', credentialMode: 'create', storageToken: handle }
}

/** The estate's key for backups as an object of a server that has the connector, with its login and credential. */
export const withBackupKey = async (
  place: Place & { program: Program },
  server: string,
  key: string,
): Promise<void> => {
  const { clientId, secret } = await seededApplication(place.simulators)
  const login = await loginOn(place, server)
  const credential = `${key}_cred`
  await onServer(
    place,
    server,
    `CREATE CREDENTIAL ${credential} WITH IDENTITY = '${vaultOfEstate}', SECRET = '${clientId.replaceAll('-', '')}${secret}' FOR CRYPTOGRAPHIC PROVIDER AKV; ALTER LOGIN [${login}] ADD CREDENTIAL ${credential}`,
    `CREATE ASYMMETRIC KEY ${key} FROM PROVIDER AKV WITH PROVIDER_KEY_NAME = 'ktr-backup-sql01', CREATION_DISPOSITION = OPEN_EXISTING`,
    `CREATE LOGIN ${key}_login FROM ASYMMETRIC KEY ${key}; ALTER LOGIN [${login}] DROP CREDENTIAL ${credential}; ALTER LOGIN ${key}_login ADD CREDENTIAL ${credential}`,
  )
}
