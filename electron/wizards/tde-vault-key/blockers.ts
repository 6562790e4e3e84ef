import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import { connectorRefusal } from '../azure/key-rules.ts'
import { rightBlocker, secretBlockers } from '../sqlserver/certificate-advice.ts'
import { seenByDoctor } from '../sqlserver/doctor-link.ts'
import { hasTde } from '../sqlserver/editions.ts'
import type { DatabaseFact } from '../sqlserver/facts-model.ts'
import { atLeastVersion } from '../sqlserver/host-rules.ts'
import { anyRefusal, keyOf, secondaryRefusal, turnOnRefusal } from '../sqlserver/tde-facts.ts'
import { block, hostBlockers, replicaBlockers } from './blockers-around.ts'
import type { Facts } from './facts-model.ts'
import {
  azureOf,
  credentialNameOf,
  credentialOf,
  holds,
  identityText,
  keyObjectOf,
  keyObjectProblem,
  loginIsThere,
  otherProviderOf,
  providerOf,
  runsOnWindows,
} from './found.ts'
import type { PlanContext } from './plan.ts'

export const blockersOn = (ctx: PlanContext, plan: Plan): Blocker[] => {
  const { draft, facts } = ctx
  return [
    ...serverBlockers(facts),
    ...(draft.task === 'turn-on' ? draft.databases.flatMap((name) => databaseBlockers(ctx, name)) : []),
    ...vaultBlockers(ctx),
    ...chainBlockers(ctx),
    ...secretGiven(ctx, plan),
    ...hostBlockers(ctx),
    ...replicaBlockers(ctx),
  ]
}

/** SQL Server 2022 CU14: documentation names it for extensible key management on Linux. */
const leastOnLinux = '16.0.4135.0'

/** Why this server has no TDE or no extensible key management, or null. */
export const editionRefusal = (facts: Facts): string | null => {
  const { server } = facts
  if (!server.read) return null
  if (!hasTde(server.value)) return `${server.value.edition}, version ${server.value.version}`
  return !runsOnWindows(facts) && !atLeastVersion(server.value.version, leastOnLinux)
    ? `version ${server.value.version} on Linux`
    : null
}

const serverBlockers = (facts: Facts): Blocker[] => {
  const edition = editionRefusal(facts)
  const { providers, credentials, keys, keyLogins, option } = facts.ekm
  return [
    ...(edition === null
      ? []
      : [
          block(
            `${facts.target.name} can’t use keys of a vault for TDE (SQL 33054, 33117)`,
            edition,
            'Enterprise or Developer; Standard from SQL Server 2019 on; on Linux SQL Server 2022 CU14 or later',
            'task',
          ),
        ]),
    ...rightBlocker(facts, 'viewServerState', 'VIEW SERVER STATE', 'Needed to see keys and scans', 'task'),
    ...rightBlocker(
      facts,
      'createDatabase',
      'CREATE ANY DATABASE',
      'Needed for the scratch database',
      'task',
    ),
    ...(providerNeedsControl(facts)
      ? rightBlocker(facts, 'controlServer', 'CONTROL SERVER', 'Needed for the provider', 'task')
      : []),
    ...[option, providers, credentials, keys, keyLogins].flatMap((one) =>
      one.read
        ? []
        : [
            block(
              'Extensible key management was not read',
              `${one.source}: ${one.because}`,
              'The plan needs it',
              'task',
            ),
          ],
    ),
  ]
}

const providerNeedsControl = ({ ekm }: Facts): boolean =>
  ekm.providers.read && ekm.providers.value.length === 0

/** Why a database can't be chosen, or null. The list shows the same words. */
export const databaseRefusal = (facts: Facts, database: DatabaseFact): string | null =>
  anyRefusal(database) ?? secondaryRefusal(facts, database.name) ?? turnOnRefusal(facts, database)

const databaseBlockers = ({ draft, facts }: PlanContext, name: string): Blocker[] => {
  const { databases, runningBackups } = facts
  if (!databases.read)
    return [block('Databases were not read', databases.because, 'The plan needs them', 'task')]
  const database = databases.value.find((one) => one.name === name)
  const reason =
    database === undefined ? 'not there, or not visible with this login' : databaseRefusal(facts, database)
  const key = keyOf(facts, name)
  const object = keyObjectOf(facts, draft)
  return [
    ...(reason === null ? [] : [block(`${name} can’t be chosen`, reason, 'Take it out', 'task')]),
    ...(key !== undefined && reason === null && key.thumbprint !== object?.thumbprint
      ? [
          block(
            `${name} has a database encryption key under another protector`,
            `${key.encryptorType}, thumbprint ${key.thumbprint ?? 'not shown'}`,
            'Drop that key by hand (nothing is encrypted with it), or put it under the vault’s key with a rotation',
            'task',
          ),
        ]
      : []),
    ...(runningBackups.read && runningBackups.value.includes(name)
      ? [
          block(
            `A backup of ${name} is running`,
            `${runningBackups.source}: BACKUP`,
            'No backup while encryption is switched (SQL 3023). Wait for its end, then read again',
            'task',
          ),
        ]
      : []),
  ]
}

