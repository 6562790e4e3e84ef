import { identityProblem } from '../../../shared/model/ekm.ts'
import { readChosen } from '../../../shared/forms/credential-draft.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import { connectorRefusal } from '../azure/key-rules.ts'
import { secretBlockers } from '../sqlserver/certificate-advice.ts'
import { seenByDoctor } from '../sqlserver/doctor-link.ts'
import type { ProviderFact } from '../sqlserver/ekm-facts.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { block } from './blocker.ts'
import { renewBlockers } from './blockers-renew.ts'
import { chosenIn, clientIdIn, isManaged, newName, nodesOf, type PlanContext } from './plan-context.ts'
import { heldBy } from './plan-create.ts'
import type { AzureSide, Facts, Node } from './facts-model.ts'

/** Everything that keeps the plan from being run. Pure. */
export const blockersOn = (ctx: PlanContext, plan: Plan): Blocker[] => {
  const { draft, facts } = ctx
  return [
    ...nodesOf(facts).flatMap(unread),
    ...azureBlockers(ctx),
    ...(draft.task === 'create' ? createBlockers(ctx) : []),
    ...(draft.task === 'prove' || draft.task === 'renew' ? chosenBlockers(ctx) : []),
    ...(draft.task === 'renew' ? renewBlockers(ctx) : []),
    ...secretBlockers(plan, facts.secrets, () => 'identity'),
  ]
}

/** A list of which a part may be hidden is none to act on. */
const unread = ({ target, ekm }: Node): Blocker[] => {
  const parts: [string, Read<unknown>][] = [
    ['Credentials', ekm.credentials],
    ['Providers', ekm.providers],
    ['Keys of providers', ekm.keys],
    ['Logins of keys', ekm.keyLogins],
    ['Databases and what their keys are under', ekm.databases],
    ['When the service started', ekm.service],
  ]
  return parts.flatMap(([what, read]) =>
    read.read
      ? []
      : [block(`${what} of ${target.name} were not read`, read.because, 'The plan stands on them', 'task')],
  )
}

const azureBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts } = ctx
  if (draft.azureMode === 'without') return []
  if (facts.azure === null) {
    return [
      block(
        'No subscription was asked',
        'none is chosen',
        'A connected subscription, or “Without Azure”',
        'task',
      ),
    ]
  }
  if (!facts.azure.answered) {
    return [block('Azure did not answer', facts.azure.problem.title, 'An answer, or “Without Azure”', 'task')]
  }
  const { side } = facts.azure
  const asksApplication =
    draft.clientId !== '' && !(draft.task === 'create' && draft.identityKind === 'managed-identity')
  const read = side.application
  return [
    ...(asksApplication && read?.read === false
      ? [
          block(
            'The application was not read',
            read.because,
            'A sign-in that may read applications',
            'identity',
          ),
        ]
      : []),
    ...(asksApplication && read?.read === true && read.value === null
      ? [
          block(
            `Application ${clientIdIn(ctx)} is not in tenant ${side.identity.tenantId}`,
            'not found, or not visible with this sign-in',
            'An application of this tenant; its service principal has to be there too',
            'identity',
          ),
        ]
      : []),
    ...(side.vault?.read === false
      ? [
          block(
            `${draft.vaultHost} was not opened`,
            side.vault.because,
            `A vault of tenant ${side.identity.tenantId} that lets this computer in; the application signs in to that tenant`,
            'credential',
          ),
        ]
      : []),
    ...proofBlockers(ctx, side),
  ]
}

const proofBlockers = ({ draft, facts }: PlanContext, { proof }: AzureSide): Blocker[] => {
  // Nothing is proven where no key was named: only a named one has to fit.
  if (proof === null || (draft.task === 'renew' && draft.proofKey === '')) return []
  if (!proof.key.read)
    return [block('The key of the proof was not read', proof.key.because, 'A readable key, or none', 'use')]
  const { key, name } = proof.key.value
  if (key === null)
    return [block(`${proof.host} has no key ${name}`, 'not found', 'A key of this vault, or none', 'use')]
  const refusal = connectorRefusal(key, new Date(facts.readAt))
  return refusal === null
    ? []
    : [block(`Key ${name} can’t be used by the connector`, refusal, 'Another key', 'use')]
}

const providerOf = ({ node }: Facts, name: string): ProviderFact | undefined =>
  node.ekm.providers.read ? node.ekm.providers.value.find((one) => one.name === name) : undefined

const setUp =
  'The job “TDE with a vault key” installs the connector, turns the option on and makes the provider'

