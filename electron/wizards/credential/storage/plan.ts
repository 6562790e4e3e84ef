import {
  byAzure,
  makesToken,
  type StorageCredentialDraft,
} from '../../../../shared/forms/credential-storage-draft.ts'
import { runMark, type RunId } from '../../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../../shared/model/plan.ts'
import { accessOfCredential, containerOf } from '../../../../shared/model/storage.ts'
import { dayText } from '../../../../shared/model/storage-token.ts'
import type { PlanOutcome } from '../../../engine/contract.ts'
import { markTag } from '../../../ports/key-vault.ts'
import { putAccount, putContainer } from '../../../scripts/azure/storage.ts'
import {
  alterStorageCredential,
  credentialNameOf,
  identityOfStorage,
  storageHoles,
  type StorageCredential,
} from '../../../scripts/tsql/storage.ts'
import type { CredentialFact } from '../../sqlserver/ekm-facts.ts'
import { numbered, secretsOf, type Draftstep } from '../../sqlserver/plan-parts.ts'
import { createCredentialStep, storageCredentialOf } from '../../sqlserver/plan-storage.ts'
import { storageAdvice } from './advice.ts'
import type { StorageFacts, StorageSide } from './facts.ts'

export interface StorageContext {
  draft: StorageCredentialDraft
  facts: StorageFacts
  runId: RunId
}

export const sideOf = ({ azure }: StorageFacts): StorageSide | null =>
  azure?.answered === true ? azure.side : null

/** A new account has the blob host of its cloud. */
const blobHosts = {
  public: 'blob.core.windows.net',
  'us-government': 'blob.core.usgovcloudapi.net',
  china: 'blob.core.chinacloudapi.cn',
} as const

export interface Where {
  group: string
  account: string
  host: string
  container: string
  url: string
}

/** Where the container is; of a renewal, that of the chosen credential. Null: not known. */
export const whereOf = (ctx: StorageContext): Where | null => {
  const { draft, facts } = ctx
  const side = sideOf(facts)
  if (byAzure(draft)) {
    const [group = '', account = ''] =
      draft.accountMode === 'create'
        ? [draft.accountGroup, draft.accountName]
        : draft.storageAccount.split('/')
    const found =
      side?.accounts.read === true ? side.accounts.value.find(({ name }) => name === account) : undefined
    const host = found?.host || `${account}.${blobHosts[side?.cloud ?? 'public']}`
    return {
      group,
      account,
      host,
      container: draft.containerName,
      url: `https://${host}/${draft.containerName}`,
    }
  }
  const url = draft.task === 'create-storage' ? draft.containerUrl : (draft.storageChosen[0] ?? '')
  const place = containerOf(url)
  if (place === null) return null
  const found =
    side?.accounts.read === true ? side.accounts.value.find(({ name }) => name === place.account) : undefined
  return { group: found?.group ?? '', ...place, url }
}

export const chosenOf = ({
  draft,
  facts,
}: StorageContext): (CredentialFact | { name: string; missing: true })[] =>
  draft.storageChosen.map(
    (name) =>
      (facts.credentials.read ? facts.credentials.value.find((one) => one.name === name) : undefined) ?? {
        name,
        missing: true,
      },
  )

/** What the server's row means; null: no credential of storage. */
export const storageCredentialIn = ({ name, identity }: CredentialFact): StorageCredential | null => {
  const access = accessOfCredential(name, identity)
  if (access === null) return null
  return access === 'access-key' ? { access, name, account: identity } : { access, container: name }
}

/** Pure: the same draft, facts and run id give the same plan. */
export const planStorageCredential = (
  draft: StorageCredentialDraft,
  facts: StorageFacts,
  runId: RunId,
): PlanOutcome => {
  const ctx: StorageContext = { draft, facts, runId }
  const steps = numbered(draftsteps(ctx), facts.target)
  const side = sideOf(facts)
  const plan: Plan = {
    format: 1,
    job: 'credential',
    runId,
    title: titleOf(ctx),
    targets: [
      { ref: facts.target, identity: { ...facts.identity } },
      ...(side === null ? [] : [{ ref: side.target, identity: { ...side.identity } }]),
    ],
    steps,
    secrets: secretsOf(
      steps,
      (hole) => {
        const handle =
          hole === storageHoles.sas ? (makesToken(draft) ? null : draft.storageToken) : draft.accessKey
        return handle === null ? null : { handle, target: facts.target }
      },
      facts.secrets,
    ),
    relied: reliedOn(ctx),
  }
  return { plan, advice: storageAdvice(ctx, plan) }
}

