import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { Directory, DirectoryApplication, ServicePrincipal } from '../../../ports/directory.ts'
import { markOf } from './help.ts'

/** The application of a step: by its client id, or (null) the one that this run registered, found by its mark. */
export const findApplication = (
  ctx: StepContext,
  directory: Directory,
  clientId: string | null,
): Promise<DirectoryApplication | null> =>
  clientId === null ? directory.markedApplication(markOf(ctx)) : directory.application(clientId)

/** The same, where nothing can go on without it: `application-gone`. */
export const applicationOf = async (
  ctx: StepContext,
  directory: Directory,
  clientId: string | null,
): Promise<DirectoryApplication> => {
  const found = await findApplication(ctx, directory, clientId)
  if (found === null) throw new KeyturnError('application-gone', { what: clientId ?? 'of this run' })
  return found
}

/** Its identity in the tenant; null: none. */
export const findPrincipal = async (
  ctx: StepContext,
  directory: Directory,
  clientId: string | null,
): Promise<ServicePrincipal | null> => {
  const application = await findApplication(ctx, directory, clientId)
  return application === null ? null : directory.servicePrincipal(application.clientId)
}

export const principalOf = async (
  ctx: StepContext,
  directory: Directory,
  clientId: string | null,
): Promise<ServicePrincipal> => {
  const found = await findPrincipal(ctx, directory, clientId)
  if (found === null) {
    throw new KeyturnError('application-gone', { what: `${clientId ?? 'of this run'} (service principal)` })
  }
  return found
}
