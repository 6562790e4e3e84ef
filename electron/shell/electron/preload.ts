/**
 * Runs in the window's sandbox, in a world of its own, before the page. The page gets `window.keyturn` with two
 * functions; it never sees `ipcRenderer` nor an event of it.
 */
import { contextBridge, ipcRenderer } from 'electron'
import type { Answer, Bridge, ChannelName, EventName, WindowEvents } from '../../../shared/ipc/contract.ts'
import { askChannel, eventChannel, isEventName } from './channels.ts'

type Listener = (value: WindowEvents[EventName]) => void
const listeners = new Map<EventName, Set<Listener>>()

ipcRenderer.on(eventChannel, (_event, name: unknown, value: WindowEvents[EventName]) => {
  if (isEventName(name)) listeners.get(name)?.forEach((listener) => listener(value))
})

const on = (name: unknown, listener: unknown): (() => void) => {
  if (!isEventName(name) || typeof listener !== 'function') return () => undefined
  // A wrapper per call: the same function given twice is two subscriptions, each with its own end.
  const wrapped: Listener = (value) => (listener as Listener)(value)
  listeners.set(name, (listeners.get(name) ?? new Set<Listener>()).add(wrapped))
  return () => void listeners.get(name)?.delete(wrapped)
}

/** What arrives here is a copy that only this world has; the page wipes its own. */
const ask = async (name: ChannelName, request: unknown): Promise<Answer<unknown>> => {
  try {
    return (await ipcRenderer.invoke(askChannel, name, request)) as Answer<unknown>
  } finally {
    wipe(request)
  }
}

const wipe = (value: unknown): void => {
  if (value instanceof Uint8Array) value.fill(0)
  else if (value !== null && typeof value === 'object') Object.values(value).forEach(wipe)
}

contextBridge.exposeInMainWorld('keyturn', { ask: ask as Bridge['ask'], on: on as Bridge['on'] })