const titleOf = ({ draft, facts }: StorageContext): string => {
  const server = facts.target.name
  switch (draft.task) {
    case 'create-storage':
      return `Credential for storage on ${server}`
    case 'renew-storage':
      return `New secret of credential ${draft.storageChosen[0] ?? ''} on ${server}`
    case 'prove-storage':
      return `Prove credentials for storage of ${server}`
  }
}

/** The end of a token that Keyturn signs: midnight (UTC) so many days on. */
export const endOfToken = ({ draft, facts }: StorageContext): string => {
  const day = Date.parse(`${facts.plannedAt.slice(0, 10)}T00:00:00Z`)
  return new Date(day + draft.tokenDays * 86_400_000).toISOString()
}

export const tokenName = (ctx: StorageContext): string => {
  const where = whereOf(ctx)
  return `Token for ${where?.account ?? ''}/${where?.container ?? ''} (keyturn ${runMark(ctx.runId)}), ends ${dayText(endOfToken(ctx))}`
}

const draftsteps = (ctx: StorageContext): Draftstep[] => {
  const { draft, facts } = ctx
  switch (draft.task) {
    case 'create-storage': {
      const where = whereOf(ctx)
      const credential = storageCredentialOf({
        ...draft,
        containerUrl: byAzure(draft) ? (where?.url ?? '') : draft.containerUrl,
      })
      return [
        ...azureSteps(ctx),
        createCredentialStep(credential, facts.target.name, keptToken(ctx)),
        ...(draft.proveStorage && where !== null ? [proofStep(ctx, credential, where.url, true)] : []),
      ]
    }
    case 'renew-storage':
      return chosenOf(ctx).flatMap((found) => {
        const credential = 'missing' in found ? null : storageCredentialIn(found)
        if (credential === null || credential.access === 'managed-identity') return []
        return [
          ...azureSteps(ctx),
          changeStep(ctx, credential),
          ...(draft.proveStorage && credential.access === 'sas'
            ? [proofStep(ctx, credential, credential.container, true)]
            : []),
        ]
      })
    case 'prove-storage':
      return chosenOf(ctx).flatMap((found) => {
        const credential = 'missing' in found ? null : storageCredentialIn(found)
        return credential === null || credential.access === 'access-key'
          ? []
          : [proofStep(ctx, credential, credential.container, false)]
      })
  }
}

const keptToken = (ctx: StorageContext): { target: string; label: string } | null => {
  const side = sideOf(ctx.facts)
  return makesToken(ctx.draft) && side !== null ? { target: side.target.id, label: tokenName(ctx) } : null
}

const stays = (what: string) => ({ can: false, because: what }) as const

