/**
 * Runs in the page before anything of the page does, sent over as text. So it may use nothing from outside its own
 * body, and takes what it needs as parameters. Page scripts see only `window.keyturn`; the raw binding is taken away.
 */
export interface PageBridgeNames {
  ask: string
  emit: string
  tag: string
}

export const installPageBridge = ({ ask, emit, tag }: PageBridgeNames): void => {
  type Listener = (value: unknown) => void
  const page = globalThis as unknown as Record<string, unknown>
  const rawAsk = page[ask] as ((name: string, request: string) => Promise<string>) | undefined
  Reflect.deleteProperty(page, ask)
  // The init script also runs in frames and in blank pages that get no binding: no bridge there.
  if (typeof rawAsk !== 'function' || page['parent'] !== page['self']) return

  const listeners = new Map<string, Set<Listener>>()
  const encode = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) =>
      part instanceof Uint8Array ? { [tag]: btoa(String.fromCharCode(...part)) } : part,
    )
  const decode = (text: string): unknown =>
    JSON.parse(text, (_key, part: unknown) => {
      if (part === null || typeof part !== 'object' || Object.keys(part).length !== 1) return part
      const base64 = (part as Record<string, unknown>)[tag]
      return typeof base64 === 'string' ? Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)) : part
    })
  const bridge = {
    ask: async (name: string, request: unknown): Promise<unknown> =>
      decode(await rawAsk(name, encode(request))),
    on: (name: string, listener: Listener) => {
      const known = listeners.get(name) ?? new Set<Listener>()
      listeners.set(name, known.add(listener))
      return () => void known.delete(listener)
    },
  }
  Object.defineProperty(page, 'keyturn', { value: Object.freeze(bridge), enumerable: true })
  Object.defineProperty(page, emit, {
    value: (name: string, value: unknown) => listeners.get(name)?.forEach((listener) => listener(value)),
  })
}
