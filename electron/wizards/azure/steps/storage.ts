import { tokenFacts } from '../../../../shared/model/storage-token.ts'
import { dayText } from '../../../../shared/model/storage-token.ts'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { markTag } from '../../../ports/key-vault.ts'
import type { BlobStore, StorageAccounts } from '../../../ports/storage.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { line, markOf } from './help.ts'

const openAccounts = (ctx: StepContext): Promise<StorageAccounts> =>
  ctx.azure.storage.accounts(ctx.step.target, { signal: ctx.signal })

/** Resume: marked: the account's tag holds the run's mark. An account is not deleted by an undo: it may hold blobs by then. */
export const createStorageAccountStep: StepHandler = {
  check: async (ctx) => {
    const { group, account } = readParams('create-storage-account', ctx.step.params)
    const found = await (await openAccounts(ctx)).account(group, account)
    if (found === null) return needed({ there: false })
    return found.tags[markTag] === markOf(ctx)
      ? satisfied(hasIntent(ctx) ? ctx.before : { there: true })
      : foreign('azure-foreign', { what: `Storage account ${account}` })
  },
  apply: async (ctx) => {
    const { group, account, region, keysAllowed } = readParams('create-storage-account', ctx.step.params)
    await (
      await openAccounts(ctx)
    ).createAccount(
      { name: account, group, region, sku: 'Standard_GRS', keysAllowed, tags: { [markTag]: markOf(ctx) } },
      { signal: ctx.signal },
    )
  },
  verify: async (ctx) => {
    const { group, account, keysAllowed } = readParams('create-storage-account', ctx.step.params)
    const found = await (await openAccounts(ctx)).account(group, account)
    if (found === null) throw notVerified(ctx, `Azure shows no storage account ${account}`)
    if (found.publicBlobs) throw notVerified(ctx, `${account} allows public blobs`)
    if (found.minimumTls !== 'TLS1_2' && found.minimumTls !== 'TLS1_3')
      throw notVerified(ctx, `${account} takes ${found.minimumTls ?? 'any TLS'}`)
    if (found.keysAllowed !== keysAllowed)
      throw notVerified(ctx, `${account} ${found.keysAllowed ? 'allows' : 'does not allow'} access keys`)
    const say = (statement: string, value: string) => line(ctx, 'Resource Manager', statement, value)
    return {
      evidence: [
        say(`Storage account ${account}`, `${found.kind}, ${found.sku}, ${found.region}`),
        say('TLS at least', found.minimumTls ?? ''),
        say('Public blobs', 'not allowed'),
        say('Access keys', found.keysAllowed ? 'allowed' : 'not allowed'),
      ],
      proofs: [],
    }
  },
}

/** Resume: named: a container of that name is the container. Private; one that is there stays as it is. */
export const createStorageContainerStep: StepHandler = {
  check: async (ctx) => {
    const { group, account, container } = readParams('create-storage-container', ctx.step.params)
    const found = await (await openAccounts(ctx)).container(group, account, container)
    return found === null
      ? needed({ there: false })
      : satisfied(hasIntent(ctx) ? ctx.before : { there: true })
  },
  apply: async (ctx) => {
    const { group, account, container } = readParams('create-storage-container', ctx.step.params)
    await (await openAccounts(ctx)).createContainer(group, account, container, { signal: ctx.signal })
  },
  verify: async (ctx) => {
    const { group, account, container } = readParams('create-storage-container', ctx.step.params)
    const found = await (await openAccounts(ctx)).container(group, account, container)
    if (found === null) throw notVerified(ctx, `${account} shows no container ${container}`)
    if (found.publicAccess) throw notVerified(ctx, `container ${container} is public`)
    return {
      evidence: [line(ctx, 'Resource Manager', `Container ${container} of ${account}`, 'there, not public')],
      proofs: [],
    }
  },
}

const keptToken = (ctx: StepContext, label: string) => ({
  purpose: 'storage.sas' as const,
  target: ctx.step.target.id,
  label,
})

/** Storage and this computer may differ: a token that begins now may begin too late for the other clock. */
const clockSlackMs = 15 * 60_000

const sign = async (ctx: StepContext, store: BlobStore): Promise<void> => {
  const { group, account, container, by, ends, label } = readParams('make-storage-token', ctx.step.params)
  const starts = new Date(ctx.clock.now().getTime() - clockSlackMs).toISOString()
  const rights = ['read', 'write', 'delete', 'list'] as const
  const request = { container, rights, starts, expires: ends }
  const keep = async (by: Parameters<BlobStore['signContainer']>[0]['by']): Promise<void> => {
    using token = await store.signContainer({ ...request, by }, { signal: ctx.signal })
    await ctx.keeper.keep(keptToken(ctx, label), token)
  }
  if (by === 'sign-in') return keep({ kind: 'sign-in' })
  using key = await (await openAccounts(ctx)).accountKey(group, account, 'key1', { signal: ctx.signal })
  await keep({ kind: 'key', key })
}

/**
 * Resume: marked, by the label in the keyring. Signing changes nothing at Azure, so a token that was not kept is lost
 * to nobody; one more is signed. A token that is out can't be taken back: it ends by its date, or with what signed it.
 */
export const makeStorageTokenStep: StepHandler = {
  check: async (ctx) => {
    const { label } = readParams('make-storage-token', ctx.step.params)
    ctx.keeper.ready()
    return ctx.keeper.find(keptToken(ctx, label)) === null
      ? needed({ kept: false })
      : hasIntent(ctx)
        ? satisfied(ctx.before)
        : foreign('azure-foreign', { what: `Kept secret ${label}` })
  },
  apply: async (ctx) => {
    ctx.keeper.ready()
    const { host } = readParams('make-storage-token', ctx.step.params)
    await sign(ctx, await ctx.azure.storage.at(ctx.step.target, host, { signal: ctx.signal }))
  },
  verify: async (ctx) => {
    const { label, account, container, by, ends } = readParams('make-storage-token', ctx.step.params)
    using token = await ctx.keeper.open(keptToken(ctx, label))
    const facts = token.use((bytes) => tokenFacts(bytes.toString('utf8')))
    if (facts === null)
      throw new KeyturnError('azure-answer', { target: account, what: 'a signature that is none' })
    if (facts.resource !== 'c') throw notVerified(ctx, 'the token is not for a container')
    if (facts.ends === null || Math.abs(Date.parse(facts.ends) - Date.parse(ends)) > 60_000)
      throw notVerified(ctx, `the token ends ${facts.ends ?? 'at no time'}`)
    const say = (statement: string, value: string) => line(ctx, 'the keyring', statement, value)
    return {
      evidence: [
        say(`Token for ${account}/${container}, kept as`, label),
        say('It allows', `${facts.permissions} (read, write, delete, list)`),
        say('It ends', dayText(facts.ends)),
        say('Signed by', by === 'key' ? 'access key key1 of the account' : 'the sign-in of the connection'),
      ],
      proofs: [],
    }
  },
}

export const storageAzureSteps = {
  'create-storage-account': createStorageAccountStep,
  'create-storage-container': createStorageContainerStep,
  'make-storage-token': makeStorageTokenStep,
} as const
