import { beforeEach, describe, expect, it, vi } from 'vitest'
import { eventNames } from '../../../shared/ipc/contract.ts'
import type { Bridge } from '../../../shared/ipc/contract.ts'
import { isEventName } from '../../../electron/shell/electron/channels.ts'

const renderer = vi.hoisted(() => ({
  exposed: [] as [string, unknown][],
  listeners: [] as [string, (...all: unknown[]) => void][],
  invoke: vi.fn<(...all: unknown[]) => Promise<unknown>>(async () => ({ ok: true, value: 1 })),
}))
vi.mock('electron', () => ({
  contextBridge: {
    exposeInMainWorld: (name: string, value: unknown) => renderer.exposed.push([name, value]),
  },
  ipcRenderer: {
    on: (name: string, listener: (...all: unknown[]) => void) => renderer.listeners.push([name, listener]),
    invoke: renderer.invoke,
  },
}))
await import('../../../electron/shell/electron/preload.ts')

const bridge = () => renderer.exposed[0]?.[1] as Bridge
const fromMain = (...all: unknown[]) => renderer.listeners[0]?.[1]({ sender: 'ipcRenderer' }, ...all)
beforeEach(() => vi.clearAllMocks())

describe('what the preload gives the page', () => {
  it('is two functions under one name, and one channel in each direction', () => {
    expect(renderer.exposed.map(([name]) => name)).toEqual(['keyturn'])
    expect(Object.keys(bridge()).sort()).toEqual(['ask', 'on'])
    expect(renderer.listeners.map(([name]) => name)).toEqual(['keyturn:event'])
  })

  it('asks main by name and wipes its own copy of bytes, also when main fails', async () => {
    const passphrase = new Uint8Array([1, 2, 3])
    let sent: number[] = []
    renderer.invoke.mockImplementationOnce(async (_channel, _name, request) => {
      sent = [...(request as { passphrase: Uint8Array }).passphrase]
      throw new Error('gone')
    })
    await expect(bridge().ask('keyring.unlock', { passphrase })).rejects.toThrow('gone')
    expect(sent).toEqual([1, 2, 3])
    expect([...passphrase]).toEqual([0, 0, 0])
    expect(await bridge().ask('app.state', {})).toEqual({ ok: true, value: 1 })
    expect(renderer.invoke.mock.calls.at(-1)).toEqual(['keyturn:ask', 'app.state', {}])
  })

  it('gives listeners the value and never the event, until they stop', () => {
    const heard: unknown[][] = []
    const listener = (...all: unknown[]): number => heard.push(all)
    const offFirst = bridge().on('app.changed', listener)
    const offSecond = bridge().on('app.changed', listener)
    fromMain('app.changed', { version: '1' })
    expect(heard).toEqual([[{ version: '1' }], [{ version: '1' }]])
    offFirst()
    fromMain('app.changed', { version: '2' })
    expect(heard).toHaveLength(3)
    offSecond()
    fromMain('app.changed', { version: '3' })
    expect(heard).toHaveLength(3)
  })

  it('listens to no event that is not in the contract', () => {
    const listener = vi.fn()
    const on = bridge().on as (name: string, listener: unknown) => () => void
    for (const name of ['__proto__', 'constructor', 'keyturn:event', '']) on(name, listener)
    on('app.changed', 'not a function')
    for (const name of ['__proto__', 'constructor', 'keyturn:event', '', 'app.changed']) fromMain(name, 1)
    expect(listener).not.toHaveBeenCalled()
    expect(eventNames.every(isEventName)).toBe(true)
  })
})
