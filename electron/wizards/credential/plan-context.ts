import { clientIdOf, identityOf, managedIdentity } from '../../../shared/model/ekm.ts'
import {
  makesSecret,
  readChosen,
  usesKept,
  type CredentialDraft,
} from '../../../shared/forms/credential-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { SecretSource } from '../../scripts/runbook/ekm-params.ts'
import * as vaultCalls from '../../scripts/azure/key-vault.ts'
import { hsmRoles, roles } from '../azure/roles.ts'
import { nameOfRun, secretLabel } from '../azure/names.ts'
import type { CredentialFact } from '../sqlserver/ekm-facts.ts'
import { keysOfItAlone } from '../sqlserver/ekm-links.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { AzureSide, Facts, Node } from './facts-model.ts'

/** What the parts of the plan have in common. Pure. */
export interface PlanContext {
  draft: CredentialDraft
  facts: Facts
  runId: RunId
}

/** Azure's side where it was asked and answered. */
export const azureOf = ({ azure }: Facts): AzureSide | null => (azure?.answered === true ? azure.side : null)

/** With hyphens. */
export const clientIdIn = ({ draft }: PlanContext): string => clientIdOf(draft.clientId)

/** The application as Azure has it; null: not asked, not there, not visible. */
export const applicationIn = ({ facts }: PlanContext) => {
  const read = azureOf(facts)?.application
  return read?.read === true ? (read.value?.application ?? null) : null
}

export const applicationName = (ctx: PlanContext): string => applicationIn(ctx)?.name ?? clientIdIn(ctx)

/** The servers of the plan: the chosen one and the other nodes that answered. */
export const nodesOf = ({ node, others }: Facts): Node[] => [
  node,
  ...others.flatMap((one) => (one.asked === 'answered' ? [one.node] : [])),
]

/** A chosen credential where it is; the fact is undefined where its node does not show it. */
export interface Chosen {
  node: Node
  name: string
  fact: CredentialFact | undefined
}

/** In the order of the nodes. One whose server is none of the plan's is left out; blockers name it. */
export const chosenIn = ({ draft, facts }: PlanContext): Chosen[] => {
  const wanted = draft.credentials.flatMap((value) => readChosen(value) ?? [])
  return nodesOf(facts).flatMap((node) =>
    wanted
      .filter(({ server }) => server === node.target.id)
      .map(({ credential }) => ({ node, name: credential, fact: credentialOf(node, credential) })),
  )
}

export const credentialOf = ({ ekm }: Node, name: string): CredentialFact | undefined =>
  ekm.credentials.read ? ekm.credentials.value.find((one) => one.name === name) : undefined

export const isManaged = ({ identity }: CredentialFact): boolean =>
  identity.toLowerCase() === managedIdentity.toLowerCase()

/** Credentials of one node for a vault of the chosen ones that are not chosen themselves. */
export interface LeftOut {
  node: Node
  /** None of this node is chosen. */
  none: boolean
  credentials: readonly CredentialFact[]
}

/** The catalog does not tell the application of a credential, only its vault: they may sign in with the old secret. */
export const leftOutIn = (ctx: PlanContext): LeftOut[] => {
  const chosen = chosenIn(ctx)
  const identities = new Set(chosen.flatMap(({ fact }) => fact?.identity.toLowerCase() ?? []))
  return nodesOf(ctx.facts).flatMap((node) => {
    if (!node.ekm.credentials.read) return []
    const own = new Set(chosen.filter((one) => one.node === node).map(({ name }) => name))
    const credentials = node.ekm.credentials.value.filter(
      ({ name, provider, identity }) =>
        provider !== null && !own.has(name) && identities.has(identity.toLowerCase()),
    )
    return credentials.length === 0 ? [] : [{ node, none: own.size === 0, credentials }]
  })
}

export const leftOutNames = ({ credentials }: LeftOut): string =>
  credentials.map(({ name, identity }) => `${name} (IDENTITY ${identity})`).join(', ')

/** Whether something on that server can show that the credential works; a database that may hang on another one can't. */
export const provable = ({ node, fact }: Chosen): boolean =>
  fact !== undefined &&
  (keysOfItAlone(node.ekm, fact).some(({ databases }) => databases.length > 0) ||
    fact.logins.some(({ login }) => login === node.principal))

/** Where the secret comes from that a step of a server sends. */
export const secretSource = (ctx: PlanContext): SecretSource => {
  const side = azureOf(ctx.facts)
  return makesSecret(ctx.draft) && side !== null
    ? { kept: { target: side.target.id, label: newSecret(ctx).label } }
    : { kept: null }
}

