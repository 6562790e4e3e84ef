import type { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { ApplicationSecret, Directory, DirectoryApplication } from '../../../ports/directory.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { begun, foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { applicationOf, findApplication } from './application.ts'
import { line, openDirectory, waitFor, type Waiting } from './help.ts'

type Params = ParamsOf<'create-client-secret'>

/** Where the keyring has the value: under the run's label, bound to the subscription. */
export const keptAs = (ctx: StepContext, label: string) => ({
  purpose: 'ekm.client-secret' as const,
  target: ctx.step.target.id,
  label,
})

/** Secrets that carry the run's mark; more than one only after a broken-off attempt. */
const ownSecrets = (application: DirectoryApplication | null, { secret }: Params): ApplicationSecret[] =>
  (application?.secrets ?? []).filter(({ name }) => name === secret)

/** The kept value belongs to this secret as far as Entra shows it: its first characters. */
const isKept = async (ctx: StepContext, label: string, { hint }: ApplicationSecret): Promise<boolean> => {
  if (ctx.keeper.find(keptAs(ctx, label)) === null) return false
  using value = await ctx.keeper.open(keptAs(ctx, label))
  return value.use((bytes) => bytes.subarray(0, hint.length).equals(Buffer.from(hint, 'utf8')))
}

const removeOwn = async (directory: Directory, application: DirectoryApplication, params: Params) => {
  for (const { keyId } of ownSecrets(application, params)) {
    await directory.removeSecret(application.objectId, keyId)
  }
}

/**
 * Resume: marked, by its display name. Entra says the value once. A secret of this run whose value was not kept (the
 * program ended in between) is of no use to anybody: it is removed, and another one made under the same name.
 */
export const createClientSecretStep = (waiting: Waiting): StepHandler => ({
  check: async (ctx) => {
    const params = readParams('create-client-secret', ctx.step.params)
    ctx.keeper.ready()
    const application = await findApplication(ctx, await openDirectory(ctx), params.application)
    const [secret, ...more] = ownSecrets(application, params)
    if (secret === undefined) {
      const orphan = hasIntent(ctx) && ctx.keeper.find(keptAs(ctx, params.label)) !== null
      return orphan ? begun(ctx.before) : needed({ secrets: application?.secrets.length ?? 0 })
    }
    if (!hasIntent(ctx)) {
      return foreign('azure-foreign', { what: `Secret ${params.secret} of ${application?.name ?? ''}` })
    }
    return more.length === 0 && (await isKept(ctx, params.label, secret))
      ? satisfied(ctx.before)
      : begun(ctx.before)
  },
  apply: async (ctx) => {
    const params = readParams('create-client-secret', ctx.step.params)
    ctx.keeper.ready()
    const directory = await openDirectory(ctx)
    const application = await applicationOf(ctx, directory, params.application)
    await removeOwn(directory, application, params)
    const made = await directory.addSecret(application.objectId, {
      name: params.secret,
      expires: params.expires,
    })
    try {
      await ctx.keeper.keep(keptAs(ctx, params.label), made.value)
    } finally {
      made.value.wipe()
    }
  },
  verify: async (ctx) => {
    const params = readParams('create-client-secret', ctx.step.params)
    const directory = await openDirectory(ctx)
    const application = await waitFor(ctx, waiting, 'Entra to show the secret', async () => {
      const found = await applicationOf(ctx, directory, params.application)
      return ownSecrets(found, params).length === 0 ? null : found
    })
    const [secret, ...more] = ownSecrets(application, params)
    if (application === null || secret === undefined) {
      throw notVerified(ctx, `the application shows no secret ${params.secret}`)
    }
    if (more.length > 0) {
      throw notVerified(ctx, `${application.name} shows ${more.length + 1} secrets of that name`)
    }
    if (!(await isKept(ctx, params.label, secret))) {
      throw notVerified(ctx, 'the keyring does not hold the value of this secret')
    }
    const expires = secret.expires ?? params.expires
    const say = (statement: string, value: string, data?: Record<string, string>) =>
      line(ctx, `application ${application.clientId}`, statement, value, data)
    return {
      evidence: [
        say('Secret made; its value is only in the keyring', secret.name, {
          clientId: application.clientId,
          secretKeyId: secret.keyId,
          secretExpires: expires,
        }),
        say('SQL Server needs another one before', `${expires.slice(0, 10)} (UTC)`),
        say('Secrets that the application has now', String(application.secrets.length)),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const params = readParams('create-client-secret', ctx.step.params)
    ctx.keeper.ready()
    const directory = await openDirectory(ctx)
    const application = await findApplication(ctx, directory, params.application)
    if (application !== null) {
      await removeOwn(directory, application, params)
      const gone = await waitFor(ctx, waiting, 'Entra to show that the secret is gone', async () =>
        ownSecrets(await findApplication(ctx, directory, params.application), params).length === 0
          ? true
          : null,
      )
      if (gone === null) throw stillThere(ctx, params)
    }
    // Last: as long as the secret is there, its value must not be lost.
    await ctx.keeper.drop(keptAs(ctx, params.label))
    return [
      line(
        ctx,
        `application ${application?.clientId ?? 'gone'}`,
        'Secret removed, and its value from the keyring',
        params.secret,
      ),
    ]
  },
})

const stillThere = (ctx: StepContext, { secret }: Params): KeyturnError =>
  notVerified(ctx, `the application still shows secret ${secret}`)
