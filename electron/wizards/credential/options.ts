import { vaultPlaceOf } from '../../../shared/model/azure.ts'
import { identityProblem } from '../../../shared/model/ekm.ts'
import { chosenValue } from '../../../shared/forms/credential-draft.ts'
import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { DirectoryApplication } from '../../ports/directory.ts'
import { dayIn, daysUntil } from '../azure/key-rules.ts'
import { hsmRefusal, sameId, secretsText } from '../azure/words.ts'
import { serverTime, type CredentialFact, type ProviderFact } from '../sqlserver/ekm-facts.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { shownOf } from '../sqlserver/words.ts'
import { silenceOf, silentNodes } from './nodes.ts'
import type { AzureSide, Facts, Node } from './facts-model.ts'
import { isManaged, nodesOf } from './plan-context.ts'
import { heldBy } from './plan-create.ts'
import { databasesText } from './texts.ts'

/** What one screen shows of the facts. With no server chosen yet, only the lists of connections. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts | null,
  connections: { targets: readonly FactOption[]; subscriptions: readonly FactOption[] },
  now: string,
): FormFacts => {
  const { targets, subscriptions } = connections
  const lists = { targets, subscriptionTargets: subscriptions }
  const azureMode: FormFacts['suggested'] = {
    azureMode:
      subscriptions.length === 0
        ? { value: 'without', because: 'No subscription is connected' }
        : {
            value: 'connected',
            because: 'Ends of secrets are known then, and the application proves itself',
          },
  }
  if (facts === null) {
    return { options: lists, shown: [], flags: {}, suggested: azureMode, checks: [], readAt: now }
  }
  const side = facts.azure?.answered === true ? facts.azure.side : null
  return {
    options: {
      ...lists,
      providers: rows(facts.node.ekm.providers, (one) => providerRow(one)),
      credentials: nodesOf(facts).flatMap((node) =>
        rows(node.ekm.credentials, (one) => credentialRow(node, one, answers['task'] === 'renew')),
      ),
      vaults: side === null ? [] : vaultRows(side),
      applications: side === null ? [] : rows(side.applications, applicationRow),
      keptSecrets:
        side === null
          ? []
          : side.kept.map(({ id, label, keptAt }) => row(id, label, null, { Kept: dayIn(keptAt) })),
      secrets: side === null ? [] : secretRows(side, new Date(facts.readAt)),
      logins: loginRows(facts, answers),
    },
    shown: shownOn(screen, facts, side),
    flags: { nodeIsSilent: silentNodes(facts.others).length > 0, hasNodes: facts.others.length > 0 },
    suggested: { ...azureMode, ...suggestionsFor(answers, facts, side) },
    checks: checksOn(screen, facts, side),
    readAt: facts.readAt,
  }
}

const rows = <Item>(read: Read<readonly Item[]>, rowOf: (item: Item) => FactOption | null): FactOption[] =>
  read.read ? read.value.flatMap((item) => rowOf(item) ?? []) : []

const row = (
  value: string,
  label: string,
  reason: string | null,
  facts: Record<string, string>,
): FactOption => ({ value, label, usable: reason === null, ...(reason === null ? {} : { reason }), facts })

const providerRow = ({ name, version, dllPath: library, enabled }: ProviderFact): FactOption =>
  row(name, name, enabled ? null : 'it is disabled', { Version: version, Library: library })

/** Credentials for storage are none of this list. */
const credentialRow = (node: Node, credential: CredentialFact, renews: boolean): FactOption | null => {
  if (credential.provider === null) return null
  const wrong = identityProblem(credential.identity)
  return row(
    chosenValue(node.target.id, credential.name),
    `${credential.name} on ${node.target.name}`,
    renews && isManaged(credential) ? 'it has no secret: it is for a managed identity' : null,
    {
      Identity: wrong === null ? credential.identity : `${credential.identity} (${wrong})`,
      Provider: credential.provider,
      'Held by': credential.logins.map(({ login }) => login).join(', ') || 'no login',
      'Databases that hang on it': databasesText(node.ekm, credential),
      'Changed (time of the server)': `${serverTime(credential.changed)}${credential.inUse === false ? '; in use from the next restart' : ''}`,
    },
  )
}

