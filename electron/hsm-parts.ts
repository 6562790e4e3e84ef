import type { OpenHsmKey } from '../shared/model/hsm.ts'
import { hsmEntry } from './beside-entry.ts'
import type { Engine } from './engine/engine.ts'
import { startFramedNodeChild, type StartFramedChild } from './platform/framed-child.ts'
import type { Clock } from './ports/clock.ts'
import type { Hsms } from './ports/hsm.ts'
import { createTokenReadings } from './inventory/token-readings.ts'
import type { Keyring } from './ports/keyring.ts'
import type { TokenReadings } from './ports/token-readings.ts'
import type { HsmTargets } from './ports/hsm-targets.ts'
import type { Connections } from './profile/connections.ts'
import { createHsmModules, type HsmModules } from './profile/hsm-modules.ts'
import { openHsmNotes } from './profile/hsm-notes.ts'
import type { Record } from './record/record.ts'
import { createHsms } from './targets/hsm/hsms.ts'
import { createHsmTargets } from './targets/hsm/hsm-targets.ts'
import { openKeysOf } from './wizards/hsm-key/open-keys.ts'

/** Everything of tokens that main puts together. */
export interface HsmParts {
  hsms: Hsms
  tokens: HsmTargets
  modules: HsmModules
  readings: TokenReadings
}

export const openHsmParts = async (
  folder: string,
  connections: Connections,
  keyring: Pick<Keyring, 'open' | 'list'>,
  clock: Clock,
  start: StartFramedChild = startFramedNodeChild,
): Promise<HsmParts> => {
  const hsms = createHsms({ start, entry: hsmEntry, clock })
  const tokens = createHsmTargets({
    hsms,
    connectionOf: (id) => connections.hsm(id),
    rememberIdentity: (id, identity) => connections.rememberIdentity(id, identity),
    notes: await openHsmNotes(folder),
  })
  return {
    hsms,
    tokens,
    modules: createHsmModules(),
    readings: createTokenReadings({ tokens, keyring, clock }),
  }
}

const underWay: ReadonlySet<string> = new Set(['running', 'stopping', 'undoing'])

/** What a run that was broken off left open. Read from the record at the start, and when such a run comes to rest. */
export const watchOpenKeys = (
  record: Pick<Record, 'runs'>,
  engine: Engine,
): { list(): readonly OpenHsmKey[]; stop(): void } => {
  let found = openKeysOf(record.runs('all'))
  const stop = engine.events.on('run-changed', ({ job, state }) => {
    if ((job === 'hsm-key' || job === 'hsm-key-care') && !underWay.has(state))
      found = openKeysOf(record.runs('all'))
  })
  return { list: () => found, stop }
}
