import { isPfxName } from '../../../shared/forms/vault-draft.ts'
import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { ManagedHsmState, VaultSettings } from '../../ports/azure-control.ts'
import type { DirectoryApplication } from '../../ports/directory.ts'
import type { VaultKeyFacts } from '../../ports/key-vault.ts'
import { dayIn, listedRefusal } from '../azure/key-rules.ts'
import { permits, rightsFor } from '../azure/roles.ts'
import {
  hsmRefusal,
  keyText,
  networkText,
  principalText,
  retentionText,
  rightsText,
  sameId,
} from '../azure/words.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { shownOf } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'

/** What one screen shows of the facts. With no subscription chosen yet, only their list. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
): FormFacts => {
  if (facts === null) {
    return { options: { targets }, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  }
  return {
    options: {
      targets,
      vaults: rows(facts.vaults, (vault) => vaultRow(vault, facts)),
      managedHsms: rows(facts.managedHsms, hsmRow),
      groups: rows(facts.groups, ({ name, region }) => row(name, name, null, { Region: region })),
      regions: rows(facts.regions, ({ name, displayName, geography }) =>
        row(name, displayName, null, { Geography: geography ?? 'not said' }),
      ),
      applications: rows(facts.applications, applicationRow),
      keyFiles:
        facts.importFiles?.read === true
          ? facts.importFiles.value.names.filter(isPfxName).map((name) => row(name, name, null, {}))
          : [],
      keys: facts.vault === null ? [] : rows(facts.vault.keys, (key) => keyRow(key, new Date(facts.readAt))),
    },
    shown: shownOn(screen, facts),
    flags: {},
    suggested: suggestionsFor(answers, facts),
    checks: checksOn(screen, answers, facts),
    readAt: facts.readAt,
  }
}

const rows = <Item>(read: Read<readonly Item[]>, rowOf: (item: Item) => FactOption): FactOption[] =>
  read.read ? read.value.map(rowOf) : []

const row = (
  value: string,
  label: string,
  reason: string | null,
  facts: Record<string, string>,
): FactOption => ({ value, label, usable: reason === null, ...(reason === null ? {} : { reason }), facts })

const vaultRow = (vault: VaultSettings, { identity }: Facts): FactOption =>
  row(
    vault.name,
    vault.name,
    sameId(vault.tenantId, identity.tenantId) ? null : 'belongs to another tenant than the subscription',
    {
      Group: vault.group,
      Region: vault.region,
      Tier: vault.tier,
      Rights: rightsText(vault.rights),
      'Soft delete': retentionText(vault),
      'Reached from': networkText(vault.network),
    },
  )

const hsmRow = (hsm: ManagedHsmState): FactOption =>
  row(hsm.name, hsm.name, hsmRefusal(hsm), {
    Group: hsm.group,
    Region: hsm.region,
    Size: hsm.sku,
    'Purge protection': hsm.purgeProtection ? 'on' : 'off',
  })

const applicationRow = ({ clientId, name, secrets }: DirectoryApplication): FactOption => {
  const last = secrets
    .flatMap(({ expires }) => expires ?? [])
    .toSorted()
    .at(-1)
  return row(clientId, name === '' ? clientId : name, null, {
    'Client id': clientId,
    Secrets:
      secrets.length === 0
        ? 'none'
        : `${secrets.length}, the last until ${last === undefined ? 'not said' : dayIn(last)}`,
  })
}

/** A listing says neither type nor size: those are read on the review. */
const keyRow = (key: VaultKeyFacts, now: Date): FactOption =>
  row(key.name, key.name, listedRefusal(key, now), { State: keyText(key) })

const shownOn = (screen: string, facts: Facts): FormFacts['shown'] => {
  const own = (label: string, value: string): FormFacts['shown'][number] => ({
    label,
    value,
    source: facts.target.name,
    at: facts.readAt,
  })
  switch (screen) {
    case 'vault':
      return [
        shownOf(facts.subscriptions, 'Subscription', (all) => {
          const found = all.find(({ id }) => sameId(id, facts.identity.subscriptionId))
          return found === undefined ? facts.identity.subscriptionId : `${found.name}, ${found.state}`
        }),
        own('Signed in as', principalText(facts.principal)),
      ]
    case 'settings':
      return facts.chosenVault === null
        ? []
        : [
            shownOf(facts.vaults, `Soft delete of ${facts.chosenVault.name}`, () =>
              facts.chosenVault === null ? '' : retentionText(facts.chosenVault),
            ),
            shownOf(facts.vaults, 'Rights by', () =>
              facts.chosenVault === null ? '' : rightsText(facts.chosenVault.rights),
            ),
            shownOf(facts.vaults, 'Reached from', () =>
              facts.chosenVault === null ? '' : networkText(facts.chosenVault.network),
            ),
            ...(facts.vault === null
              ? []
              : [
                  shownOf(facts.vault.locks, 'Locks', (locks) =>
                    locks.length === 0
                      ? 'none'
                      : locks.map(({ name, level }) => `${name} (${level})`).join(', '),
                  ),
                  shownOf(facts.vault.diagnostics, 'Log goes to', (settings) =>
                    settings.length === 0
                      ? 'nowhere'
                      : settings
                          .map(({ workspaceId, storageAccountId }) =>
                            lastPart(workspaceId ?? storageAccountId ?? 'elsewhere'),
                          )
                          .join(', '),
                  ),
                ]),
          ]
    case 'identity':
      return [own('Tenant', facts.identity.tenantId)]
    default:
      return []
  }
}

