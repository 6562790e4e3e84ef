import type { KeyringBackupView } from '../../../shared/ipc/schemas.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { FoundBackup, HandleInfo, Keyring } from '../../ports/keyring.ts'
import type { Places } from '../../ports/places.ts'
import type { Record } from '../../record/record.ts'
import type { Rehearsal } from '../../rehearsal/rehearsal.ts'
import type { Handlers } from '../router.ts'

export interface KeyringCustodyParts {
  keyring: Keyring
  record: Record
  places: Places
  rehearsal: Rehearsal | null
  /** Runs that have not ended: their sealed secrets must survive a restore. */
  undecidedRuns(): RunId[]
}

/** Acts on the keyring as a whole. Each needs the passphrase, also while it is unlocked. */
export const keyringCustodyHandlers = (parts: KeyringCustodyParts) => {
  const { keyring, record, places, rehearsal } = parts
  return {
    'keyring.changePassphrase': async ({ present, next }) => {
      using before = SecretBytes.take(present)
      using after = SecretBytes.take(next)
      await rehearsal?.expectPassphrase(after)
      const change = await keyring.changePassphrase(before, after)
      record.append({
        kind: 'keyring-passphrase-changed',
        body: { ...change, removed: [...change.removed] },
        outcome: 'done',
      })
      await rehearsal?.rememberPassphrase(after)
      return { ...change, removed: [...change.removed] }
    },
    'keyring.backUp': async ({ place, passphrase }) => {
      using secret = SecretBytes.take(passphrase)
      const folder = places.folderOf(place)
      const { name, at, secrets, removed } = await keyring.backUp(folder, secret)
      record.append({
        kind: 'keyring-backed-up',
        body: { file: name, to: places.label(place), secrets, removed: [...removed] },
        outcome: 'done',
      })
      return { name, folder: places.label(place), at, secrets, removed: [...removed] }
    },
    'keyring.findBackups': async ({ place }) => {
      const found = await keyring.backupsIn(places.folderOf(place))
      const locked = keyring.status().state !== 'unlocked'
      return { folder: places.label(place), found: found.map((one) => viewOf(one, locked)) }
    },
    'keyring.restore': async ({ place, name, passphrase }) => {
      using secret = SecretBytes.take(passphrase)
      const folder = places.folderOf(place)
      const unlocked = keyring.status().state === 'unlocked'
      // Where the present keyring does not open, what is sealed in it is lost already.
      const sealed = new Set(unlocked ? keyring.sealedRuns() : [])
      const keepRuns = parts.undecidedRuns().filter((run) => sealed.has(run))
      const restored = await keyring.restore({ folder, name, keepRuns }, secret)
      const gone = restored.gone.map(labelOf)
      record.append({
        kind: 'keyring-restored',
        body: {
          file: name,
          from: places.label(place),
          keyring: restored.keyring,
          secrets: restored.secrets,
          gone,
          keptAs: restored.keptAs,
        },
        outcome: 'done',
      })
      await rehearsal?.rememberPassphrase(secret)
      return { secrets: restored.secrets, gone, keptAs: restored.keptAs }
    },
    'keyring.osStore': async () => {
      const found = await keyring.osStore()
      return {
        on: keyring.status().outerWrap ?? null,
        usable: found.usable ? found.name : null,
        because: found.usable ? null : found.because,
      }
    },
    'keyring.setOuterWrap': async ({ on, passphrase }) => {
      using secret = SecretBytes.take(passphrase)
      await keyring.setOuterWrap(on, secret)
      const store = keyring.status().outerWrap ?? null
      record.append({ kind: 'keyring-outer-wrap', body: { store }, outcome: 'done' })
      return { done: true }
    },
  } satisfies Partial<Handlers>
}

const labelOf = ({ label, generation }: HandleInfo): string =>
  generation === 1 ? label : `${label} (generation ${generation})`

/** Labels of the present keyring are for whoever has unlocked it. */
const viewOf = ({ gone, ...found }: FoundBackup, locked: boolean): KeyringBackupView => ({
  ...found,
  gone: gone.length,
  goneLabels: locked ? [] : gone.map(labelOf).slice(0, 200),
})
