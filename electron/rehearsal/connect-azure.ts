import type { HandleId } from '../../shared/model/ids.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { Connections } from '../profile/connections.ts'
import type { SimulatedAzure } from './sandbox-process.ts'

/** The application of a rehearsal that may set things up. */
const operator = 'ktr-operator'
const subscriptionName = 'ktr-subscription'

/**
 * Connections of the simulated subscription, its vaults and its HSMs are made, or mended where they are others; nothing
 * is asked. Names and ids stay the same from one start to the next.
 */
export const connectAzure = async (
  { keyring, connections }: { keyring: Keyring; connections: Connections },
  simulated: SimulatedAzure,
): Promise<void> => {
  const application =
    simulated.applications.find(({ name }) => name === operator) ?? simulated.applications[0]
  if (application === undefined) return
  const azure = await connectSubscription({ keyring, connections }, simulated, application)
  const hosts = [
    ...simulated.vaults.map((name) => [name, `${name}.vault.azure.net`] as const),
    ...simulated.managedHsms.map((name) => [name, `${name}.managedhsm.azure.net`] as const),
  ]
  for (const [name, host] of hosts) {
    const known = connections.list().find((one) => one.kind === 'keyvault' && one.host === host)
    if (known?.kind === 'keyvault' && known.azure === azure) continue
    const answers = { kind: 'keyvault', name, environment: 'rehearsal', host, azure } as const
    await connections.save(known?.id ?? null, answers)
  }
}

type Application = SimulatedAzure['applications'][number]

const connectSubscription = async (
  { keyring, connections }: { keyring: Keyring; connections: Connections },
  { tenantId, subscriptionId }: SimulatedAzure,
  { clientId, secret }: Application,
) => {
  const known = connections
    .list()
    .find((one) => one.kind === 'azure' && one.subscriptionId === subscriptionId)
  const signIn = known?.kind === 'azure' ? known.signIn : null
  if (known !== undefined && signIn?.kind === 'client-secret' && signIn.clientId === clientId) {
    const handle = signIn.secret
    const binding = { purpose: 'entra.client-secret', target: known.id } as const
    if (handle !== null && (await isSame(keyring, handle, binding, secret))) return known.id
  }
  const answers = {
    kind: 'azure',
    name: subscriptionName,
    environment: 'rehearsal',
    cloud: 'public',
    tenantId,
    subscriptionId,
  } as const
  const withSecret = (handle: HandleId | null) =>
    ({ ...answers, signIn: { kind: 'client-secret', clientId, secret: handle } }) as const
  const { id } = await connections.save(known?.id ?? null, withSecret(null))
  await keyring.dropForTarget(id)
  using value = SecretBytes.fromText(secret)
  const label = `Secret of ${operator}`
  const kept = await keyring.put({ purpose: 'entra.client-secret', target: id, label }, value)
  await connections.save(id, withSecret(kept.id))
  return id
}

const isSame = async (
  keyring: Keyring,
  handle: Parameters<Keyring['open']>[0],
  binding: Parameters<Keyring['open']>[1],
  secret: string,
): Promise<boolean> => {
  try {
    using held = await keyring.open(handle, binding)
    return held.use((bytes) => bytes.equals(Buffer.from(secret, 'utf8')))
  } catch {
    return false
  }
}
