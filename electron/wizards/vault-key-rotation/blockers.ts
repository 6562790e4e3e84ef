import { asksForUncovered } from '../../../shared/forms/vault-key-rotation-draft.ts'
import { connectorHasVersions } from '../../../shared/model/ekm.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import { permits, rightsFor, type NeededRight } from '../azure/roles.ts'
import { hsmRefusal, principalText } from '../azure/words.ts'
import {
  folderBlockers,
  placeBlockers,
  rightBlocker,
  secretBlockers,
} from '../sqlserver/certificate-advice.ts'
import { stateText } from '../sqlserver/database-keys.ts'
import { seenByDoctor } from '../sqlserver/doctor-link.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import { keyRefusal } from '../sqlserver/ekm-links.ts'
import { logNeed } from '../sqlserver/log-rule.ts'
import { anyRefusal, keyOf, secondaryRefusal } from '../sqlserver/tde-facts.ts'
import type { Facts } from './facts-model.ts'
import { oldKeyOf, placeOfKey, wantedKey, type PlanContext } from './plan-context.ts'
import { presentRefusal } from './plan-vault.ts'
import { providerBlockers, replicaBlockers } from './replicas.ts'

/** What no run can mend, or what only another answer can. */
export const blockersOn = (ctx: PlanContext, plan: Plan): Blocker[] => [
  ...databaseBlockers(ctx),
  ...oldKeyBlockers(ctx),
  ...(ctx.servers[0] === undefined ? [] : providerBlockers(ctx, ctx.servers[0])),
  ...objectBlockers(ctx),
  ...rightBlocker(ctx.facts, 'viewServerState', 'VIEW SERVER STATE', 'Needed to see keys', 'databases'),
  ...vaultBlockers(ctx),
  ...vaultKeyBlockers(ctx),
  ...applicationBlockers(ctx),
  ...replicaBlockers(ctx),
  ...(plan.steps.some(({ kind }) => kind === 'log-backup')
    ? folderBlockers(ctx.facts.backupFolder, ctx.draft.backupFolder, 'server')
    : []),
  ...placeBlockers(ctx.draft.keyBackup, ctx.facts.backupLabel, 'key'),
  ...secretBlockers({ ...plan, secrets: plan.secrets.slice(0, 1) }, ctx.facts.secrets, () => 'server'),
]

const block = (what: string, measured: string, limit: string, screen: string | null): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

/** Why a database can't be put under another vault key, or null. The list of databases shows the same words. */
export const databaseRefusal = (facts: Facts, name: string): string | null => {
  if (!facts.databases.read) return `databases were not read: ${facts.databases.because}`
  const database = facts.databases.value.find((one) => one.name === name)
  if (database === undefined) return 'not there, or not visible with this login'
  const refusal = anyRefusal(database) ?? secondaryRefusal(facts, name)
  if (refusal !== null) return refusal
  if (!facts.keys.read) return `its encryption key was not read: ${facts.keys.because}`
  const key = keyOf(facts, name)
  if (key === undefined) return 'it has no database encryption key'
  if (!key.encryptorType.toUpperCase().startsWith('ASYMMETRIC KEY')) {
    return 'its key is under a certificate; the job “TDE” changes that'
  }
  if (key.state !== 3) return `its state is ${stateText(key)}`
  return oldKeyOf(facts, name) === null
    ? 'its protector is no asymmetric key of master that this login sees'
    : null
}

const databaseBlockers = ({ draft, facts }: PlanContext): Blocker[] =>
  draft.databases.flatMap((name) => {
    const reason = databaseRefusal(facts, name)
    const need = draft.logBackups === 'mine' ? logNeed(facts, name) : null
    return [
      ...(reason === null
        ? []
        : [block(`${name} can’t be put under another vault key`, reason, 'Take it out', 'databases')]),
      ...(need?.remedy !== 'log-backup'
        ? []
        : [
            block(
              `The log of ${name} has to be backed up before its key is changed again`,
              need.because,
              'A log backup after the last change of the key (SQL 33122). Take it, then read again; or let this run take it',
              'server',
            ),
          ]),
    ]
  })

