import type { FieldProblem } from '../../../shared/errors/problem.ts'
import { azureConnectionAnswers, vaultConnectionAnswers } from '../../../shared/forms/azure-connection.ts'
import type { AzureConnection, VaultConnection } from '../../../shared/ipc/schemas.ts'

type Environment = 'production' | 'test'

/** What a person typed and chose. Flat, so that switching a radio back finds everything as it was. No secret is in it. */
export interface AzureFormState {
  name: string
  environment: Environment
  cloud: AzureConnection['cloud']
  tenantId: string
  subscriptionId: string
  signIn: AzureConnection['signIn']['kind']
  clientId: string
}

const environmentOf = (before: { environment: string } | null): Environment =>
  before?.environment === 'test' ? 'test' : 'production'

export const azureFormState = (before: AzureConnection | null): AzureFormState => ({
  name: before?.name ?? '',
  environment: environmentOf(before),
  cloud: before?.cloud ?? 'public',
  tenantId: before?.tenantId ?? '',
  subscriptionId: before?.subscriptionId ?? '',
  signIn: before?.signIn.kind ?? 'client-secret',
  clientId: before === null || before.signIn.kind === 'azure-cli' ? '' : (before.signIn.clientId ?? ''),
})

const signInOf = ({ signIn, clientId }: AzureFormState, handle: string | null) => {
  const optional = clientId.trim() === '' ? null : clientId
  switch (signIn) {
    case 'client-secret':
      return { kind: signIn, clientId, secret: handle }
    case 'client-certificate':
      return { kind: signIn, clientId, certificate: handle }
    case 'device-code':
    case 'managed-identity':
      return { kind: signIn, clientId: optional }
    case 'azure-cli':
      return { kind: signIn }
  }
}

/** The answers as `connections.save` takes them; the secret only as a handle. */
export const azureAnswers = (form: AzureFormState, handle: string | null): Record<string, unknown> => {
  const { name, environment, cloud, tenantId, subscriptionId } = form
  return { kind: 'azure', name, environment, cloud, tenantId, subscriptionId, signIn: signInOf(form, handle) }
}

/** The same rules as main's, for answers on the page that need a change. Main checks again. */
export const azureProblems = (form: AzureFormState): FieldProblem[] =>
  problemsOf(azureConnectionAnswers.safeParse(azureAnswers(form, null)))

/** True when the kept secret is no longer of this application, or would be sent elsewhere. */
export const isMoved = (before: AzureConnection, form: AzureFormState): boolean => {
  const after = azureConnectionAnswers.safeParse(azureAnswers(form, null))
  if (!after.success) return false
  const place = ({ cloud, tenantId, subscriptionId, signIn }: Pick<AzureConnection, Place>): string =>
    JSON.stringify([
      cloud,
      tenantId,
      subscriptionId,
      signIn.kind,
      'clientId' in signIn ? signIn.clientId : null,
    ])
  return place(before) !== place(after.data)
}
type Place = 'cloud' | 'tenantId' | 'subscriptionId' | 'signIn'

export interface VaultFormState {
  name: string
  environment: Environment
  host: string
  azure: string
}

export const vaultFormState = (before: VaultConnection | null, only: string): VaultFormState => ({
  name: before?.name ?? '',
  environment: environmentOf(before),
  host: before?.host ?? '',
  azure: before?.azure ?? only,
})

export const vaultAnswers = (form: VaultFormState): Record<string, unknown> => ({ kind: 'keyvault', ...form })

export const vaultProblems = (form: VaultFormState): FieldProblem[] =>
  problemsOf(vaultConnectionAnswers.safeParse(vaultAnswers(form)))

type Checked =
  ReturnType<typeof azureConnectionAnswers.safeParse> | ReturnType<typeof vaultConnectionAnswers.safeParse>

const problemsOf = (checked: Checked): FieldProblem[] =>
  checked.success ? [] : checked.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
