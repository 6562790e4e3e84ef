import { createFakeBridge, interrupted, type FakeWorld } from '../fake-bridge.ts'
import { failedView, interruptedView, runningView, verifiedView } from '../fakes/plan.ts'
import { inRehearsal, unlocked, unreachable } from '../fakes/state.ts'

/** `?world=` chooses what main says, `?scheme=` the colours: for screenshots of each state of each page. */
const asked = new URLSearchParams(window.location.search)
const scheme = asked.get('scheme') === 'dark' ? 'dark' : 'light'

const worlds: Record<string, Partial<FakeWorld>> = {
  plain: {},
  rehearsal: { app: inRehearsal },
  empty: { connections: [], drafts: [], app: { ...unlocked, environment: 'none' } },
  locked: { app: { ...unlocked, keyring: { state: 'locked', waitSeconds: 8 } } },
  absent: { app: { ...unlocked, keyring: { state: 'absent', waitSeconds: 0 }, environment: 'none' } },
  running: { run: runningView },
  failed: { run: failedView },
  interrupted: { run: interruptedView, app: interrupted(unlocked) },
  verified: { run: verifiedView },
}
const world = worlds[asked.get('world') ?? 'plain'] ?? {}
const bridge = createFakeBridge({ ...world, app: { ...(world.app ?? unlocked), scheme } })
for (const name of asked.getAll('refuse')) bridge.refuse(name as never, unreachable)
window.keyturn = bridge

await import('../../../../renderer/main.tsx')
