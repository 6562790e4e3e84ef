import type { ConnectionTest } from '../../../shared/ipc/schemas.ts'
import type { AzureConnection, TargetRef } from '../../../shared/model/target.ts'
import type { AzureControl, AzureControls } from '../../ports/azure-control.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Directories } from '../../ports/directory.ts'
import { beginTrial, type CheckAnswer } from '../trial.ts'
import { principalWords } from './principal.ts'
import { azureRef, type SignIns } from './sign-ins.ts'

export interface AzureTestDeps {
  signIns: SignIns
  controls: AzureControls
  directories: Directories
  clock: Clock
}

export type TestAnswer = ConnectionTest & { clockDifferenceSeconds: null }

const refused: ReadonlySet<string> = new Set([
  'azure-no-permission',
  'directory-no-permission',
  'azure-not-simulated',
])

/**
 * Signs in, says who that is, compares tenant and subscription, and reads which roles there are. Changes nothing.
 * Never throws for what Azure does. A device code waits for its person.
 */
export const azureTestOf =
  ({ signIns, controls, directories, clock }: AzureTestDeps) =>
  async (connection: AzureConnection): Promise<TestAnswer> => {
    const ref: TargetRef = azureRef(connection)
    const trial = beginTrial(clock)
    await trial.check('Sign-in', async () => ['ok', principalWords((await signIns.of(ref, {})).principal)])
    await trial.check('Tenant', async () => ['ok', (await signIns.of(ref, {})).principal.tenantId])
    await trial.check('Subscription', () => subscriptionAnswer(controls, ref, connection))
    await trial.fact('Roles', refused, async () => rolesAnswer(await controls.open(ref)))
    await trial.fact('Permissions', refused, async () => {
      const control = await controls.open(ref)
      const groups = await control.ownPermissions(`/subscriptions/${control.identity.subscriptionId}`)
      const actions = [...new Set(groups.flatMap(({ actions: given }) => given))].sort()
      return actions.length === 0 ? ['failed', 'No right in this subscription'] : ['ok', shortened(actions)]
    })
    await trial.fact('Directory', refused, async () => {
      const directory = await directories.open(ref)
      const own = await directory.servicePrincipal(directory.principal.applicationId ?? '')
      return [
        'ok',
        own === null ? 'Service principals can be read' : `Service principals can be read: ${own.name}`,
      ]
    })
    return { checks: trial.checks, certificate: null, problem: trial.problem, clockDifferenceSeconds: null }
  }

const subscriptionAnswer = async (
  controls: AzureControls,
  ref: TargetRef,
  { subscriptionId }: AzureConnection,
): Promise<CheckAnswer> => {
  const control = await controls.open(ref)
  const all = await control.subscriptions()
  const own = all.find(({ id }) => id === subscriptionId)
  if (own === undefined)
    return ['failed', `${subscriptionId} is not among the subscriptions that are visible`]
  const others = all.filter(({ id }) => id !== subscriptionId).map(({ id, name }) => `${name} (${id})`)
  const beside = others.length === 0 ? '' : `; also visible: ${shortened(others)}`
  const state = own.state === 'Enabled' ? 'ok' : 'failed'
  return [state, `${own.name} (${own.id}), ${own.state}${beside}`]
}

/** The principal's roles at the subscription and at the scopes below that it may read. */
const rolesAnswer = async (control: AzureControl): Promise<CheckAnswer> => {
  const scope = `/subscriptions/${control.identity.subscriptionId}`
  const [assignments, roles] = await Promise.all([
    control.roleAssignments(scope, control.principal.objectId),
    control.roles(scope),
  ])
  const named = assignments.map(({ roleDefinitionId, scope: at }) => {
    const role = roles.find(({ id }) => id.toLowerCase() === roleDefinitionId.toLowerCase())
    return `${role?.name ?? 'a role that is not listed'} at ${at.split('/').at(-1) ?? at}`
  })
  return named.length === 0 ? ['failed', 'No role is assigned to it'] : ['ok', shortened(named)]
}

const mostNamed = 6

const shortened = (names: readonly string[]): string => {
  const more = names.length - mostNamed
  return `${names.slice(0, mostNamed).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