/** Account, container and token, as far as Azure makes them. */
const azureSteps = (ctx: StorageContext): Draftstep[] => {
  const { draft, facts, runId } = ctx
  const side = sideOf(facts)
  const where = whereOf(ctx)
  if (side === null || where === null) return []
  const { group, account, host, container } = where
  const place = { cloud: side.cloud, subscription: side.identity.subscriptionId }
  const common = { target: side.target, resume: 'marked', stopNow: null } as const
  const found = side.accounts.read ? side.accounts.value.find(({ name }) => name === account) : undefined
  const keysAllowed =
    draft.blobAccess === 'access-key' || draft.signWith === 'key' || draft.tokenFrom === 'typed'
  const there = side.containers?.read === true && side.containers.value.includes(container)
  return [
    ...(byAzure(draft) && draft.accountMode === 'create' && found === undefined
      ? [
          {
            ...common,
            kind: 'create-storage-account',
            title: `Create storage account ${account}`,
            now: 'No account of that name in the resource group',
            after: `StorageV2, copies in a paired region, TLS 1.2 at least, no public blobs, access keys ${keysAllowed ? 'allowed: the token or the credential needs one' : 'not allowed'}`,
            scripts: [
              putAccount(place, group, account, {
                region: draft.accountRegion,
                sku: 'Standard_GRS',
                keysAllowed,
                tags: { [markTag]: runMark(runId) },
              }),
            ],
            params: { group, account, region: draft.accountRegion, keysAllowed },
            permission: `Microsoft.Storage/storageAccounts/write on ${group}`,
            undo: stays('An account is not deleted by an undo: it may hold blobs by then'),
          } satisfies Draftstep,
        ]
      : []),
    ...(byAzure(draft) && !there
      ? [
          {
            ...common,
            kind: 'create-storage-container',
            resume: 'named',
            title: `Create container ${container} in ${account}`,
            now: 'Not there',
            after: 'There, without public access',
            scripts: [putContainer(place, group, account, container)],
            params: { group, account, host, container },
            permission: `Microsoft.Storage/storageAccounts/blobServices/containers/write on ${account}`,
            undo: stays('A container is not deleted by an undo: it may hold blobs by then'),
          } satisfies Draftstep,
        ]
      : []),
    ...(makesToken(draft)
      ? [
          {
            ...common,
            kind: 'make-storage-token',
            title: `Sign a token for container ${container} of ${account}`,
            now: 'None of this run in the keyring',
            after: `Kept in the keyring: read, write, delete and list in this container, until ${dayText(endOfToken(ctx))}`,
            scripts: [],
            params: {
              group,
              account,
              host,
              container,
              by: draft.signWith,
              ends: endOfToken(ctx),
              label: tokenName(ctx),
            },
            permission:
              draft.signWith === 'key'
                ? `Microsoft.Storage/storageAccounts/listkeys/action on ${account}`
                : `Storage Blob Data Contributor on ${account} (it also gives the key that signs)`,
            undo: stays('A token that was signed stays good until its end; it is in the keyring'),
          } satisfies Draftstep,
        ]
      : []),
  ]
}

const changeStep = (ctx: StorageContext, credential: StorageCredential): Draftstep => {
  const name = credentialNameOf(credential)
  return {
    kind: 'change-storage-credential',
    title: `Change the secret of credential ${name}`,
    now: 'It has a secret that no server shows',
    after: 'It has the new one, from the next statement on; name and identity as before',
    scripts: [alterStorageCredential(credential)],
    params: {
      credential: name,
      access: credential.access,
      identity: identityOfStorage(credential),
      kept: keptToken(ctx),
    },
    permission: 'ALTER ANY CREDENTIAL',
    undo: {
      can: false,
      because: 'No server tells the secret that it had. Another new one can be set at any time',
    },
    resume: 'before-image',
    stopNow: null,
  }
}

const proofStep = (
  ctx: StorageContext,
  credential: StorageCredential,
  container: string,
  strict: boolean,
): Draftstep => {
  const name = credentialNameOf(credential)
  return {
    kind: 'prove-storage-credential',
    title: `Use credential ${name} once`,
    now: 'Not used in this run',
    after: strict
      ? 'Storage let the server in: it looked for a blob that is not there, and found none'
      : 'What storage answers: let in, or not',
    scripts: [],
    params: {
      credential: name,
      access: credential.access,
      identity: identityOfStorage(credential),
      url: `${container}/keyturn-${runMark(ctx.runId)}-not-there.bak`,
      strict,
    },
    permission:
      'CREATE ANY DATABASE and ALTER ANY CREDENTIAL (the server asks for both before RESTORE HEADERONLY)',
    undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
    resume: 'named',
    stopNow: null,
  }
}

const reliedOn = (ctx: StorageContext): ReliedFact[] => {
  const { draft, facts } = ctx
  const fact = (name: string, value: string): ReliedFact => ({ target: facts.target.name, fact: name, value })
  const { credentials } = facts
  const names =
    draft.task === 'create-storage'
      ? [
          credentialNameOf(
            storageCredentialOf({ ...draft, containerUrl: whereOf(ctx)?.url ?? draft.containerUrl }),
          ),
        ]
      : draft.storageChosen
  return [
    fact('login', facts.principal),
    fact('version', facts.server.read ? facts.server.value.version : facts.server.because),
    ...names.map((name) =>
      fact(
        `credential ${name}`,
        !credentials.read
          ? credentials.because
          : (credentials.value.find((one) => one.name.toLowerCase() === name.toLowerCase())?.identity ??
              'none'),
      ),
    ),
  ]
}
