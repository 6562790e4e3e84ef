import type { TargetRef, VaultConnection } from '../../../shared/model/target.ts'
import type { AzureControls } from '../../ports/azure-control.ts'
import type { Clock } from '../../ports/clock.ts'
import type { KeyVaults } from '../../ports/key-vault.ts'
import { principalWords } from '../azure/principal.ts'
import type { SignIns } from '../azure/sign-ins.ts'
import type { TestAnswer } from '../azure/test.ts'
import { beginTrial } from '../trial.ts'

export interface VaultTestDeps {
  signIns: SignIns
  controls: AzureControls
  vaults: KeyVaults
  /** `not-found`. */
  azureOf(id: VaultConnection['azure']): TargetRef
  clock: Clock
}

const refused: ReadonlySet<string> = new Set([
  'azure-no-permission',
  'azure-not-found',
  'vault-no-permission',
  'vault-no-policy',
  'azure-not-simulated',
])

/** Signs in, opens the vault, compares its identity, and reads what may be read of it. Changes nothing. */
export const vaultTestOf =
  ({ signIns, controls, vaults, azureOf, clock }: VaultTestDeps) =>
  async (connection: VaultConnection): Promise<TestAnswer> => {
    const { id, kind, name, environment, host } = connection
    const ref: TargetRef = { id, kind, name, environment }
    const trial = beginTrial(clock)
    await trial.check('Sign-in', async () => {
      const { principal } = await signIns.of(azureOf(connection.azure), {})
      return ['ok', principalWords(principal)]
    })
    await trial.check('Vault', async () => {
      const { identity } = await vaults.open(ref)
      return ['ok', `${identity.host} answered, tenant ${identity.tenantId}`]
    })
    await trial.check('Identity', async () => {
      const { identity } = await vaults.open(ref)
      return identity.resourceId === null
        ? ['unknown', 'The resource id can’t be read with this sign-in; host and tenant identify the vault']
        : ['ok', identity.resourceId]
    })
    await trial.fact('Keys', refused, async () => {
      const keys = await (await vaults.open(ref)).keys()
      return ['ok', keys.length === 1 ? '1 key can be read' : `${keys.length} keys can be read`]
    })
    await trial.fact('Roles', refused, async () => {
      const control = await controls.open(azureOf(connection.azure))
      const { identity } = await vaults.open(ref)
      if (identity.resourceId === null)
        return ['unknown', `Roles at ${host} can’t be read without its resource id`]
      const assignments = await control.roleAssignments(identity.resourceId, control.principal.objectId)
      const roles = await control.roles(identity.resourceId)
      const names = assignments.map(
        ({ roleDefinitionId }) =>
          roles.find((role) => role.id.toLowerCase() === roleDefinitionId.toLowerCase())?.name ??
          'a role that is not listed',
      )
      return names.length === 0
        ? ['unknown', 'No role is assigned at the vault or above it']
        : ['ok', [...new Set(names)].join('; ')]
    })
    return { checks: trial.checks, certificate: null, problem: trial.problem, clockDifferenceSeconds: null }
  }
