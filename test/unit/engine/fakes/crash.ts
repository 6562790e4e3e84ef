import type { EngineProbe, ProbePoint } from '../../../../electron/engine/engine-deps.ts'
import type { House } from './house.ts'

/** A probe at which the process "dies": nothing after that point ever happens in it. */
export const deathAt = (point: ProbePoint, stepId: string): { probe: EngineProbe; dead: Promise<void> } => {
  const dead = Promise.withResolvers<void>()
  return {
    dead: dead.promise,
    probe: {
      at: (reached, step) => {
        if (reached !== point || step !== stepId) return
        dead.resolve()
        return new Promise<void>(() => undefined)
      },
    },
  }
}

/** What the operating system and the servers do when the process is gone. */
export const bury = (house: House): void => {
  for (const server of house.servers) server.dropConnections()
}