const vaultRows = ({ vaults, managedHsms, identity }: AzureSide): FactOption[] => [
  ...rows(vaults, (vault) =>
    row(
      vault.host,
      vault.name,
      sameId(vault.tenantId, identity.tenantId)
        ? null
        : `it belongs to tenant ${vault.tenantId}: the application of this one can’t sign in there`,
      { Host: vault.host, Group: vault.group, Region: vault.region },
    ),
  ),
  ...rows(managedHsms, (hsm) =>
    row(hsm.host, hsm.name, hsmRefusal(hsm), { Host: hsm.host, Group: hsm.group, Region: hsm.region }),
  ),
]

const applicationRow = (application: DirectoryApplication): FactOption =>
  row(application.clientId, application.name === '' ? application.clientId : application.name, null, {
    'Client id': application.clientId,
    Secrets: secretsText(application),
  })

const secretRows = ({ application }: AzureSide, now: Date): FactOption[] =>
  (application?.read === true ? (application.value?.application.secrets ?? []) : []).map(
    ({ keyId, name, hint, expires }) => {
      const days = daysUntil(expires, now)
      return row(keyId, name || `${hint}…`, null, {
        'Begins with': hint,
        Ends:
          expires === null
            ? 'not said'
            : `${dayIn(expires)}${days === null ? '' : days < 0 ? ', so it has ended' : `, in ${days} days`}`,
      })
    },
  )

/** The person's own login, and those that were made from keys. */
const loginRows = (facts: Facts, answers: Answers): FactOption[] => {
  const { keyLogins } = facts.node.ekm
  const provider = String(answers['provider'] ?? '')
  const reasonOf = (login: string): string | null => {
    const held = provider === '' ? undefined : heldBy(facts, login, provider)
    return held === undefined ? null : `it holds ${held.name} of this provider already`
  }
  const own =
    facts.ownLogin.read && !facts.ownLogin.value ? 'it comes in through a group' : reasonOf(facts.principal)
  return [
    row(facts.principal, facts.principal, own, { Kind: 'your own login' }),
    ...rows(keyLogins, (login) => row(login, login, reasonOf(login), { Kind: 'login of a key' })),
  ]
}

