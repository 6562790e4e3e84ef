import { makesSecret, removesSecret } from '../../../shared/forms/credential-draft.ts'
import { identityProblem } from '../../../shared/model/ekm.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import { daysUntil } from '../azure/key-rules.ts'
import { secretsText } from '../azure/words.ts'
import { serverTime } from '../sqlserver/ekm-facts.ts'
import { databasesNotOpen, databasesOfCredential } from '../sqlserver/ekm-links.ts'
import { note } from '../sqlserver/words.ts'
import { blockersOn } from './blockers.ts'
import { silenceOf, silentNodes } from './nodes.ts'
import {
  applicationIn,
  applicationName,
  chosenIn,
  leftOutIn,
  leftOutNames,
  nodesOf,
  provable,
  type PlanContext,
} from './plan-context.ts'
import { noProofHere } from './plan-create.ts'
import { primaryOf, secretExpires, secretName, serviceOfNode, waitsForFailover } from './plan-renew.ts'
import { databasesText, soonDays } from './texts.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (ctx: PlanContext, plan: Plan): PlanAdvice => ({
  satisfied: [],
  blockers: blockersOn(ctx, plan),
  warnings: warningsOn(ctx),
  notes: notesOn(ctx),
  factsAt: ctx.facts.readAt,
})

const warn = (what: string, why: string, screen: string | null): Warning => ({ what, why, screen })

const warningsOn = (ctx: PlanContext): Warning[] => {
  switch (ctx.draft.task) {
    case 'create':
      return [...createWarnings(ctx), ...endingSecrets(ctx)]
    case 'prove':
      return endingSecrets(ctx)
    case 'renew':
      return renewWarnings(ctx)
  }
}

const createWarnings = (ctx: PlanContext): Warning[] => {
  const { draft, facts } = ctx
  const why = noProofHere(ctx)
  return [
    ...(why === null
      ? []
      : [
          warn(
            'The credential is not proven on the server',
            `${why}. That it works shows at the first key that is opened with it`,
            'use',
          ),
        ]),
    ...(draft.identityKind === 'managed-identity'
      ? [
          warn(
            'Whether the machine has a managed identity can’t be read',
            'It has to be a virtual machine of Azure (2022 from CU17) or known to Azure Arc (2025), with an identity that may use the key. Where it has none the connector answers 3304',
            'credential',
          ),
        ]
      : []),
    ...(draft.azureMode === 'without'
      ? [
          warn(
            'Client id and secret are taken as they were entered',
            draft.identityKind === 'managed-identity'
              ? 'Azure is not asked'
              : 'Azure is not asked: whether the application is of the vault’s tenant, and when its secret ends, is not known',
            'task',
          ),
        ]
      : []),
    ...(draft.mapTo === 'none'
      ? [
          warn(
            'No login holds the credential in the end',
            'Nothing uses it until it is mapped to the login of a key',
            'use',
          ),
        ]
      : []),
    ...(facts.node.ekm.keys.read &&
    draft.mapTo === 'login' &&
    facts.node.ekm.keyLogins.read &&
    facts.node.ekm.keyLogins.value.includes(draft.login)
      ? [
          warn(
            `${draft.login} is the login of a key`,
            'From its next use on, the engine opens that key with this credential',
            'use',
          ),
        ]
      : []),
  ]
}

/** Of the chosen application, where Azure was asked. */
const endingSecrets = (ctx: PlanContext): Warning[] =>
  (applicationIn(ctx)?.secrets ?? []).flatMap((secret) => {
    const days = daysUntil(secret.expires, new Date(ctx.facts.readAt))
    if (days === null || days >= soonDays) return []
    return [
      warn(
        days < 0
          ? `Secret ${secretName(secret)} of ${applicationName(ctx)} ended on ${secret.expires?.slice(0, 10) ?? ''}`
          : `Secret ${secretName(secret)} of ${applicationName(ctx)} ends on ${secret.expires?.slice(0, 10) ?? ''}, in ${days} days`,
        'A server that signs in with it can’t open its keys at its next start: the databases stay in RECOVERY_PENDING. This job, task “Renew a secret”, sets another one',
        'identity',
      ),
    ]
  })

