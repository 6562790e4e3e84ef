import type { EventName } from '../../../shared/ipc/contract.ts'

/** The two channels between main and the preload. No other name is listened to on either side. */
export const askChannel = 'keyturn:ask'
export const eventChannel = 'keyturn:event'

/** Complete by its type. Written here because the contract would bring its schemas into the preload. */
const known: Record<EventName, true> = { 'app.changed': true, 'run.changed': true }

export const isEventName = (name: unknown): name is EventName =>
  typeof name === 'string' && Object.hasOwn(known, name)
