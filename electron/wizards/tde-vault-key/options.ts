import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { TdeVaultKeyDraft } from '../../../shared/forms/tde-vault-key-draft.ts'
import { connectorRefusal, listedRefusal } from '../azure/key-rules.ts'
import { hsmRefusal, keyText } from '../azure/words.ts'
import { stateText } from '../sqlserver/database-keys.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import {
  connectorLibrary,
  connectorProblem,
  connectorText,
  leastConnector,
  runtimeFor,
} from '../sqlserver/host-rules.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { keyOf, silentReplicas } from '../sqlserver/tde-facts.ts'
import { shownOf } from '../sqlserver/words.ts'
import { databaseRefusal, editionRefusal } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import { accountOf, azureOf, isClustered, registryState, runsOnWindows } from './found.ts'

interface Connected {
  targets: readonly FactOption[]
  subscriptionTargets: readonly FactOption[]
}

/** What one screen shows of the facts. With no server chosen yet, only the lists of what is connected. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts | null,
  connected: Connected,
  now: string,
): FormFacts => {
  if (facts === null)
    return { options: { ...connected }, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  const side = azureOf(facts)
  return {
    options: {
      ...connected,
      databases: databaseOptions(facts),
      vaults: vaultOptions(facts),
      vaultKeys:
        side?.keys?.read === true
          ? side.keys.value.map((key) =>
              row(key.name, key.name, listedRefusal(key, new Date(facts.readAt)), { State: keyText(key) }),
            )
          : [],
      keptSecrets:
        side?.kept.map(({ id, label, keptAt }) => row(id, label, null, { Kept: keptAt.slice(0, 10) })) ?? [],
    },
    shown: shownOn(screen, facts),
    flags: {
      replicaIsSilent: silentReplicas(facts).length > 0,
      windowsHost: runsOnWindows(facts),
      clustered: isClustered(facts),
      hostNotReached: runsOnWindows(facts) && !facts.host.reach.reachable,
    },
    suggested: suggestions(answers, facts),
    checks: checksOn(screen, answers, facts),
    readAt: facts.readAt,
  }
}

const row = (
  value: string,
  label: string,
  reason: string | null,
  facts: Record<string, string>,
): FactOption => ({
  value,
  label,
  usable: reason === null,
  ...(reason === null ? {} : { reason }),
  facts,
})

const databaseOptions = (facts: Facts): FactOption[] =>
  facts.databases.read
    ? facts.databases.value
        .filter(({ name }) => !['master', 'model', 'msdb', 'tempdb'].includes(name.toLowerCase()))
        .map((database) => {
          const key = keyOf(facts, database.name)
          return row(database.name, database.name, databaseRefusal(facts, database), {
            Encryption: !facts.keys.read
              ? 'not read'
              : key === undefined
                ? 'no key'
                : `state ${stateText(key)}`,
            Protector: key === undefined ? 'none' : key.encryptorType,
            Recovery: database.recoveryModel,
          })
        })
    : []

const vaultOptions = (facts: Facts): FactOption[] => {
  const side = azureOf(facts)
  if (side === null) return []
  return [
    ...(side.vaults.read
      ? side.vaults.value.map((vault) =>
          row(vault.host, vault.name, null, {
            Region: vault.region,
            Tier: vault.tier,
            'Purge protection': vault.purgeProtection ? 'on' : 'off',
          }),
        )
      : []),
    ...(side.managedHsms.read
      ? side.managedHsms.value.map((hsm) =>
          row(hsm.host, hsm.name, hsmRefusal(hsm), { Region: hsm.region, Tier: 'managed HSM' }),
        )
      : []),
  ]
}

const shownOn = (screen: string, facts: Facts): FormFacts['shown'] => {
  const { ekm } = facts
  switch (screen) {
    case 'task':
      return [
        shownOf(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
        shownOf(
          ekm.providers,
          'Providers',
          (all) => all.map(({ name, version }) => `${name} ${version}`).join('; ') || 'none',
        ),
        shownOf(ekm.keys, 'Keys of providers', (all) => all.map(({ name }) => name).join('; ') || 'none'),
      ]
    case 'identity':
      return [
        shownOf(
          ekm.credentials,
          'Credentials for key vaults',
          (all) =>
            all
              .filter(({ provider }) => provider !== null)
              .map(({ name, identity }) => `${name} (${identity})`)
              .join('; ') || 'none',
        ),
      ]
    case 'host':
      return [shownOf(facts.service, 'Service account', ({ account }) => account ?? 'not named')]
    default:
      return []
  }
}

type Check = FormFacts['checks'][number]

const checksOn = (screen: string, answers: Answers, facts: Facts): Check[] => {
  switch (screen) {
    case 'task':
      return taskChecks(facts)
    case 'key':
      return keyChecks(answers, facts)
    case 'host':
      return hostChecks(facts)
    default:
      return []
  }
}

const taskChecks = (facts: Facts): Check[] => {
  const edition = editionRefusal(facts)
  const { ownLogin, host } = facts
  return [
    {
      name: 'Edition',
      state: !facts.server.read ? 'unknown' : edition === null ? 'ok' : 'failed',
      detail: !facts.server.read
        ? facts.server.because
        : (edition ?? `${facts.server.value.edition} has both`),
      at: facts.server.at,
      field: 'target',
    },
    {
      name: 'Login',
      state: !ownLogin.read ? 'unknown' : ownLogin.value ? 'ok' : 'failed',
      detail: !ownLogin.read
        ? ownLogin.because
        : ownLogin.value
          ? `${facts.principal} can hold the credential while the key object is made`
          : `${facts.principal} comes in through a group, and such a login can’t hold a credential`,
      at: ownLogin.at,
      field: 'target',
    },
    {
      name: 'Windows host',
      state: !runsOnWindows(facts) || host.reach.reachable ? 'ok' : 'unknown',
      detail: !runsOnWindows(facts)
        ? 'Linux: connector and registry are not asked for'
        : host.reach.reachable
          ? host.reach.how === 'simulated'
            ? 'Simulated, as in every rehearsal: the steps on the host are carried out there'
            : 'A PowerShell of this computer reaches it'
          : `${host.reach.because}. Steps on the host are written as scripts, and the run waits for them`,
      at: facts.readAt,
      field: null,
    },
  ]
}

const keyChecks = (answers: Answers, facts: Facts): Check[] => {
  const side = azureOf(facts)
  const key = side?.key ?? null
  const found = key?.read === true ? key.value.key : null
  const refusal = found === null ? null : connectorRefusal(found, new Date(facts.readAt))
  const vault = side?.vaults.read
    ? side.vaults.value.find(({ host }) => host === String(answers['vaultHost'] ?? ''))
    : undefined
  return [
    {
      name: 'Key in the vault',
      state:
        found === null ? (key?.read === true ? 'failed' : 'unknown') : refusal === null ? 'ok' : 'failed',
      detail:
        side === null || key === null
          ? 'Azure is not asked, or no key is chosen yet'
          : !key.read
            ? key.because
            : found === null
              ? 'No key of that name in this vault'
              : (refusal ?? `${found.type}, ${found.bits ?? '?'} bits, version ${found.version}`),
      at: key?.at ?? facts.readAt,
      field: 'vaultKey',
    },
    {
      name: 'Vault',
      state: vault === undefined ? 'unknown' : vault.purgeProtection ? 'ok' : 'unknown',
      detail:
        vault === undefined
          ? 'Its settings are not read'
          : vault.purgeProtection
            ? 'Purge protection is on'
            : 'Purge protection is off: a deleted key can be purged at once',
      at: side?.vaults.at ?? facts.readAt,
      field: null,
    },
  ]
}

const checkOf = (
  name: string,
  read: Read<unknown> | null,
  problem: string | null | undefined,
  ok: string,
  facts: Facts,
): Check => ({
  name,
  state: problem === undefined ? 'unknown' : problem === null ? 'ok' : 'unknown',
  detail:
    problem === undefined
      ? read !== null && !read.read
        ? read.because
        : 'Not seen from here: a step of the run looks there'
      : (problem ?? ok),
  at: read?.at ?? facts.readAt,
  field: null,
})

/** What is not in order is what the run changes: no check here fails. */
const hostChecks = (facts: Facts): Check[] => {
  if (!runsOnWindows(facts)) return []
  const { connector, registry } = facts.host
  return [
    checkOf(
      'Connector',
      connector,
      connector?.read === true
        ? connectorProblem(connector.value, { least: leastConnector, runtime: runtimeFor(majorOf(facts)) })
        : undefined,
      connector?.read === true ? connectorText(connector.value) : '',
      facts,
    ),
    checkOf(
      'Registry key',
      registry,
      registryState(facts),
      `${accountOf(facts) ?? 'The service'} has Full Control`,
      facts,
    ),
  ]
}

