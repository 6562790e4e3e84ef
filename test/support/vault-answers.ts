import type { Answers } from '../../shared/forms/form.ts'
import { runMark, type RunId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { Program } from '../../electron/program.ts'
import type { Ask } from './ask.ts'

/** Answers for a vault, an application and a key that are all new, in a rehearsal. `place`: id of a picked folder. */
export const vaultAnswers = async (ask: Ask, place: string): Promise<Answers> => ({
  azure: (await azureRefOf(ask)).id,
  service: 'create',
  groupMode: 'create',
  newGroup: 'ktr-rg-ekm',
  region: 'westeurope',
  vaultName: 'ktr-vault-ekm',
  tier: 'premium',
  retentionDays: 90,
  purgeProtection: true,
  rights: 'roles',
  network: 'all',
  lock: true,
  log: 'none',
  operatorRole: true,
  applicationMode: 'create',
  applicationName: 'ktr-sp-ekm',
  secretMonths: 12,
  useScope: 'key',
  keyMode: 'create',
  keyName: 'KTR-TDE-NEW',
  keyType: 'RSA-HSM',
  keyBits: '2048',
  keyExpiry: '',
  keyBackup: place,
})

/**
 * What a run of the job leaves in Azure and in the keyring, in a form that two runs can be compared by: no ids, no
 * versions, no times. `run` null: names stay as they are.
 */
export const vaultEndState = async (program: Program, ask: Ask, run: RunId | null): Promise<string[]> => {
  const ref = await azureRefOf(ask)
  const control = await program.azure.controls.open(ref)
  const directory = await program.azure.directories.open(ref)
  const vaults = await control.vaults()
  const applications = await directory.applications('ktr-')
  const lines = [
    ...(await control.resourceGroups()).map(({ name }) => `group ${name}`),
    ...vaults.map(
      ({ name, rights, purgeProtection }) => `vault ${name}, ${rights}, purge protection ${purgeProtection}`,
    ),
    ...applications.map(
      ({ name, secrets }) => `application ${name}, secrets ${secrets.map((one) => one.name).join()}`,
    ),
    ...program.keyring.list({ purpose: 'ekm.client-secret' }).map(({ label }) => `kept ${label}`),
  ]
  for (const { id, name, host } of vaults) {
    for (const lock of await control.locks(id)) lines.push(`lock of ${name}: ${lock.name}`)
    if (!name.endsWith('-ekm')) continue
    const vault = await program.azure.vaults.at(ref, host)
    for (const { name: key } of await vault.keys()) {
      const versions = await vault.versions(key)
      lines.push(
        `key ${key} of ${name}: ${versions.length} versions, marks ${versions.map(({ mark }) => mark).join()}`,
      )
      for (const { name: application, clientId } of applications) {
        const principal = await directory.servicePrincipal(clientId)
        if (principal === null) continue
        const given = await control.roleAssignments(`${id}/keys/${key}`, principal.objectId)
        for (const { scope } of given)
          lines.push(`role of ${application} on ${scope.split('/').at(-1) ?? ''}`)
      }
    }
    await vault.close()
  }
  return lines.map((line) => (run === null ? line : line.replaceAll(runMark(run), 'MARK'))).sort()
}

/** The rehearsal has one subscription. */
export const azureRefOf = async (ask: Ask): Promise<TargetRef> => {
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.kind === 'azure')
  if (found === undefined) throw new Error('the rehearsal has no subscription')
  const { id, name, environment } = found.connection
  return { id, kind: 'azure', name, environment }
}