const shownOn = (screen: string, facts: Facts, side: AzureSide | null): FormFacts['shown'] => {
  const { ekm } = facts.node
  switch (screen) {
    case 'task':
      return [
        shownOf(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
        shownOf(
          ekm.providers,
          'Providers',
          (all) => all.map(({ name, version }) => `${name} ${version}`).join('; ') || 'none',
        ),
        shownOf(ekm.credentials, 'Credentials for key vaults', (all) =>
          String(all.filter(({ provider }) => provider !== null).length),
        ),
      ]
    case 'credential':
      return [
        shownOf(
          ekm.service,
          'Service started',
          ({ started }) => `${serverTime(started)} (time of the server)`,
        ),
        ...silentNodes(facts.others).map((node) => ({
          label: `Node ${node.name}`,
          value: silenceOf(node),
          source: 'Keyturn',
          at: node.at,
        })),
      ]
    case 'identity':
      return side?.application?.read === true && side.application.value !== null
        ? [
            shownOf(side.application, `Secrets of ${side.application.value.application.name}`, (found) =>
              found === null ? 'none' : secretsText(found.application),
            ),
            shownOf(side.application, 'First of them ends', (found) =>
              firstEnd(found?.application.secrets ?? [], new Date(facts.readAt)),
            ),
          ]
        : []
    default:
      return []
  }
}

const firstEnd = (secrets: DirectoryApplication['secrets'], now: Date): string => {
  const first = secrets
    .map(({ expires }) => daysUntil(expires, now))
    .filter((days) => days !== null)
    .toSorted((a, b) => a - b)[0]
  if (first === undefined) return 'not said'
  return first < 0 ? 'has ended: what signs in with it does not open' : `in ${first} days`
}

const checksOn = (screen: string, facts: Facts, side: AzureSide | null): FormFacts['checks'] => {
  const { option, providers } = facts.node.ekm
  if (screen === 'task') {
    return [
      {
        name: 'Extensible key management',
        state: !option.read ? 'unknown' : option.value.inUse ? 'ok' : 'failed',
        detail: !option.read
          ? option.because
          : option.value.inUse
            ? 'In use'
            : 'Not in use. “TDE with a vault key” turns it on',
        at: option.at,
        field: 'target',
      },
      {
        name: 'Provider',
        state: !providers.read ? 'unknown' : providers.value.some(({ enabled }) => enabled) ? 'ok' : 'failed',
        detail: !providers.read
          ? providers.because
          : providers.value.some(({ enabled }) => enabled)
            ? 'There'
            : 'None that is enabled. “TDE with a vault key” makes it',
        at: providers.at,
        field: 'target',
      },
      ...(facts.azure?.answered === false
        ? [
            {
              name: 'Azure',
              state: 'failed' as const,
              detail: facts.azure.problem.title,
              at: facts.azure.at,
              field: 'azure',
            },
          ]
        : []),
    ]
  }
  if (screen === 'credential' && side?.vault !== undefined && side.vault !== null) {
    return [
      {
        name: 'Vault',
        state: side.vault.read ? 'ok' : 'failed',
        detail: side.vault.read ? 'Of this tenant, and reached from this computer' : side.vault.because,
        at: side.vault.at,
        field: 'vaultHost',
      },
    ]
  }
  if (screen === 'identity' && side !== null) return identityChecks(side)
  return []
}

const identityChecks = ({ applications, application }: AzureSide): FormFacts['checks'] => {
  return [
    ...(applications.read
      ? []
      : [
          {
            name: 'Applications',
            state: 'unknown' as const,
            detail: applications.because,
            at: applications.at,
            field: null,
          },
        ]),
    ...(application?.read === true && application.value === null
      ? [
          {
            name: 'Application',
            state: 'failed' as const,
            detail: 'Not in this tenant, or not visible with this sign-in',
            at: application.at,
            field: 'clientId',
          },
        ]
      : []),
  ]
}

const suggestionsFor = (answers: Answers, facts: Facts, side: AzureSide | null): FormFacts['suggested'] => {
  const enabled = facts.node.ekm.providers.read
    ? facts.node.ekm.providers.value.filter((one) => one.enabled)
    : []
  const [only] = enabled
  const host = typeof answers['vaultHost'] === 'string' ? answers['vaultHost'] : ''
  const place = vaultPlaceOf(host)
  const hasKeyLogins = facts.node.ekm.keyLogins.read && facts.node.ekm.keyLogins.value.length > 0
  return {
    use: { value: 'key-vault', because: 'What this version makes credentials for' },
    ...(enabled.length === 1 && only !== undefined
      ? { provider: { value: only.name, because: 'The only one' } }
      : {}),
    identityKind: { value: 'service-principal', because: 'Works wherever the server runs' },
    ...(place === null
      ? {}
      : {
          credentialName: {
            value: freeName(facts, `${place.name}_cred`),
            because: 'Says which vault it is for',
          },
        }),
    secretFrom:
      (side?.kept.length ?? 0) > 0
        ? { value: 'kept', because: 'The job “Vault” left one in the keyring' }
        : { value: 'typed', because: 'The keyring keeps none for this subscription' },
    newSecret: { value: 'make', because: 'Its end is known then, and nobody sees it' },
    secretMonths: { value: 12, because: 'Long enough to plan for, short enough to be practised' },
    oldSecretAfter: { value: 'keep', because: 'Remove it when you know who else signs in with it' },
    mapTo: hasKeyLogins
      ? { value: 'login', because: 'Keys of this server use it then' }
      : { value: 'none', because: 'There is no key yet' },
    proveHere: { value: true, because: 'A mistake shows now instead of at the first key' },
    restartBy: { value: 'person', because: 'You know when nobody needs the server' },
    restartPrimary: { value: 'after-failover', because: 'Nobody waits for the restart then' },
  }
}

const freeName = ({ node }: Facts, wanted: string): string => {
  const taken = node.ekm.credentials.read
    ? new Set(node.ekm.credentials.value.map(({ name }) => name.toLowerCase()))
    : new Set<string>()
  let free = wanted
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${wanted}_${number}`
  return free
}