/** 2022 CU17. */
const firstManaged = { major: 16, build: 4175 }

const createBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts } = ctx
  const { option, providers } = facts.node.ekm
  const name = newName(ctx)
  const taken = facts.node.ekm.credentials.read
    ? facts.node.ekm.credentials.value.find((one) => one.name.toLowerCase() === name.toLowerCase())
    : undefined
  const provider = providerOf(facts, draft.provider)
  const held = draft.mapTo === 'login' ? heldBy(facts, draft.login, draft.provider) : undefined
  return [
    ...(option.read && !option.value.inUse
      ? [
          seenByDoctor(
            facts.target,
            block(
              `Extensible key management is not in use at ${facts.target.name}`,
              'EKM provider enabled: 0',
              setUp,
              'task',
            ),
          ),
        ]
      : []),
    ...(providers.read && provider === undefined
      ? [
          seenByDoctor(
            facts.target,
            block(
              `${facts.target.name} has no provider ${draft.provider}`,
              providers.value.map((one) => one.name).join(', ') || 'no provider',
              setUp,
              'credential',
            ),
          ),
        ]
      : []),
    ...(provider?.enabled === false
      ? [
          seenByDoctor(
            facts.target,
            block(
              `Provider ${draft.provider} is disabled`,
              provider.dllPath,
              'An enabled one: find out why it was turned off',
              'credential',
            ),
          ),
        ]
      : []),
    ...(taken === undefined
      ? []
      : [
          block(
            `The name ${name} is taken`,
            `IDENTITY ${taken.identity}`,
            draft.identityKind === 'managed-identity'
              ? 'A credential for a managed identity is called like the vault’s host: there is one already'
              : 'Another name',
            'credential',
          ),
        ]),
    ...(held === undefined
      ? []
      : [
          block(
            `${draft.login} holds a credential of ${draft.provider} already`,
            held.name,
            'A login without one (SQL 33043); or renew that one',
            'use',
          ),
        ]),
    ...(draft.mapTo === 'login' &&
    draft.login === facts.principal &&
    facts.ownLogin.read &&
    !facts.ownLogin.value
      ? [
          block(
            `${facts.principal} is no login of its own`,
            'it comes in through a group',
            'A login that can hold a credential',
            'use',
          ),
        ]
      : []),
    ...managedBlockers(ctx),
  ]
}

const managedBlockers = ({ draft, facts }: PlanContext): Blocker[] => {
  if (draft.identityKind !== 'managed-identity' || !facts.server.read) return []
  const { version, major } = facts.server.value
  const build = Number(version.split('.')[2] ?? 0)
  const fits = major > firstManaged.major || (major === firstManaged.major && build >= firstManaged.build)
  return fits
    ? []
    : [
        block(
          `${facts.target.name} has no managed identity for keys`,
          `version ${version}`,
          'SQL Server 2022 from CU17 (16.0.4175) on a virtual machine of Azure, or 2025 with Azure Arc',
          'credential',
        ),
      ]
}

const chosenBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts } = ctx
  const known = new Set<string>(nodesOf(facts).map(({ target }) => target.id))
  const strange = draft.credentials.filter((value) => !known.has(readChosen(value)?.server ?? ''))
  return [
    ...(strange.length > 0
      ? [
          block(
            `${strange.length} of the chosen credentials are on servers that are not asked`,
            'not this server, and no node of its availability groups that answers',
            'Choose again',
            'credential',
          ),
        ]
      : []),
    ...chosenIn(ctx).flatMap(({ node, name, fact }): Blocker[] => {
      const where = `${name} on ${node.target.name}`
      if (fact === undefined) {
        return node.ekm.credentials.read
          ? [block(`There is no credential ${where}`, 'not there any more', 'Choose again', 'credential')]
          : []
      }
      if (fact.provider === null) {
        return [
          block(
            `Credential ${where} is for no provider of keys`,
            `IDENTITY ${fact.identity}`,
            'One for a key vault',
            'credential',
          ),
        ]
      }
      if (draft.task === 'prove') return []
      if (isManaged(fact)) {
        return [
          block(
            `Credential ${where} has no secret`,
            'it is for a managed identity',
            'Leave it out',
            'credential',
          ),
        ]
      }
      const wrong = identityProblem(fact.identity)
      return wrong === null || wrong.includes('documentation')
        ? []
        : [
            block(
              `Credential ${where} can’t work`,
              `IDENTITY ${fact.identity}: ${wrong}`,
              'Drop it and create one with the vault’s name',
              'credential',
            ),
          ]
    }),
  ]
}
