import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asTargetId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { ApplicationSecret, DirectoryApplication } from '../../../ports/directory.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { readCredential } from '../../sqlserver/read-ekm.ts'
import { needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { applicationOf } from './application.ts'
import { secretsText } from '../words.ts'
import { line, openDirectory, waitFor, type Waiting } from './help.ts'

type Params = ParamsOf<'remove-client-secret'>

const secretIn = ({ secrets }: DirectoryApplication, { keyId }: Params): ApplicationSecret | undefined =>
  secrets.find((one) => one.keyId === keyId)

/**
 * Every server that signs in as the application was restarted with its new secret and proven in this run: asked of the
 * evidence of the run, and again of the servers. Throws `ekm-old-secret-needed`.
 */
const assureProven = async (ctx: StepContext, { secret, proven }: Params): Promise<void> => {
  for (const { server, credential } of proven) {
    const sql = ctx.server(asTargetId(server))
    const what = `credential ${credential} on ${sql.ref.name}`
    const said = ctx.earlier.findLast(
      ({ data }) => data?.['credential'] === credential && data['server'] === server && 'proof' in data,
    )
    const row = await readCredential(sql, credential)
    if (said?.data?.['proof'] !== 'proven' || row?.inUse !== true) {
      throw new KeyturnError('ekm-old-secret-needed', { secret, what })
    }
  }
}

/** It changes nothing, so it runs again after a crash. */
export const listClientSecretsStep: StepHandler = {
  check: async () => needed({}),
  apply: async () => undefined,
  verify: async (ctx) => {
    const params = readParams('list-client-secrets', ctx.step.params)
    const application = await applicationOf(ctx, await openDirectory(ctx), params.application)
    const last = application.secrets
      .flatMap(({ expires }) => expires ?? [])
      .toSorted()
      .at(-1)
    const where = `application ${application.clientId}`
    return {
      evidence: [
        line(ctx, where, `Secrets of ${application.name} and their ends (UTC)`, secretsText(application), {
          clientId: application.clientId,
          ...(last === undefined ? {} : { secretExpires: last }),
        }),
        line(
          ctx,
          where,
          'Which of them a credential holds',
          'no server says it; the first characters of a secret are shown by Entra only',
        ),
      ],
      proofs: [],
    }
  },
}

/** The last step of a renewal. Resume: named, by the id of the secret. Nothing brings a removed secret back. */
export const removeClientSecretStep = (waiting: Waiting): StepHandler => ({
  check: async (ctx) => {
    const params = readParams('remove-client-secret', ctx.step.params)
    const application = await applicationOf(ctx, await openDirectory(ctx), params.application)
    return secretIn(application, params) === undefined
      ? satisfied(ctx.before ?? { there: false })
      : needed({ there: true })
  },
  apply: async (ctx) => {
    const params = readParams('remove-client-secret', ctx.step.params)
    await assureProven(ctx, params)
    const directory = await openDirectory(ctx)
    const application = await applicationOf(ctx, directory, params.application)
    await directory.removeSecret(application.objectId, params.keyId)
  },
  verify: async (ctx) => {
    const params = readParams('remove-client-secret', ctx.step.params)
    const directory = await openDirectory(ctx)
    const application = await waitFor(ctx, waiting, 'Entra to show that the secret is gone', async () => {
      const found = await applicationOf(ctx, directory, params.application)
      return secretIn(found, params) === undefined ? found : null
    })
    if (application === null) throw notVerified(ctx, `the application still shows secret ${params.secret}`)
    const where = `application ${application.clientId}`
    return {
      evidence: [
        line(ctx, where, 'Old secret removed', params.secret),
        line(
          ctx,
          where,
          'Secrets that the application has now',
          application.secrets
            .map(
              ({ name, hint, expires }) =>
                `${name || `${hint}…`} until ${expires?.slice(0, 10) ?? 'not said'}`,
            )
            .join(', ') || 'none',
        ),
      ],
      proofs: [],
    }
  },
})
