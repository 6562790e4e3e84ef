import type { PowerMonitor } from 'electron'

export type PowerReason = 'screen-lock' | 'suspend'

/** How often a Linux desktop is asked whether its screen is locked: it tells nobody by itself. */
const pollMs = 5_000
/** Only the answer `locked` matters, so the threshold for `idle` is out of reach. */
const neverIdleSeconds = 24 * 60 * 60

/** Calls `lock` when the system locks its screen, goes to sleep or changes to another user. Call it after `ready`. */
export const watchPower = (
  monitor: Pick<PowerMonitor, 'on' | 'off' | 'getSystemIdleState'>,
  platform: NodeJS.Platform,
  lock: (because: PowerReason) => void,
): (() => void) => {
  const screen = (): void => lock('screen-lock')
  const sleep = (): void => lock('suspend')
  monitor.on('lock-screen', screen)
  monitor.on('user-did-resign-active', screen)
  monitor.on('suspend', sleep)
  const poll =
    platform === 'linux'
      ? setInterval(() => {
          if (monitor.getSystemIdleState(neverIdleSeconds) === 'locked') screen()
        }, pollMs)
      : undefined
  poll?.unref()
  return () => {
    monitor.off('lock-screen', screen)
    monitor.off('user-did-resign-active', screen)
    monitor.off('suspend', sleep)
    clearInterval(poll)
  }
}
