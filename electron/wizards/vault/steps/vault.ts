import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { markTag } from '../../../ports/key-vault.ts'
import type { VaultSettings } from '../../../ports/azure-control.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import {
  line,
  markOf,
  notAllowedYet,
  openControl,
  unless,
  waitFor,
  withVault,
  type Waiting,
} from '../../azure/steps/help.ts'
import { networkText, retentionText, rightsText, sameId, sameNetwork } from '../../azure/words.ts'
import { begun, foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'

/** Resume: named; a tag holds the run's mark, so that a group of that name made by somebody else is left alone. */
export const createResourceGroupStep: StepHandler = {
  check: async (ctx) => {
    const { group } = readParams('create-resource-group', ctx.step.params)
    const found = await (await openControl(ctx)).resourceGroup(group)
    if (found === null) return needed({ there: false })
    return hasIntent(ctx) && found.tags[markTag] === markOf(ctx)
      ? satisfied(ctx.before)
      : foreign('azure-foreign', { what: `Resource group ${group}` })
  },
  apply: async (ctx) => {
    const { group, region } = readParams('create-resource-group', ctx.step.params)
    const control = await openControl(ctx)
    await control.createResourceGroup({ name: group, region, tags: { [markTag]: markOf(ctx) } })
  },
  verify: async (ctx) => {
    const { group, region } = readParams('create-resource-group', ctx.step.params)
    const found = await (await openControl(ctx)).resourceGroup(group)
    if (found === null) throw notVerified(ctx, `Azure shows no resource group ${group}`)
    if (!sameId(found.region, region)) throw notVerified(ctx, `${group} is in ${found.region}`)
    return {
      evidence: [line(ctx, 'resource groups', `Resource group ${found.name}`, `in ${found.region}`)],
      proofs: [],
    }
  },
}

/** Resume: named, and the tag with the run's mark. A kill while Azure prepares it: asked for again, which is harmless. */
export const createVaultStep: StepHandler = {
  check: async (ctx) => {
    const { group, vault } = readParams('create-vault', ctx.step.params)
    const found = await (await openControl(ctx)).vault(group, vault)
    if (found === null) return needed({ there: false })
    if (!hasIntent(ctx) || found.tags[markTag] !== markOf(ctx)) {
      return foreign('azure-foreign', { what: `Key vault ${vault}` })
    }
    return found.provisioning === null || /^succeeded$/i.test(found.provisioning)
      ? satisfied(ctx.before)
      : begun(ctx.before)
  },
  apply: async (ctx) => {
    const { vault: name, ...settings } = readParams('create-vault', ctx.step.params)
    const control = await openControl(ctx)
    await control.createVault(
      { name, ...settings, accessPolicies: [], tags: { [markTag]: markOf(ctx) } },
      {
        signal: ctx.signal,
        onWait: ({ attempt }) =>
          ctx.progress({
            percent: null,
            message: `Waiting for Azure to prepare ${name}: asked ${attempt} times`,
          }),
      },
    )
  },
  verify: async (ctx) => {
    const params = readParams('create-vault', ctx.step.params)
    const found = await (await openControl(ctx)).vault(params.group, params.vault)
    if (found === null) throw notVerified(ctx, `Azure shows no vault ${params.vault}`)
    const wrong = differences(params, found)
    if (wrong !== null) throw notVerified(ctx, wrong)
    const say = (statement: string, value: string, data?: Record<string, string>) =>
      line(ctx, `key vault ${found.name}`, statement, value, data)
    return {
      evidence: [
        say('Vault made', found.host, { vaultId: found.id, vaultHost: found.host }),
        say('Tier and region', `${found.tier}, ${found.region}`),
        say('Rights by', rightsText(found.rights)),
        say('Soft delete', retentionText(found)),
        say('Reached from', networkText(found.network)),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { group, vault, retentionDays } = readParams('create-vault', ctx.step.params)
    const control = await openControl(ctx)
    const found = await control.vault(group, vault)
    if (found !== null) await refuseWithKeys(ctx, found)
    await control.deleteVault(group, vault, { signal: ctx.signal })
    return [
      line(
        ctx,
        'deleted key vaults',
        `Vault ${vault} deleted; it can be recovered, and its name is taken, for`,
        `${retentionDays} days`,
      ),
    ]
  },
}

const notReadable = [...notAllowedYet, 'vault-firewall', 'vault-private-only']

/** A key in it, of whomever, may be in use; so may one that can't be seen. Then the vault stays. */
const refuseWithKeys = async (ctx: StepContext, { name, host }: VaultSettings): Promise<void> => {
  const keys = await unless(notReadable)(withVault(ctx, host, (vault) => vault.keys()))
  if (keys?.length === 0) return
  throw new KeyturnError('undo-refused', {
    what: `Key vault ${name}`,
    user:
      keys === null ? 'a key that this sign-in can’t see' : keys.map((key) => `key ${key.name}`).join(', '),
  })
}

const differences = (params: ParamsOf<'create-vault'>, found: VaultSettings): string | null => {
  if (!sameId(found.region, params.region)) return `it is in ${found.region}`
  if (found.tier !== params.tier) return `its tier is ${found.tier}`
  if (found.rights !== params.rights) return `rights are given by ${rightsText(found.rights)}`
  if (!found.softDelete) return 'soft delete is off'
  if (found.retentionDays !== params.retentionDays) {
    return `its retention is ${found.retentionDays ?? 'not said'} days`
  }
  if (params.purgeProtection && !found.purgeProtection) return 'purge protection is off'
  return sameNetwork(found.network, params.network)
    ? null
    : `it is reached from ${networkText(found.network)}`
}

type Change = ParamsOf<'change-vault'>

const hasChange = (change: Change, settings: VaultSettings): boolean => {
  switch (change.what) {
    case 'purge-protection':
      return settings.purgeProtection
    case 'network':
      return sameNetwork(settings.network, change.network)
    case 'rights':
      return settings.rights === change.rights
  }
}

const shownAs = (change: Change, settings: VaultSettings): { statement: string; value: string } => {
  switch (change.what) {
    case 'purge-protection':
      return { statement: 'Soft delete', value: retentionText(settings) }
    case 'network':
      return { statement: 'Reached from', value: networkText(settings.network) }
    case 'rights':
      return { statement: 'Rights by', value: rightsText(settings.rights) }
  }
}

const settingsOf = async (ctx: StepContext, { group, vault }: Change): Promise<VaultSettings> => {
  const found = await (await openControl(ctx)).vault(group, vault)
  if (found === null) throw notVerified(ctx, `Azure shows no vault ${vault}`)
  return found
}

/** Resume: the setting itself; what it was is in the plan, which an undo puts back. */
export const changeVaultStep = (waiting: Waiting): StepHandler => ({
  check: async (ctx) => {
    const change = readParams('change-vault', ctx.step.params)
    const settings = await settingsOf(ctx, change)
    const before = { was: shownAs(change, settings).value }
    if (hasChange(change, settings)) return satisfied(hasIntent(ctx) ? ctx.before : before)
    return needed(hasIntent(ctx) ? ctx.before : before)
  },
  apply: async (ctx) => {
    const change = readParams('change-vault', ctx.step.params)
    const control = await openControl(ctx)
    await control.changeVault(change.group, change.vault, wanted(change))
  },
  verify: async (ctx) => {
    const change = readParams('change-vault', ctx.step.params)
    const settings = await waitFor(ctx, waiting, 'Azure to show the setting', async () => {
      const found = await settingsOf(ctx, change)
      return hasChange(change, found) ? found : null
    })
    if (settings === null) {
      throw notVerified(ctx, `${change.vault} shows ${shownAs(change, await settingsOf(ctx, change)).value}`)
    }
    const { statement, value } = shownAs(change, settings)
    return { evidence: [line(ctx, `key vault ${settings.name}`, statement, value)], proofs: [] }
  },
  undo: async (ctx) => {
    const change = readParams('change-vault', ctx.step.params)
    if (change.what === 'purge-protection') throw new KeyturnError('internal')
    const control = await openControl(ctx)
    const settings = await control.changeVault(
      change.group,
      change.vault,
      change.what === 'network' ? { network: change.was } : { rights: change.was },
    )
    const { statement, value } = shownAs(change, settings)
    return [line(ctx, `key vault ${settings.name}`, `${statement}, as before`, value)]
  },
})

const wanted = (change: Change) => {
  switch (change.what) {
    case 'purge-protection':
      return { purgeProtection: true } as const
    case 'network':
      return { network: change.network }
    case 'rights':
      return { rights: change.rights }
  }
}
