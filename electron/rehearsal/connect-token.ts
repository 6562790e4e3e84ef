import type { HandleId } from '../../shared/model/ids.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { Connections } from '../profile/connections.ts'
import type { SimulatedHsm } from './sandbox-process.ts'

const name = 'ktr-token'

/**
 * The connection of the simulated token is made, or mended where the token is another one; it is taken away where there is
 * no token. Nothing is asked of it.
 */
export const connectToken = async (
  { keyring, connections }: { keyring: Keyring; connections: Connections },
  simulated: SimulatedHsm,
): Promise<void> => {
  const known = connections.list().find((one) => one.kind === 'hsm' && one.name === name)
  if (!('token' in simulated)) {
    if (known === undefined) return
    await connections.remove(known.id)
    await keyring.dropForTarget(known.id)
    return
  }
  const { module, sha256, configuration, serial, label, pin } = simulated.token
  const same =
    known?.kind === 'hsm' &&
    known.serial === serial &&
    known.module.path === module &&
    known.module.sha256 === sha256 &&
    known.module.configuration['SOFTHSM2_CONF'] === configuration &&
    known.pin !== null
  if (same) return
  const answers = (handle: HandleId | null) =>
    ({
      kind: 'hsm',
      name,
      environment: 'rehearsal',
      module: { path: module, sha256, owner: null, configuration: { SOFTHSM2_CONF: configuration } },
      serial,
      label,
      pin: handle,
    }) as const
  const { id } = await connections.save(known?.id ?? null, answers(null))
  await keyring.dropForTarget(id)
  using secret = SecretBytes.fromText(pin)
  const kept = await keyring.put({ purpose: 'hsm.pin', target: id, label: `PIN of ${name}` }, secret)
  await connections.save(id, answers(kept.id))
}