const renewWarnings = (ctx: PlanContext): Warning[] => {
  const { draft, facts } = ctx
  const chosen = chosenIn(ctx)
  const nodes = [...new Set(chosen.map(({ node }) => node))]
  return [
    ...nodes.map((node) => {
      const databases = chosen
        .filter((one) => one.node === node)
        .flatMap(({ fact }) => (fact === undefined ? [] : databasesOfCredential(node.ekm, fact)))
        .map(({ name }) => name)
      const failover = waitsForFailover(ctx, node)
      return warn(
        `Service ${serviceOfNode(node)} of ${node.target.name} is restarted ${draft.restartBy === 'keyturn' ? 'where a PowerShell of this computer reaches it, else by you' : 'by you'}${failover ? ', after a failover that is yours too' : ''}`,
        `${draft.restartBy === 'keyturn' ? 'The step does it when the run comes there' : 'The run waits for it'}. Everything on that server stops meanwhile${databases.length === 0 ? '' : `; ${databases.join(', ')} open with the new secret or stay closed`}${primaryOf(node).length > 0 && !failover && facts.others.length > 0 ? `. It is the primary of ${primaryOf(node).join(', ')}` : ''}`,
        'use',
      )
    }),
    ...(draft.nodesConfirmed
      ? silentNodes(facts.others).map((node) =>
          warn(
            `${node.name} has the new secret by your word only`,
            `Keyturn saw nothing of it (${silenceOf(node)}). With the old one its databases stay closed at the first start after that ended`,
            'credential',
          ),
        )
      : []),
    ...nodesOf(facts).flatMap(({ target, ekm }) =>
      databasesNotOpen(ekm).map(({ name, state }) =>
        warn(
          `${name} on ${target.name} is ${state}`,
          'Which key it needs can’t be read while it is not open. If the secret has ended already, it opens after the restart, or with ALTER DATABASE … SET ONLINE',
          null,
        ),
      ),
    ),
    ...chosen
      .filter((one) => one.fact !== undefined && !provable(one))
      .map(({ node, name }) =>
        warn(
          `${name} on ${node.target.name} can’t be proven there`,
          'No database hangs on it alone, and your login does not hold it. The step says so and goes on',
          'credential',
        ),
      ),
    ...(removesSecret(draft) ? [] : leftOutIn(ctx).filter(({ none }) => !none)).map((left) =>
      warn(
        `Not every credential of ${left.node.target.name} for this vault is chosen`,
        `${leftOutNames(left)}: where they sign in as this application, they stay on the old secret, until it ends`,
        'credential',
      ),
    ),
    ...(removesSecret(draft)
      ? [
          warn(
            'The old secret is removed in the end',
            'Whoever still signs in with it is refused from then on. Entra does not say who that is',
            'identity',
          ),
        ]
      : [
          warn(
            'The old secret stays valid',
            'It still signs in until it ends or somebody removes it',
            'identity',
          ),
        ]),
    ...(makesSecret(draft)
      ? [
          warn(
            `The new secret ends on ${secretExpires(ctx).slice(0, 10)} (UTC)`,
            'Renew it well before: SQL Server can’t open its keys at a start after that',
            'identity',
          ),
        ]
      : []),
    ...(facts.replicas.read
      ? [
          warn(
            'Other servers that sign in as this application are not known',
            'Only nodes of this server’s availability groups are looked for',
            'credential',
          ),
        ]
      : []),
  ]
}

const notesOn = (ctx: PlanContext): Evidence[] => {
  const { facts } = ctx
  const application = applicationIn(ctx)
  return [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    note(
      facts.node.ekm.providers,
      'Providers',
      (all) =>
        all.map(({ name, version, dllPath: library }) => `${name} ${version}, ${library}`).join('; ') ||
        'none',
    ),
    ...nodesOf(facts).map(({ target, ekm }) =>
      note(ekm.service, `Service of ${target.name} started (its own time)`, ({ started }) =>
        serverTime(started),
      ),
    ),
    ...chosenIn(ctx).flatMap(({ node, name, fact }): Evidence[] => {
      if (fact === undefined) return []
      const wrong = identityProblem(fact.identity)
      return [
        note(node.ekm.databases, `Databases that hang on ${name} on ${node.target.name}`, () =>
          databasesText(node.ekm, fact),
        ),
        ...(wrong === null
          ? []
          : [note(node.ekm.credentials, `IDENTITY of ${name}`, () => `${fact.identity}: ${wrong}`)]),
      ]
    }),
    ...(application === null || facts.azure?.answered !== true || facts.azure.side.application === null
      ? []
      : [
          note(facts.azure.side.application, `Secrets of ${application.name} and their ends (UTC)`, () =>
            secretsText(application),
          ),
        ]),
    ...silentNodes(facts.others).map((node) => ({
      statement: `Node ${node.name} of ${node.databases.join(', ')}`,
      value: silenceOf(node),
      source: 'Keyturn',
      at: node.at,
    })),
  ]
}