const suggestions = (answers: Answers, facts: Facts): FormFacts['suggested'] => {
  const { ekm, folders } = facts
  const library = String(answers['providerLibrary'] ?? '') || connectorLibrary
  const provider = ekm.providers.read
    ? ekm.providers.value.find((one) => one.dllPath.toLowerCase() === library.toLowerCase())
    : undefined
  const key = typeof answers['vaultKey'] === 'string' ? answers['vaultKey'].trim() : ''
  const name = key === '' ? 'KT_TDE_vault' : `KT_${key.replaceAll('-', '_')}`
  const backup = folders.read ? folders.value.backup : null
  const values: Partial<Record<keyof TdeVaultKeyDraft, { value: string | boolean; because: string }>> = {
    task: { value: 'turn-on', because: 'The usual beginning' },
    algorithm: { value: 'AES_256', because: 'The longest key that the server offers' },
    versionMode: { value: 'newest', because: 'As documentation recommends' },
    identityKind: { value: 'service-principal', because: 'Works on any host' },
    credentialName: { value: `${name}_credential`, because: 'Says which key it is for' },
    keyName: { value: name, because: 'Says which key of the vault it leads to' },
    keyLogin: { value: `${name}_login`, because: 'Called like the key that it is made from' },
    providerName:
      provider === undefined
        ? { value: 'AzureKeyVault_EKM', because: 'The name that documentation uses' }
        : { value: provider.name, because: 'The provider that has this library' },
    providerLibrary:
      provider === undefined
        ? { value: connectorLibrary, because: 'Where the connector’s setup puts it' }
        : { value: provider.dllPath, because: 'The library of the provider that is there' },
    ...(backup === null
      ? {}
      : { exportFolder: { value: backup, because: 'A folder that is there; the export holds no secret' } }),
  }
  return values as FormFacts['suggested']
}
