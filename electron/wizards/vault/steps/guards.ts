import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { line, openControl } from '../../azure/steps/help.ts'
import { sameId } from '../../azure/words.ts'
import { foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'

/** Resume: named; the name holds the run's mark. */
export const lockVaultStep: StepHandler = {
  check: async (ctx) => {
    const { scope, lock } = readParams('lock-vault', ctx.step.params)
    const locks = await (await openControl(ctx)).locks(scope)
    if (!locks.some((one) => sameId(one.name, lock))) return needed({ there: false })
    return hasIntent(ctx) ? satisfied(ctx.before) : foreign('azure-foreign', { what: `Lock ${lock}` })
  },
  apply: async (ctx) => {
    const { scope, lock, notes } = readParams('lock-vault', ctx.step.params)
    await (await openControl(ctx)).putLock({ scope, name: lock, level: 'CanNotDelete', notes })
  },
  verify: async (ctx) => {
    const { scope, lock } = readParams('lock-vault', ctx.step.params)
    const found = (await (await openControl(ctx)).locks(scope)).find((one) => sameId(one.name, lock))
    if (found === undefined) throw notVerified(ctx, `Azure shows no lock ${lock}`)
    if (found.level !== 'CanNotDelete') throw notVerified(ctx, `lock ${lock} is of level ${found.level}`)
    return {
      evidence: [line(ctx, `locks of ${scope}`, `Lock ${found.name}`, found.level)],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { scope, lock } = readParams('lock-vault', ctx.step.params)
    await (await openControl(ctx)).removeLock(scope, lock)
    return [line(ctx, `locks of ${scope}`, 'Lock taken off', lock)]
  },
}

/** Resume: named; the name holds the run's mark. */
export const sendVaultLogStep: StepHandler = {
  check: async (ctx) => {
    const { scope, setting } = readParams('send-vault-log', ctx.step.params)
    const settings = await (await openControl(ctx)).diagnosticSettings(scope)
    if (!settings.some(({ name }) => sameId(name, setting))) return needed({ there: false })
    return hasIntent(ctx)
      ? satisfied(ctx.before)
      : foreign('azure-foreign', { what: `Diagnostic setting ${setting}` })
  },
  apply: async (ctx) => {
    const { scope, setting, workspaceId, storageAccountId } = readParams('send-vault-log', ctx.step.params)
    await (
      await openControl(ctx)
    ).putDiagnosticSetting(scope, {
      name: setting,
      workspaceId,
      storageAccountId,
      logs: [{ name: 'audit', kind: 'group', on: true }],
    })
  },
  verify: async (ctx) => {
    const params = readParams('send-vault-log', ctx.step.params)
    const settings = await (await openControl(ctx)).diagnosticSettings(params.scope)
    const found = settings.find(({ name }) => sameId(name, params.setting))
    const to = params.workspaceId ?? params.storageAccountId ?? ''
    if (found === undefined) throw notVerified(ctx, `Azure shows no diagnostic setting ${params.setting}`)
    if (!sameId(found.workspaceId ?? found.storageAccountId ?? '', to)) {
      throw notVerified(ctx, `${params.setting} goes elsewhere`)
    }
    if (!found.logs.some(({ name, on }) => on && sameId(name, 'audit'))) {
      throw notVerified(ctx, `${params.setting} does not send the audit log`)
    }
    return {
      evidence: [
        line(ctx, `diagnostic settings of ${params.scope}`, 'Audit log goes to', to.split('/').at(-1) ?? to),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { scope, setting } = readParams('send-vault-log', ctx.step.params)
    await (await openControl(ctx)).removeDiagnosticSetting(scope, setting)
    return [line(ctx, `diagnostic settings of ${scope}`, 'Diagnostic setting removed', setting)]
  },
}
