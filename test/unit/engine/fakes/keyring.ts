import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { HandleId, RunId } from '../../../../shared/model/ids.ts'
import { SecretBytes } from '../../../../electron/platform/secret-bytes.ts'
import type { HandleInfo } from '../../../../electron/ports/keyring.ts'
import type { EngineOptions } from '../../../../electron/engine/engine-deps.ts'

export const secretText = 'Kanarienvogel-1!'

const typedBefore: HandleInfo = {
  id: 'h-one' as HandleId,
  purpose: 'sql.dmk-password',
  target: null,
  generation: 1,
  label: 'Master key password',
  keptAt: '2026-11-22T08:00:00.000Z',
}

/** Keeps sealed runs like a file does: they outlive the engine. */
export class FakeKeyring {
  state: 'locked' | 'unlocked' = 'unlocked'
  sealed = new Map<RunId, string[]>()
  opened: SecretBytes[] = []
  /** What runs kept themselves. */
  kept = new Map<HandleId, { info: HandleInfo; text: string }>()
  #listeners = new Set<() => void>()

  port(): EngineOptions['keyring'] {
    const unlocked = (): void => {
      if (this.state === 'locked') throw new KeyturnError('keyring-locked')
    }
    return {
      status: () => ({ state: this.state, waitSeconds: 0 }),
      sealRun: async (run, secrets) => {
        unlocked()
        this.sealed.set(
          run,
          secrets.map((one) => one.name),
        )
        for (const listener of this.#listeners) listener()
      },
      openRun: async (run) => {
        unlocked()
        const names = this.sealed.get(run)
        if (names === undefined) throw new KeyturnError('run-secrets-unknown', { run })
        return new Map(
          names.map((name) => {
            const secret = SecretBytes.fromText(secretText)
            this.opened.push(secret)
            return [name, secret]
          }),
        )
      },
      eraseRun: async (run) => {
        unlocked()
        this.sealed.delete(run)
      },
      sealedRuns: () => {
        unlocked()
        return [...this.sealed.keys()]
      },
      list: (filter = {}) =>
        [typedBefore, ...[...this.kept.values()].map(({ info }) => info)].filter(
          ({ purpose, target }) =>
            (filter.purpose ?? purpose) === purpose && (filter.target ?? target) === target,
        ),
      put: async ({ purpose, target, label }, bytes) => {
        unlocked()
        const id = `h-kept-${this.kept.size + 1}` as HandleId
        const info = { ...typedBefore, id, purpose, target, label }
        this.kept.set(id, { info, text: bytes.use((own) => own.toString('utf8')) })
        return info
      },
      replace: async (id, bytes) => {
        const { info } = this.#keptAs(id)
        const next = { ...info, generation: info.generation + 1 }
        this.kept.set(id, { info: next, text: bytes.use((own) => own.toString('utf8')) })
        return next
      },
      open: async (id, binding) => {
        unlocked()
        const { info, text } = this.#keptAs(id)
        if (info.purpose !== binding.purpose || info.target !== binding.target)
          throw new KeyturnError('handle-not-for-this', { handle: id })
        return SecretBytes.fromText(text)
      },
      drop: async (id) => {
        unlocked()
        this.kept.delete(id)
      },
      onChange: (listener) => {
        this.#listeners.add(listener)
        return () => void this.#listeners.delete(listener)
      },
    }
  }

  #keptAs(id: HandleId): { info: HandleInfo; text: string } {
    const found = this.kept.get(id)
    if (found === undefined) throw new KeyturnError('handle-unknown', { handle: id })
    return found
  }

  unlock(): void {
    this.state = 'unlocked'
    for (const listener of this.#listeners) listener()
  }
}
