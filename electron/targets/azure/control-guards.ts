import type { AzureControl } from '../../ports/azure-control.ts'
import type { ControlClients } from './control-clients.ts'
import { checkedScope, checkedWord } from './control-names.ts'
import { diagnosticOf, lockOf } from './control-values.ts'
import { orNull } from './values.ts'

type Guards = Pick<
  AzureControl,
  | 'locks'
  | 'putLock'
  | 'removeLock'
  | 'diagnosticSettings'
  | 'putDiagnosticSetting'
  | 'removeDiagnosticSetting'
>

/** Locks, and where the log goes. */
export const guardsOf = ({ ask, one, list, locks, monitor, signedIn }: ControlClients): Guards => {
  const { name: target, subscriptionId } = signedIn.connection
  const bare = (scope: string): string => checkedScope(scope, subscriptionId, target).slice(1)
  return {
    locks: async (scope, options) => {
      const path = bare(scope)
      const asked = { what: 'listing locks', permission: 'Microsoft.Authorization/locks/read' }
      const found = await list(asked, options, (given) => locks.managementLocks.listByScope(path, given))
      return found.map(lockOf)
    },
    putLock: async ({ scope, name, level, notes }, options) => {
      const path = bare(scope)
      checkedWord(name, 'The name of the lock', target)
      const asked = { what: `putting the lock ${name}`, permission: 'Microsoft.Authorization/locks/write' }
      return lockOf(
        await one(asked, options, (given) =>
          locks.managementLocks.createOrUpdateByScope(
            path,
            name,
            { level, notes: notes.slice(0, 512) },
            given,
          ),
        ),
      )
    },
    removeLock: async (scope, name, options) => {
      const path = bare(scope)
      checkedWord(name, 'The name of the lock', target)
      const asked = { what: `removing the lock ${name}`, permission: 'Microsoft.Authorization/locks/delete' }
      await orNull(
        ask(asked, options, (given) => locks.managementLocks.deleteByScope(path, name, given)),
        ['azure-not-found'],
      )
    },
    diagnosticSettings: async (scope, options) => {
      const path = bare(scope)
      const asked = {
        what: 'listing diagnostic settings',
        permission: 'Microsoft.Insights/diagnosticSettings/read',
      }
      const found = await list(asked, options, (given) => monitor.diagnosticSettings.list(path, given))
      return found.map(diagnosticOf)
    },
    putDiagnosticSetting: async (scope, setting, options) => {
      const path = bare(scope)
      checkedWord(setting.name, 'The name of the diagnostic setting', target)
      const asked = {
        what: `putting the diagnostic setting ${setting.name}`,
        permission: 'Microsoft.Insights/diagnosticSettings/write',
      }
      const parameters = {
        ...(setting.workspaceId === null ? {} : { workspaceId: setting.workspaceId }),
        ...(setting.storageAccountId === null ? {} : { storageAccountId: setting.storageAccountId }),
        logs: setting.logs.map(({ name, kind, on }) =>
          kind === 'group' ? { categoryGroup: name, enabled: on } : { category: name, enabled: on },
        ),
      }
      return diagnosticOf(
        await one(asked, options, (given) =>
          monitor.diagnosticSettings.createOrUpdate(path, setting.name, parameters, given),
        ),
      )
    },
    removeDiagnosticSetting: async (scope, name, options) => {
      const path = bare(scope)
      checkedWord(name, 'The name of the diagnostic setting', target)
      const asked = {
        what: `removing the diagnostic setting ${name}`,
        permission: 'Microsoft.Insights/diagnosticSettings/delete',
      }
      await orNull(
        ask(asked, options, (given) => monitor.diagnosticSettings.delete(path, name, given)),
        ['azure-not-found'],
      )
    },
  }
}
