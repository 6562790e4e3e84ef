import { AuthorizationManagementClient } from '@azure/arm-authorization'
import { SubscriptionClient } from '@azure/arm-resources-subscriptions'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { noRetries, refusal, startStage, type Stage, type Who } from './azure-sandbox.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.end())
afterEach(() => stage.calm())

const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
const CONTRIBUTOR = 'f25e0fa2-a7c8-4377-a976-54943a77a395'
const ENCRYPTION_USER = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
const options = () => ({ agent: stage.agent, ...noRetries })
const assignments = (who?: Who, subscriptionId = stage.facts.subscriptionId) =>
  new AuthorizationManagementClient(stage.credential(who), subscriptionId, options()).roleAssignments
/** One for the application of EKM. */
const body = (role: string) => ({
  roleDefinitionId: `/subscriptions/${stage.facts.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
  principalId: stage.facts.applications.find(({ name }) => name === 'ktr-ekm-sql01')?.objectId ?? '',
  principalType: 'ServicePrincipal' as const,
})

describe('role assignments of Resource Manager', () => {
  it('a scope must be where the vault is', async () => {
    const elsewhere = `subscriptions/${stage.facts.subscriptionId}/resourceGroups/ktr-rg-neu/providers/Microsoft.KeyVault/vaults/ktr-vault-weu`
    const attempt = assignments().create(
      elsewhere,
      'aaaaaaaa-0000-4000-8000-000000000005',
      body(ENCRYPTION_USER),
    )
    expect(await refusal(attempt)).toBe('404 ResourceNotFound')
  })

  it('Key Vault Data Access Administrator assigns and removes roles for keys, not for vaults', async () => {
    const scope = `/subscriptions/${stage.facts.subscriptionId}/resourceGroups/ktr-rg-neu`
    const role = 'Key Vault Data Access Administrator'
    await stage.azure.order({ do: 'grantRole', principal: 'ktr-reader', role, scope })
    const mine = assignments()
    const theirs = assignments('ktr-reader')
    const first = 'aaaaaaaa-0000-4000-8000-000000000006'
    const second = 'aaaaaaaa-0000-4000-8000-000000000007'
    const at = scope.slice(1)
    expect(await refusal(theirs.create(at, first, body(CONTRIBUTOR)))).toBe('403 AuthorizationFailed')
    expect(await refusal(theirs.create(at, first, body(ENCRYPTION_USER)))).toBe('kept')
    expect(await refusal(theirs.delete(at, first))).toBe('kept')
    await mine.create(at, second, body(CONTRIBUTOR))
    expect(await refusal(theirs.delete(at, second))).toBe('403 AuthorizationFailed')
    await mine.delete(at, second)
    await stage.azure.order({ do: 'revokeRole', principal: 'ktr-reader', role })
  })

  it('a subscription is listed as long as a role in it is in force', async () => {
    const { subscriptionId = '' } = await stage.azure.order({
      do: 'addSubscription',
      displayName: 'ktr-short',
    })
    const scope = `/subscriptions/${subscriptionId}`
    await stage.azure.order({ do: 'grantRole', principal: 'ktr-ekm-sql01', role: 'Reader', scope })
    const subscriptions = new SubscriptionClient(stage.credential('ktr-ekm-sql01'), options()).subscriptions
    const isListed = async (): Promise<boolean> => {
      for await (const each of subscriptions.list()) if (each.subscriptionId === subscriptionId) return true
      return false
    }
    expect(await isListed()).toBe(true)
    await stage.azure.order({ do: 'settings', change: { rbacDelayMs: 3_600_000 } })
    const roleAssignments = assignments('ktr-operator', subscriptionId)
    for await (const { id = '', roleDefinitionId = '' } of roleAssignments.listForScope(scope.slice(1)))
      if (roleDefinitionId.endsWith(READER)) await roleAssignments.deleteById(id)
    expect(await isListed()).toBe(true)
    await stage.azure.order({ do: 'clock', seconds: 3700 })
    expect(await isListed()).toBe(false)
  })
})