const vaultBlockers = ({ draft, facts }: PlanContext): Blocker[] => {
  const side = azureOf(facts)
  if (facts.azure?.answered === false)
    return [
      block('Azure did not answer', facts.azure.problem.title, 'An answer, or a plan without Azure', 'task'),
    ]
  if (side === null || side.key === null) return []
  if (!side.key.read)
    return [
      block(
        `Key ${draft.vaultKey} was not read`,
        side.key.because,
        'The right to read it, or a plan without Azure',
        'key',
      ),
    ]
  const { key, deleted } = side.key.value
  if (key === null)
    return [
      block(
        `${draft.vaultHost} has no key ${draft.vaultKey}`,
        deleted === null ? 'not there, or not visible' : 'deleted; it can be recovered',
        'A key of this vault',
        'key',
      ),
    ]
  const refusal = connectorRefusal(key, new Date(facts.readAt))
  return refusal === null
    ? []
    : [
        block(
          `Key ${draft.vaultKey} can’t be used`,
          refusal,
          'An enabled RSA key of 2,048 or 3,072 bits, in its dates',
          'key',
        ),
      ]
}

/** What is there under the names of the draft and is something else. */
const chainBlockers = ({ draft, facts }: PlanContext): Blocker[] => {
  const provider = providerOf(facts, draft)
  const other = otherProviderOf(facts, draft)
  const credential = credentialOf(facts, draft)
  const key = keyObjectOf(facts, draft)
  const found: Blocker[] = []
  if (provider !== undefined && provider.dllPath.toLowerCase() !== draft.providerLibrary.toLowerCase())
    found.push(
      seenByDoctor(
        facts.target,
        block(
          `Provider ${provider.name} loads another library`,
          provider.dllPath,
          'That path, or another name',
          'host',
        ),
      ),
    )
  if (provider !== undefined && !provider.enabled)
    found.push(
      seenByDoctor(
        facts.target,
        block(
          `Provider ${provider.name} is disabled`,
          'is_enabled 0',
          'ALTER CRYPTOGRAPHIC PROVIDER … ENABLE by whoever disabled it',
          'host',
        ),
      ),
    )
  if (provider === undefined && other !== undefined)
    found.push(
      block(
        'The library is registered already',
        `as provider ${other.name}`,
        `The name ${other.name}`,
        'host',
      ),
    )
  if (credential !== undefined) {
    if (credential.provider !== draft.providerName || credential.identity !== identityText(draft))
      found.push(
        block(
          `Credential ${credential.name} is something else`,
          `IDENTITY ${credential.identity}, for ${credential.provider ?? 'no provider'}`,
          'Another name; the job “Credential” changes one',
          'identity',
        ),
      )
  }
  if (key !== undefined) {
    const problem = keyObjectProblem(key, draft)
    if (problem !== null)
      found.push(block(`Key object ${key.name} is something else`, problem, 'Another name', 'identity'))
  } else found.push(...setupBlockers(facts, draft.providerName, credentialNameOf(draft)))
  if (key === undefined && loginIsThere(facts, draft))
    found.push(
      block(
        `Login ${draft.keyLogin} is there, and its key object is not`,
        'made from another key',
        'Another name for the login',
        'identity',
      ),
    )
  const heldOther = credentialsHeld(facts, draft.keyLogin, draft.providerName).find(
    (name) => name !== credentialNameOf(draft),
  )
  if (heldOther !== undefined)
    found.push(
      block(
        `Login ${draft.keyLogin} holds another credential of ${draft.providerName}`,
        heldOther,
        'A login holds one credential of a provider: choose that one, or another login',
        'identity',
      ),
    )
  return found
}

const credentialsHeld = ({ ekm }: Facts, login: string, provider: string): string[] =>
  ekm.credentials.read
    ? ekm.credentials.value
        .filter((one) => one.provider === provider && holds(one, login))
        .map(({ name }) => name)
    : []

/** The key object is made with a credential of the own login. */
const setupBlockers = (facts: Facts, provider: string, credential: string): Blocker[] => {
  const { ownLogin, principal } = facts
  const held = credentialsHeld(facts, principal, provider).find((name) => name !== credential)
  return [
    ...(ownLogin.read && !ownLogin.value
      ? [
          block(
            `${principal} can’t hold a credential`,
            'It is no login of its own: it comes in through a group',
            'A connection with a login of its own',
            'task',
          ),
        ]
      : []),
    ...(held === undefined
      ? []
      : [
          block(
            `${principal} holds another credential of ${provider}`,
            held,
            'Take it away from this login (SQL 33043), or connect with another login',
            'identity',
          ),
        ]),
  ]
}

const secretGiven = ({ draft, facts }: PlanContext, plan: Plan): Blocker[] => [
  ...secretBlockers(plan, facts.secrets, () => 'identity'),
  ...(plan.steps.some(({ kind }) => kind === 'create-ekm-credential') &&
  draft.identityKind === 'service-principal' &&
  plan.secrets.length === 0
    ? [
        block(
          `The secret of the application is missing`,
          `Credential ${credentialNameOf(draft)} is not there, so it is made`,
          'The secret, entered or chosen',
          'identity',
        ),
      ]
    : []),
]