/** All of them hang on one vault key; what the registry says has to be what the person said. */
const oldKeyBlockers = ({ draft, old }: PlanContext): Blocker[] => {
  const providers = [...new Set(old.map(({ key }) => key.provider ?? 'none'))]
  const host = draft.vault.toLowerCase()
  return [
    ...(providers.length > 1
      ? [
          block(
            'The databases hang on keys of several providers',
            providers.join(', '),
            'Databases of one provider in one run',
            'databases',
          ),
        ]
      : []),
    ...old.flatMap(({ key, place, databases }) =>
      place !== null && (place.host !== host || place.key.toLowerCase() !== draft.vaultKey.toLowerCase())
        ? [
            block(
              `${databases.join(', ')} ${databases.length === 1 ? 'hangs' : 'hang'} on another vault key than ${draft.vaultKey} of ${host}`,
              `${key.place.source}: ${place.key} of ${place.host}`,
              'That key and vault; or only databases that hang on the chosen one',
              'key',
            ),
          ]
        : [],
    ),
  ]
}

const objectBlockers = (ctx: PlanContext): Blocker[] =>
  ctx.servers.flatMap(({ facts, ekm, there }): Blocker[] => {
    const { keyName, keyLogin, credentialName } = ctx.draft
    const name = facts.target.name
    const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
    if (there !== null) {
      const why = keyRefusal(ekm, there.thumbprint)
      return why === null
        ? []
        : [
            seenByDoctor(
              facts.target,
              block(
                `${there.name} of ${name} leads to the wanted version, and the engine can’t open it`,
                why,
                'Its login with a credential: the job “Credential”',
                'server',
              ),
            ),
          ]
    }
    const taken = ekm.keys.read ? ekm.keys.value.find((one) => same(one.name, keyName)) : undefined
    const login = ekm.keyLogins.read ? ekm.keyLogins.value.find((one) => same(one, keyLogin)) : undefined
    const credential = ekm.credentials.read
      ? ekm.credentials.value.find((one) => same(one.name, credentialName))
      : undefined
    return [
      ...unreadBlockers(name, ekm),
      ...(taken === undefined
        ? []
        : [
            block(
              `${name} has an asymmetric key ${taken.name}`,
              `${ekm.keys.source}: it leads to ${placeOfKey(taken)?.version ?? 'a version that was not read'}`,
              'Another name',
              'server',
            ),
          ]),
      ...(login === undefined
        ? []
        : [
            block(
              `${name} has a login ${login}`,
              `${ekm.keyLogins.source}: it was made from an asymmetric key`,
              'Another name',
              'server',
            ),
          ]),
      ...(credential === undefined
        ? []
        : [
            block(
              `${name} has a credential ${credential.name}`,
              `IDENTITY ${credential.identity}`,
              'Another name',
              'server',
            ),
          ]),
    ]
  })

/** What was not read could refuse the chain in the middle of the run, after the version in the vault was made. */
const unreadBlockers = (name: string, ekm: EkmFacts): Blocker[] => {
  const parts = [
    ['The option EKM provider enabled', ekm.option],
    ['Cryptographic providers', ekm.providers],
    ['Credentials', ekm.credentials],
    ['Asymmetric keys', ekm.keys],
    ['Logins made from asymmetric keys', ekm.keyLogins],
  ] as const
  return parts.flatMap(([what, part]) =>
    part.read
      ? []
      : [
          block(
            `${what}: not read on ${name}`,
            `${part.source}: ${part.because}`,
            'VIEW ANY DEFINITION for the login: the plan needs it',
            'databases',
          ),
        ],
  )
}

const vaultBlockers = ({ draft, facts }: PlanContext): Blocker[] => {
  const { azure } = facts
  if (azure === null) return [block('The vault was not read', 'no subscription', 'A connected one', 'key')]
  if (azure.chosen === null) {
    return [
      block(
        `There is no vault ${draft.vault} in this subscription`,
        azure.vaults.read ? 'not there, or not visible' : azure.vaults.because,
        'One of those listed',
        'key',
      ),
    ]
  }
  const inactive = 'rights' in azure.chosen ? null : hsmRefusal(azure.chosen)
  return inactive === null
    ? []
    : [block(`${azure.chosen.name} takes no keys`, inactive, 'An activated managed HSM', 'key')]
}

const vaultKeyBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts, vaultKey, present, old } = ctx
  const wanted = wantedKey(draft, facts)
  if (facts.azure?.chosen === null || facts.azure === null) return []
  if (wanted === null || present === null) {
    const read = draft.to === 'other-key' ? facts.azure.other : facts.azure.old
    return [
      block(
        wanted === null ? `Key ${vaultKey} was not read` : `There is no key ${vaultKey} in ${draft.vault}`,
        read?.read === false ? read.because : 'not there, or deleted',
        'A key of that vault that this sign-in may read',
        'key',
      ),
    ]
  }
  const refusal = presentRefusal(ctx)
  const inUse = old.find(
    ({ place }) => place?.version === present.version.toLowerCase() && draft.to !== 'other-key',
  )
  return [
    ...(refusal === null
      ? []
      : [block(`SQL Server’s connector can’t use key ${vaultKey}`, refusal, 'Another key', 'key')]),
    ...(draft.to === 'newest' && inUse !== undefined
      ? [
          block(
            `${inUse.databases.join(', ')} ${inUse.databases.length === 1 ? 'hangs' : 'hang'} on the newest version already`,
            `${inUse.key.place.source}: ${present.version}`,
            'A new version, or another key',
            'key',
          ),
        ]
      : []),
    ...(asksForUncovered(draft) && !draft.uncovered
      ? [
          block(
            'No copy outside of the vault would cover the new version',
            draft.origin === 'imported'
              ? 'You said that the key was imported'
              : 'You said that it is not known where the key came from; a vault does not tell',
            'Your word that you want that, on the screen “Vault key”; or import a new version, then choose the newest one',
            'key',
          ),
        ]
      : []),
    ...(draft.to !== 'new-version' && draft.reference === 'pinned' ? pinnedBlockers(ctx) : []),
    ...operatorBlockers(ctx),
  ]
}

const pinnedBlockers = ({ servers }: PlanContext): Blocker[] =>
  servers.flatMap(({ facts, ekm, provider }) => {
    const found = ekm.providers.read ? ekm.providers.value.find(({ name }) => name === provider) : undefined
    const version = found?.properties?.version ?? found?.version ?? ''
    return version === '' || connectorHasVersions(version)
      ? []
      : [
          block(
            `The connector of ${facts.target.name} takes no key by its version`,
            `${ekm.providers.source}: ${version}`,
            '15.0.2000.440 (November 2020) or later; or name the key without its version',
            'key',
          ),
        ]
  })

/** What can't be read is shown by the run. */
const operatorBlockers = ({ draft, facts }: PlanContext): Blocker[] => {
  const { azure } = facts
  const permissions = azure?.rights?.permissions
  if (azure === null || permissions?.read !== true || azure.chosen === null) return []
  if (!('rights' in azure.chosen) || azure.chosen.rights !== 'roles') return []
  const { value, source } = permissions
  const lacks = (right: NeededRight, why: string): Blocker[] =>
    permits(value, right)
      ? []
      : [
          block(
            `${principalText(azure.principal)} may not ${why}`,
            `${source}: no ${right.action}`,
            `The role ${right.helps}`,
            'key',
          ),
        ]
  return [
    ...(draft.to === 'new-version' ? lacks(rightsFor.makeKeys, 'make versions of keys there') : []),
    ...lacks(rightsFor.backUpKeys, 'back keys up there'),
  ]
}

const applicationBlockers = ({ draft, facts }: PlanContext): Blocker[] => {
  const read = facts.azure?.application
  if (read === undefined) return []
  if (read === null || !read.read) {
    return [
      block('The application was not read', read?.because ?? 'not asked', 'The proof needs it', 'server'),
    ]
  }
  if (read.value === null) {
    return [
      block(
        'The application is not in this tenant',
        draft.application,
        'One of the vault’s tenant',
        'server',
      ),
    ]
  }
  return read.value.servicePrincipal?.enabled === false
    ? [
        block(
          `${read.value.application.name} may not sign in`,
          'its service principal is disabled',
          'Enable it in Entra',
          'server',
        ),
      ]
    : []
}