/** Names of the secret that this run has made. */
export const newSecret = (ctx: PlanContext) => ({
  secret: nameOfRun('keyturn', ctx.runId),
  label: secretLabel(applicationName(ctx), ctx.runId),
})

/** The handle that fills the secret's holes, and what it is kept for; null: the run has it made, or none is needed. */
export const secretHandle = ({ draft, facts }: PlanContext) => {
  const managed = draft.task === 'create' && draft.identityKind === 'managed-identity'
  if (draft.task === 'prove' || managed || makesSecret(draft)) return null
  const side = azureOf(facts)
  if (usesKept(draft)) {
    return draft.keptSecret === null || side === null
      ? null
      : { handle: draft.keptSecret, target: side.target }
  }
  return draft.clientSecret === null || draft.clientSecret === ''
    ? null
    : { handle: draft.clientSecret, target: facts.target }
}

/** The application signs in and uses a key: the only proof that does not need the server. Null: no key, or no Azure. */
export const proveInAzure = (ctx: PlanContext): Draftstep | null => {
  const side = azureOf(ctx.facts)
  if (ctx.draft.task === 'create' && ctx.draft.identityKind === 'managed-identity') return null
  const proof = side?.proof ?? null
  const key = proof?.key.read === true ? proof.key.value.key : null
  if (side === null || proof === null || key === null) return null
  const name = applicationName(ctx)
  const role = proof.host.includes('.managedhsm.')
    ? hsmRoles.cryptoServiceEncryptionUser
    : roles.cryptoServiceEncryptionUser
  return {
    kind: 'prove-wrap',
    target: side.target,
    title: `Prove in Azure that ${name} can use key ${key.name}`,
    now: 'not tried',
    after: `signed in as ${name}; 32 random bytes wrapped and unwrapped in ${proof.host}, and compared`,
    scripts: [
      vaultCalls.postSignIn(side.cloud, side.identity.tenantId, clientIdIn(ctx), proof.host),
      ...vaultCalls.postProbe(proof.host, key.name, key.version),
    ],
    params: {
      host: proof.host,
      key: key.name,
      version: key.version,
      application: clientIdIn(ctx),
      secret: makesSecret(ctx.draft) ? newSecret(ctx).label : null,
      needs: { role: role.name, on: `key ${key.name} of ${proof.host}` },
    },
    permission: `${role.name}, as ${name}`,
    undo: {
      can: false,
      because: 'it changes nothing; lines stay in the log of the vault',
      leaves: 'nothing',
    },
    resume: 'named',
    stopNow: { leaves: 'Nothing was changed by this step' },
  }
}

/** Which secrets the application has; null: Azure is not asked, or no application is chosen. */
export const listSecrets = (ctx: PlanContext): Draftstep | null => {
  const side = azureOf(ctx.facts)
  if (side === null || applicationIn(ctx) === null) return null
  return {
    kind: 'list-client-secrets',
    target: side.target,
    title: `Read the secrets of ${applicationName(ctx)}`,
    now: 'not read in this run',
    after: 'names and ends of its secrets; no value is ever shown',
    scripts: [],
    params: { application: clientIdIn(ctx) },
    permission: 'Application.Read.All, or owner of the application',
    undo: { can: false, because: 'it changes nothing', leaves: 'nothing' },
    resume: 'named',
    stopNow: null,
  }
}

/** A read on the server that shows whether the credential works. */
export const proveOn = (node: Node, name: string, provider: string, strict: boolean): Draftstep => ({
  kind: 'prove-credential',
  target: node.target,
  title: `Prove credential ${name} on ${node.target.name}`,
  now: 'not read in this run',
  after: strict
    ? 'a database that hangs on it is open, or the provider shows its keys'
    : 'what shows that it works, or that nothing here can show it',
  scripts: [],
  params: { credential: name, provider, strict },
  permission: 'VIEW ANY DEFINITION, VIEW SERVER STATE',
  undo: { can: false, because: 'it changes nothing', leaves: 'nothing' },
  resume: 'named',
  stopNow: null,
})

/** The same for a chosen one; none where it is not there any more, which blocks the plan. */
export const proofOf = ({ node, name, fact }: Chosen, strict: boolean): Draftstep[] =>
  fact === undefined || fact.provider === null ? [] : [proveOn(node, name, fact.provider, strict)]

/** Name of the credential that is made: one for a managed identity is called like the host. */
export const newName = ({ draft }: PlanContext): string =>
  draft.identityKind === 'managed-identity' ? draft.vaultHost.toLowerCase() : draft.credentialName

export const newIdentity = ({ draft }: PlanContext): string =>
  draft.identityKind === 'managed-identity' ? managedIdentity : identityOf(draft.vaultHost)
