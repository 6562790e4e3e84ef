import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answers } from '../../shared/forms/form.ts'
import type { Program } from '../../electron/program.ts'
import type { Ask } from './ask.ts'
import { certificateBatch, masterKeyBatch, onServer, targetNamed } from './certificate-answers.ts'
import { pickFolder } from './encrypted-backup-answers.ts'
import { makeRecipient, makeTestGroup } from './escrow-package.ts'
import { registerGroupIn } from './share-group.ts'
import { azureRefOf } from './vault-answers.ts'
import { GROUPS, STORAGE, VAULTS } from '../../sandbox/azure/estate-ids.ts'

export const exportServer = 'ktr-sqlprod-01'
export const exportCertificate = 'KT_Escrowed'
export const exportFolders = ['place-one', 'place-two'] as const
const recipientFolder = 'recipients'
const keptLabel = 'Private key file of KT_Escrowed'

/** What the holders of the group have; in a file, because each life of a crash trial is another process. */
export interface Holders {
  group: string
  shares: string[]
}
const holdersFile = 'holders.json'
export const holdersOf = (home: string): Holders =>
  JSON.parse(readFileSync(join(home, holdersFile), 'utf8')) as Holders

/**
 * A certificate on the server, a kept password, folders, a recipient, and a share group in the profile’s list, which the
 * next start of the program reads.
 */
export const prepareExport = async (
  stage: { program: Program; ask: Ask },
  { profile, home }: { profile: string; home: string },
): Promise<void> => {
  await prepareServer(stage)
  await prepareGroup({ profile, home })
}

export const prepareServer = async (stage: { program: Program; ask: Ask }): Promise<void> => {
  await onServer(stage, exportServer, masterKeyBatch, certificateBatch(exportCertificate))
  await stage.ask('secrets.generate', {
    purpose: 'sql.key-file-password',
    target: await targetNamed(stage.ask, exportServer),
    label: keptLabel,
  })
}

export const prepareGroup = async ({
  profile,
  home,
}: {
  profile: string
  home: string
}): Promise<Holders> => {
  for (const folder of [...exportFolders, recipientFolder]) mkdirSync(join(home, folder), { recursive: true })
  writeFileSync(
    join(home, recipientFolder, 'custodian.cer'),
    makeRecipient('Custodian in Geneva').certificate,
  )
  const group = await makeTestGroup(2, 3)
  const holders = { group: await registerGroupIn(profile, group), shares: group.shares }
  writeFileSync(join(home, holdersFile), JSON.stringify(holders))
  return holders
}

/** As a person fills the form in; the kept password is found by the label under which it was kept. */
export const answersOfExport = async (ask: Ask, home: string, changes: Answers = {}): Promise<Answers> => {
  const target = await targetNamed(ask, exportServer)
  const page = { sort: null, search: '', filters: [], offset: 0, limit: 100 }
  const { rows } = await ask('secrets.list', { page })
  const kept = rows.filter(({ label }) => label === keptLabel)
  return {
    target,
    certificates: [exportCertificate],
    othersEncrypt: true,
    keptPasswords: kept.map(({ id }) => id),
    group: holdersOf(home).group,
    recipientFolder: await pickFolder(ask, recipientFolder),
    custodianFiles: ['custodian.cer'],
    recoveryFiles: [],
    place: await pickFolder(ask, exportFolders[0]),
    placeKind: 'folder',
    secondPlace: await pickFolder(ask, exportFolders[1]),
    secondPlaceKind: 'usb',
    thirdPlaceKind: 'none',
    ...changes,
  }
}

/** The same with a backup of a key of a vault, and a container as the third place. */
export const answersOfAzureExport = async (ask: Ask, home: string): Promise<Answers> =>
  answersOfExport(ask, home, {
    vault: `${VAULTS.good}.vault.azure.net`,
    vaultKeys: ['ktr-tde-sql01'],
    ...(await inContainer(ask, 'thirdPlace')),
  })

/** The container of the rehearsal’s estate as a place. */
export const inContainer = async (ask: Ask, field: 'place' | 'thirdPlace'): Promise<Answers> => ({
  azure: (await azureRefOf(ask)).id,
  [`${field}Kind`]: 'blob-container',
  [`${field}Account`]: `${GROUPS.weu}/${STORAGE.account}`,
  [`${field}Container`]: STORAGE.container,
})

/** Names of the blobs that lie in that container now. */
export const escrowBlobs = async (program: Program, ask: Ask): Promise<string[]> => {
  const host = `${STORAGE.account}.blob.core.windows.net`
  const store = await program.azure.storage.at(await azureRefOf(ask), host)
  return (await store.blobs(STORAGE.container, 'keyturn-escrow-')).map(({ name }) => name).sort()
}
