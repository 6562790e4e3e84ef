import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { applicationOf, findPrincipal } from '../../azure/steps/application.ts'
import { line, markOf, openDirectory, waitFor, type Waiting } from '../../azure/steps/help.ts'
import { foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'

/** Resume: marked. A second application of the same name would be allowed, so only the mark counts. */
export const registerApplicationStep = (waiting: Waiting): StepHandler => ({
  check: async (ctx) => {
    const found = await (await openDirectory(ctx)).markedApplication(markOf(ctx))
    if (found === null) return needed({ there: false })
    return hasIntent(ctx)
      ? satisfied(ctx.before)
      : foreign('azure-foreign', { what: `Application ${found.name}` })
  },
  apply: async (ctx) => {
    const { name } = readParams('register-application', ctx.step.params)
    await (await openDirectory(ctx)).createApplication({ name, mark: markOf(ctx) })
  },
  verify: async (ctx) => {
    const { name } = readParams('register-application', ctx.step.params)
    const directory = await openDirectory(ctx)
    const found = await waitFor(ctx, waiting, 'Entra to show the application', () =>
      directory.markedApplication(markOf(ctx)),
    )
    if (found === null) throw notVerified(ctx, `Entra shows no application of this run`)
    if (found.name !== name) throw notVerified(ctx, `the application of this run is called ${found.name}`)
    return {
      evidence: [
        line(ctx, 'applications', `Application ${found.name} registered; client id`, found.clientId, {
          clientId: found.clientId,
          applicationObjectId: found.objectId,
        }),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const directory = await openDirectory(ctx)
    const found = await directory.markedApplication(markOf(ctx))
    if (found !== null) await directory.removeApplication(found.objectId)
    return [
      line(
        ctx,
        'applications',
        'Application deleted with its service principal and secrets; Entra can restore it for 30 days',
        found?.clientId ?? 'not there',
      ),
    ]
  },
})

/** Resume: named, by the client id; asking for one that is there gives that one. */
export const createServicePrincipalStep = (waiting: Waiting): StepHandler => ({
  check: async (ctx) => {
    const { application } = readParams('create-service-principal', ctx.step.params)
    const found = await findPrincipal(ctx, await openDirectory(ctx), application)
    return found === null ? needed({ there: false }) : satisfied(ctx.before)
  },
  apply: async (ctx) => {
    const { application } = readParams('create-service-principal', ctx.step.params)
    const directory = await openDirectory(ctx)
    const { clientId } = await applicationOf(ctx, directory, application)
    await directory.createServicePrincipal(clientId)
  },
  verify: async (ctx) => {
    const { application } = readParams('create-service-principal', ctx.step.params)
    const directory = await openDirectory(ctx)
    const found = await waitFor(ctx, waiting, 'Entra to show the service principal', () =>
      findPrincipal(ctx, directory, application),
    )
    if (found === null) throw notVerified(ctx, 'Entra shows no service principal of the application')
    if (!found.enabled) throw notVerified(ctx, `the service principal of ${found.name} is disabled`)
    return {
      evidence: [
        line(ctx, 'service principals', `Service principal of ${found.name}; object id`, found.objectId, {
          principal: found.objectId,
          clientId: found.clientId,
        }),
      ],
      proofs: [],
    }
  },
})
