import { keyNameProblem } from '../../../shared/model/azure.ts'
import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { ManagedHsmState, VaultSettings } from '../../ports/azure-control.ts'
import type { DirectoryApplication } from '../../ports/directory.ts'
import type { VaultKeyFacts } from '../../ports/key-vault.ts'
import { dayIn, listedRefusal } from '../azure/key-rules.ts'
import { policyText } from '../azure/rotation-policy.ts'
import { hsmRefusal, keyText, rightsText } from '../azure/words.ts'
import { stateText } from '../sqlserver/database-keys.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { keyOf, silentReplicas } from '../sqlserver/tde-facts.ts'
import { shownOf } from '../sqlserver/words.ts'
import { databaseRefusal } from './blockers.ts'
import type { Facts, VaultSide } from './facts-model.ts'
import { oldKeyOf, placeOfKey } from './plan-context.ts'

export interface Asked {
  screen: string
  answers: Answers
  facts: Facts | null
  servers: readonly FactOption[]
  subscriptions: readonly FactOption[]
  now: string
}

/** What one screen shows of the facts. With no server chosen yet, only the lists of targets. */
export const formFacts = ({ screen, answers, facts, servers, subscriptions, now }: Asked): FormFacts => {
  const options = { targets: servers, subscriptions }
  if (facts === null) return { options, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  const { azure } = facts
  return {
    options: {
      ...options,
      databases: databaseOptions(facts),
      vaults: azure === null ? [] : [...rows(azure.vaults, vaultRow), ...rows(azure.managedHsms, hsmRow)],
      keys: keyRows(facts, presentRefusal),
      otherKeys: keyRows(facts, (key) => listedRefusal(key, new Date(facts.readAt))),
      applications: azure === null ? [] : rows(azure.applications, applicationRow),
    },
    shown: shownOn(screen, facts),
    flags: { replicaIsSilent: silentReplicas(facts).length > 0 },
    suggested: suggestionsFor(answers, facts, subscriptions),
    checks: checksOn(screen, facts),
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

const databaseOptions = (facts: Facts): FactOption[] => {
  if (!facts.databases.read) return []
  return facts.databases.value
    .filter(({ name }) => !['master', 'model', 'msdb', 'tempdb'].includes(name.toLowerCase()))
    .map(({ name }) => {
      const key = keyOf(facts, name)
      const old = oldKeyOf(facts, name)
      const place = old === null ? null : placeOfKey(old)
      return row(name, name, databaseRefusal(facts, name), {
        Encryption: !facts.keys.read ? 'not read' : key === undefined ? 'no key' : `state ${stateText(key)}`,
        'Asymmetric key': old?.name ?? 'none seen',
        'Vault key': place === null ? 'not read' : `${place.key} of ${place.host}`,
        Version: place?.version ?? 'not read',
      })
    })
}

const vaultRow = ({ host, name, group, region, rights }: VaultSettings): FactOption =>
  row(host, name, null, { Group: group, Region: region, Rights: rightsText(rights) })

const hsmRow = (hsm: ManagedHsmState): FactOption =>
  row(hsm.host, hsm.name, hsmRefusal(hsm), { Group: hsm.group, Region: hsm.region, Rights: 'its own' })

/** A listing says neither type nor size: those are read on the review. */
const keyRows = ({ azure }: Facts, refusal: (key: VaultKeyFacts) => string | null): FactOption[] =>
  azure === null || azure.keys === null
    ? []
    : rows(azure.keys, (key) => row(key.name, key.name, refusal(key), { 'Newest version': keyText(key) }))

/** A new version replaces one that is disabled or has ended, so the key of today can be chosen all the same. */
const presentRefusal = ({ name, managed }: VaultKeyFacts): string | null =>
  keyNameProblem(name) ?? (managed ? 'it belongs to a certificate of the vault' : null)

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

const shownOn = (screen: string, facts: Facts): FormFacts['shown'] => {
  if (screen === 'databases') {
    return [
      shownOf(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
      shownOf(facts.ekm.databases, 'Databases under a vault key', (all) =>
        String(all.filter(({ key }) => /^ASYMMETRIC KEY/i.test(key?.encryptorType ?? '')).length),
      ),
    ]
  }
  if (screen !== 'key' || facts.azure === null) return []
  return [facts.azure.old, facts.azure.other].flatMap((read) => (read === null ? [] : keyShown(read)))
}

const keyShown = (read: NonNullable<VaultSide['old']>): FormFacts['shown'] => {
  const name = read.read ? read.value.name : 'the key'
  const policy = read.read ? read.value.policy : null
  return [
    shownOf(read, `Versions of ${name}`, ({ versions, present }) =>
      present === null
        ? 'no such key'
        : `${versions.length}, the newest ${present.version}; ${keyText(present)}`,
    ),
    ...(policy === null
      ? []
      : [
          shownOf(policy, `Rotation policy of ${name}`, (value) =>
            policyText(value, {
              created: read.read ? (read.value.present?.created ?? null) : null,
              expires: read.read ? (read.value.present?.expires ?? null) : null,
            }),
          ),
        ]),
  ]
}

const checksOn = (screen: string, facts: Facts): FormFacts['checks'] => {
  const { option } = facts.ekm
  if (screen === 'databases') {
    return [
      {
        name: 'Key management',
        state: !option.read ? 'unknown' : option.value.inUse ? 'ok' : 'failed',
        detail: !option.read
          ? option.because
          : option.value.inUse
            ? 'EKM provider enabled is in use'
            : 'EKM provider enabled is not in use (SQL 33053)',
        at: option.at,
        field: 'target',
      },
    ]
  }
  const applications = facts.azure?.applications
  if (screen === 'server' && applications?.read === false) {
    return [
      {
        name: 'Applications',
        state: 'unknown',
        detail: applications.because,
        at: applications.at,
        field: null,
      },
    ]
  }
  return []
}

const suggestionsFor = (
  answers: Answers,
  facts: Facts,
  subscriptions: readonly FactOption[],
): FormFacts['suggested'] => {
  const chosen = Array.isArray(answers['databases']) ? answers['databases'] : []
  const places = chosen.flatMap((name) => {
    const old = oldKeyOf(facts, name)
    const place = old === null ? null : placeOfKey(old)
    return place === null ? [] : [place]
  })
  const [first] = places
  const [subscription, ...others] = subscriptions
  const key = freeName(facts)
  const folder = facts.folders.read ? facts.folders.value.backup : null
  return {
    ...(subscription === undefined || others.length > 0
      ? {}
      : { azure: { value: subscription.value, because: 'The only connected one' } }),
    ...(first === undefined
      ? {}
      : {
          vault: { value: first.host, because: 'As the server’s registry has it' },
          vaultKey: { value: first.key, because: 'As the server’s registry has it' },
        }),
    to: { value: 'new-version', because: 'The application has its role on the key already' },
    reference: { value: 'version-less', because: 'Every connector takes it' },
    keyName: { value: key, because: 'Says what it is for and since when' },
    keyLogin: { value: `${key}_login`, because: 'Shows from which key it was made' },
    credentialName: { value: `${key}_credential`, because: 'Shows for which key it is' },
    logBackups: { value: 'take', because: 'Only where a change of the key needs one; else none is taken' },
    ...(folder === null
      ? {}
      : { backupFolder: { value: folder, because: 'The server’s own folder for backups' } }),
  }
}

const freeName = ({ ekm, readAt }: Facts): string => {
  const year = readAt.slice(0, 4)
  const taken = new Set(ekm.keys.read ? ekm.keys.value.map(({ name }) => name.toLowerCase()) : [])
  let free = `KT_VaultKey_${year}`
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `KT_VaultKey_${year}_${number}`
  return free
}
