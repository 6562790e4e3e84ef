import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { HandleId, RunId } from '../../../../shared/model/ids.ts'
import { SecretBytes } from '../../../../electron/platform/secret-bytes.ts'
import type { EngineOptions } from '../../../../electron/engine/engine-deps.ts'

export const secretText = 'Kanarienvogel-1!'

/** Keeps sealed runs like a file does: they outlive the engine. */
export class FakeKeyring {
  state: 'locked' | 'unlocked' = 'unlocked'
  sealed = new Map<RunId, string[]>()
  opened: SecretBytes[] = []
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
      list: () => [
        {
          id: 'h-one' as HandleId,
          purpose: 'sql.dmk-password',
          target: null,
          generation: 1,
          label: 'Master key password',
          keptAt: '2026-11-22T08:00:00.000Z',
        },
      ],
      onChange: (listener) => {
        this.#listeners.add(listener)
        return () => void this.#listeners.delete(listener)
      },
    }
  }

  unlock(): void {
    this.state = 'unlocked'
    for (const listener of this.#listeners) listener()
  }
}
