import { KeyturnError } from '../../../shared/errors/problem.ts'
import { vaultPlaceOf, type VaultIdentity } from '../../../shared/model/azure.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { TargetRef, VaultConnection } from '../../../shared/model/target.ts'
import type { AzureControls } from '../../ports/azure-control.ts'
import type { Clock } from '../../ports/clock.ts'
import type { KeyVault, KeyVaults, VaultCallOptions } from '../../ports/key-vault.ts'
import { ask, type Asked } from '../azure/call.ts'
import { orStopped, type SignedIn, type SignIns } from '../azure/sign-ins.ts'
import { tenantOfVault, timeOfVault } from './doorstep.ts'
import { keyClient, prime, vaultOf } from './vault.ts'

export interface VaultsDeps {
  signIns: SignIns
  controls: AzureControls
  /** Read at each `open`, so that an edited one is seen. `not-found`. */
  connectionOf(id: TargetId): VaultConnection
  /** `not-found`. */
  azureOf(id: TargetId): TargetRef
  /** Called at the first connection. What it throws ends the connection. */
  rememberIdentity(id: TargetId, identity: VaultIdentity): Promise<void> | void
  clock: Clock
}

export interface VaultsOwner extends KeyVaults {
  drop(id: TargetId): void
  closeAll(): void
}

interface Held {
  settings: string
  signedIn: SignedIn
  vault: Promise<KeyVault>
}

export const createVaults = (deps: VaultsDeps): VaultsOwner => {
  const held = new Map<TargetId, Held>()
  const { signIns, clock } = deps

  /** The tenant first, without a token; then a client whose first request is over. */
  const enter = async (
    ref: TargetRef,
    host: string,
    signedIn: SignedIn,
    given: { options: VaultCallOptions; resourceId: string | null; close: () => void },
  ): Promise<KeyVault> => {
    const place = vaultPlaceOf(host)
    const target = ref.name
    if (place === null || place.cloud !== signedIn.connection.cloud) {
      const what =
        place === null ? `${host} is no vault of Azure` : `${host} is in another cloud than the sign-in`
      throw new KeyturnError('azure-name', { target, what })
    }
    const asked = questionAt(host, target, signedIn)
    const tenantId = await ask(asked, signedIn.means, given.options, (signal) =>
      tenantOfVault(host, target, signedIn.means, signal),
    )
    const expected = signedIn.principal.tenantId
    if (tenantId !== expected)
      throw new KeyturnError('vault-other-tenant', { target, found: tenantId, expected })
    const client = keyClient(host, target, signedIn)
    await prime(client, asked, signedIn, given.options)
    const identity: VaultIdentity = { host, tenantId, resourceId: given.resourceId }
    return vaultOf(client, { ref, identity, signedIn, clock, close: given.close })
  }

  const openAgain = async (
    connection: VaultConnection,
    ref: TargetRef,
    signedIn: SignedIn,
    options: VaultCallOptions,
  ): Promise<KeyVault> => {
    const azure = deps.azureOf(connection.azure)
    const resourceId = await resourceIdOf(deps.controls, azure, connection.host, options)
    const close = (): void => undefined
    const vault = await enter(ref, connection.host, signedIn, { options, resourceId, close })
    refuseStranger(connection, vault.identity)
    const known = connection.identity
    if (known === null || (known.resourceId === null && resourceId !== null)) {
      await deps.rememberIdentity(connection.id, vault.identity)
    }
    return vault
  }

  return {
    open: async (target, options = {}) => {
      const connection = deps.connectionOf(target.id)
      const signedIn = await signIns.of(deps.azureOf(connection.azure), options)
      const settings = JSON.stringify({ ...connection, identity: null })
      const { signal, ...shared } = options
      const { id, kind, name, environment } = connection
      let known = held.get(target.id)
      if (known?.settings !== settings || known.signedIn !== signedIn) {
        const ref = { id, kind, name, environment }
        const begun = { settings, signedIn, vault: openAgain(connection, ref, signedIn, shared) }
        known = begun
        held.set(target.id, begun)
        begun.vault.catch(() => {
          if (held.get(target.id) === begun) held.delete(target.id)
        })
      }
      return orStopped(known.vault, signal, { target: name, what: 'Opening the vault' })
    },
    at: async (azure, host, options = {}) => {
      const signedIn = await signIns.of(azure, options)
      const name = vaultPlaceOf(host)?.name ?? host
      const close = (): void => undefined
      return enter({ ...azure, name }, host.toLowerCase(), signedIn, { options, resourceId: null, close })
    },
    as: async (azure, host, caller, options = {}) => {
      const signedIn = await signIns.as(signIns.connectionOf(azure), caller, options)
      const name = vaultPlaceOf(host)?.name ?? host
      try {
        const close = (): void => signedIn.close()
        return await enter({ ...azure, name }, host.toLowerCase(), signedIn, {
          options,
          resourceId: null,
          close,
        })
      } catch (thrown) {
        signedIn.close()
        throw thrown
      }
    },
    clockOf: async (azure, host, options = {}) => {
      const signedIn = await signIns.of(azure, options)
      const target = vaultPlaceOf(host)?.name ?? host
      const asked = questionAt(host.toLowerCase(), target, signedIn)
      const before = clock.now().getTime()
      const started = clock.monotonicMs()
      const time = await ask(asked, signedIn.means, options, (signal) =>
        timeOfVault(host.toLowerCase(), target, signedIn.means, signal),
      )
      const halfWay = (clock.monotonicMs() - started) / 2
      // Half of the way there and back, and half of the second that a Date cuts off.
      return Math.round((time + 500 - before - halfWay) / 1000) || 0
    },
    drop: (id) => void held.delete(id),
    closeAll: () => held.clear(),
  }
}

const questionAt = (host: string, target: string, { who }: SignedIn): Asked => ({
  service: 'keyvault',
  target,
  host,
  what: 'opening the vault',
  permission: 'Microsoft.KeyVault/vaults/keys/read',
  principal: who,
  repeatable: true,
})

/** Null where the principal may not read it, or it is in another subscription: then name and tenant identify it alone. */
const resourceIdOf = async (
  controls: AzureControls,
  azure: TargetRef,
  host: string,
  options: VaultCallOptions,
): Promise<string | null> => {
  try {
    const control = await controls.open(azure, options)
    const resources =
      vaultPlaceOf(host)?.service === 'managed-hsm'
        ? await control.managedHsms(options)
        : await control.vaults(options)
    return resources.find((resource) => resource.host === host)?.id.toLowerCase() ?? null
  } catch (thrown) {
    if (thrown instanceof KeyturnError && notReadable.has(thrown.code)) return null
    throw thrown
  }
}

const notReadable: ReadonlySet<string> = new Set([
  'azure-no-permission',
  'azure-not-found',
  'azure-token-refused',
])

/** A resource id counts where both sides have one. */
const refuseStranger = ({ name: target, identity: known }: VaultConnection, seen: VaultIdentity): void => {
  if (known === null) return
  const differences = (
    [
      ['host', known.host, seen.host],
      ['tenant', known.tenantId, seen.tenantId],
      ['resource id', known.resourceId, seen.resourceId],
    ] as const
  )
    .filter(([, before, now]) => before !== null && now !== null && before !== now)
    .map(([words, before, now]) => `its ${words} was ${before ?? ''}, now it is ${now ?? ''}`)
  if (differences.length === 0) return
  throw new KeyturnError('vault-identity-changed', { target, what: differences.join('; ') })
}
