import type { AzureControl, ResourceGroup } from '../../ports/azure-control.ts'
import type { ControlClients } from './control-clients.ts'
import { checkedGroup, checkedWord } from './control-names.ts'
import { orNull, tagsOf, textOf, textOrNull } from './values.ts'

type Groups = Pick<
  AzureControl,
  'subscriptions' | 'regions' | 'resourceGroups' | 'resourceGroup' | 'createResourceGroup'
>

/** Subscriptions, regions and resource groups. */
export const groupsOf = ({ one, list, subscriptions, resources, signedIn }: ControlClients): Groups => {
  const { name: target, subscriptionId } = signedIn.connection
  const read = 'Microsoft.Resources/subscriptions/resourceGroups/read'
  return {
    subscriptions: async (options) => {
      const asked = { what: 'listing subscriptions', permission: 'Microsoft.Resources/subscriptions/read' }
      const found = await list(asked, options, (given) => subscriptions.subscriptions.list(given))
      return found.map((each) => ({
        id: textOf(each.subscriptionId).toLowerCase(),
        name: textOf(each.displayName),
        state: textOf(each.state),
        tenantId: textOrNull(each.tenantId)?.toLowerCase() ?? null,
      }))
    },
    regions: async (options) => {
      const asked = {
        what: 'listing regions',
        permission: 'Microsoft.Resources/subscriptions/locations/read',
      }
      const found = await list(asked, options, (given) =>
        subscriptions.subscriptions.listLocations(subscriptionId, given),
      )
      return found
        .filter((each) => each.metadata?.regionType !== 'Logical')
        .map((each) => ({
          name: textOf(each.name),
          displayName: textOf(each.displayName),
          geography: textOrNull(each.metadata?.geography ?? each.metadata?.geographyGroup),
          pairedRegion: textOrNull(each.metadata?.pairedRegion?.[0]?.name),
        }))
    },
    resourceGroups: async (options) => {
      const asked = { what: 'listing resource groups', permission: read }
      const found = await list(asked, options, (given) => resources.resourceGroups.list(given))
      return found.map(groupOf)
    },
    resourceGroup: async (name, options) => {
      checkedGroup(name, target)
      const asked = { what: `reading the resource group ${name}`, permission: read }
      const sent = one(asked, options, (given) => resources.resourceGroups.get(name, given))
      const found = await orNull(sent, ['azure-not-found'])
      return found === null ? null : groupOf(found)
    },
    createResourceGroup: async ({ name, region, tags }, options) => {
      checkedGroup(name, target)
      checkedWord(region, 'The region', target)
      const asked = {
        what: `creating the resource group ${name}`,
        permission: 'Microsoft.Resources/subscriptions/resourceGroups/write',
      }
      const wanted = { location: region, ...(tags === undefined ? {} : { tags: { ...tags } }) }
      return groupOf(
        await one(asked, options, (given) => resources.resourceGroups.createOrUpdate(name, wanted, given)),
      )
    },
  }
}

const groupOf = (sdk: { id?: string; name?: string; location: string; tags?: object }): ResourceGroup => ({
  id: textOf(sdk.id),
  name: textOf(sdk.name),
  region: textOf(sdk.location),
  tags: tagsOf(sdk.tags),
})