const lastPart = (id: string): string => id.split('/').at(-1) ?? id

const checksOn = (screen: string, answers: Answers, facts: Facts): FormFacts['checks'] => {
  const at = facts.readAt
  if (screen === 'identity' && answers['applicationMode'] === 'use' && !facts.applications.read) {
    return [
      {
        name: 'Applications',
        state: 'unknown',
        detail: facts.applications.because,
        at: facts.applications.at,
        field: null,
      },
    ]
  }
  if (screen === 'key') return keyChecks(facts)
  if (screen !== 'vault') return []
  const { subscriptions, identity, nameFree } = facts
  const found = subscriptions.read
    ? subscriptions.value.find(({ id }) => sameId(id, identity.subscriptionId))
    : undefined
  return [
    {
      name: 'Subscription',
      state:
        found === undefined ? 'unknown' : /^(enabled|pastdue|warned)$/i.test(found.state) ? 'ok' : 'failed',
      detail: found === undefined ? 'Its state was not read' : `Azure says ${found.state}`,
      at,
      field: 'azure',
    },
    ...(nameFree === null
      ? []
      : [
          {
            name: 'Name of the new vault',
            state: !nameFree.read
              ? ('unknown' as const)
              : nameFree.value.free
                ? ('ok' as const)
                : ('failed' as const),
            detail: !nameFree.read ? nameFree.because : nameFree.value.free ? 'Free' : nameFree.value.text,
            at: nameFree.at,
            field: 'vaultName',
          },
        ]),
  ]
}

const keyChecks = ({ vault, rights, importFiles }: Facts): FormFacts['checks'] => {
  const permissions = rights?.permissions
  return [
    ...(importFiles?.read === false
      ? [
          {
            name: 'Folder with the key’s file',
            state: 'unknown' as const,
            detail: importFiles.because,
            at: importFiles.at,
            field: 'importFolder',
          },
        ]
      : []),
    ...(vault !== null && !vault.keys.read
      ? [
          {
            name: 'Keys of the vault',
            state: 'unknown' as const,
            detail: vault.keys.because,
            at: vault.keys.at,
            field: null,
          },
        ]
      : []),
    ...(permissions?.read === true && vault?.settings?.rights === 'roles'
      ? [
          {
            name: 'Your right to make keys',
            state: permits(permissions.value, rightsFor.makeKeys) ? ('ok' as const) : ('failed' as const),
            detail: permits(permissions.value, rightsFor.makeKeys)
              ? 'Your roles hold it'
              : `No role of yours holds it. ${rightsFor.makeKeys.helps} does; the run can give it to you (Settings)`,
            at: permissions.at,
            field: null,
          },
        ]
      : []),
  ]
}

const suggestionsFor = (answers: Answers, facts: Facts): FormFacts['suggested'] => {
  const settings = facts.chosenVault
  const group = facts.groups.read
    ? facts.groups.value.find(({ name }) => name === answers['group'])
    : undefined
  const year = facts.plannedAt.slice(0, 4)
  return {
    groupMode: { value: 'use', because: 'Rights are given there already' },
    ...(group === undefined || answers['groupMode'] === 'create'
      ? {}
      : { region: { value: group.region, because: 'The region of the resource group' } }),
    tier: { value: 'premium', because: 'Keys can be kept in hardware' },
    retentionDays: {
      value: settings?.retentionDays ?? 90,
      because: settings === null ? 'The longest; it can’t be changed later' : 'What the vault has',
    },
    purgeProtection: { value: true, because: 'A deleted key can then always be taken back' },
    rights:
      settings === null
        ? { value: 'roles', because: 'They can be held to one key' }
        : { value: 'as-is', because: 'Changing it takes rights away' },
    network:
      settings === null
        ? { value: 'all', because: 'Narrow it when the servers’ addresses are known' }
        : { value: 'as-is', because: 'Others may need it so' },
    trustedServices: { value: true, because: 'Azure SQL and Azure Backup need it' },
    lock: { value: true, because: 'One wrong click is not enough then' },
    operatorRole: { value: false, because: 'Only where you lack the right' },
    applicationMode: { value: 'create', because: 'Its secret and rights are then of this server only' },
    secretMode: { value: 'create', because: 'Its end is known then' },
    secretMonths: { value: 12, because: 'Long enough to plan for, short enough to be practised' },
    useScope: { value: 'key', because: 'The least that works' },
    keyMode: { value: 'create', because: 'One key for each purpose' },
    keyName: { value: `SQL-TDE-${year}`, because: 'Says what it is for and since when' },
    keyType:
      settings?.tier === 'standard' || answers['tier'] === 'standard'
        ? { value: 'RSA', because: 'The tier is standard' }
        : { value: 'RSA-HSM', because: 'Made and used in hardware' },
    keyBits: { value: '3072', because: 'The larger of the two' },
  }
}
