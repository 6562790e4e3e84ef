import type { HsmAttributes, HsmHandle, HsmKey, HsmToken } from '../../electron/ports/hsm.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'

const attributes: HsmAttributes = {
  private: true,
  modifiable: true,
  local: true,
  sensitive: true,
  alwaysSensitive: true,
  extractable: false,
  neverExtractable: true,
  wrapWithTrusted: false,
  trusted: false,
  sign: true,
  verify: null,
  encrypt: null,
  decrypt: true,
  wrap: null,
  unwrap: true,
}

let handles = 0

/** One object of a token, as the port describes it. */
export const tokenObject = (of: HsmKey['class'], change: Partial<HsmKey> = {}): HsmKey => ({
  handle: `h-${(handles += 1)}` as HsmHandle,
  class: of,
  type: of === 'secret' ? 'AES' : 'RSA',
  label: 'K',
  id: 'a1',
  bits: of === 'secret' ? 256 : 2048,
  curve: null,
  kept: 'token',
  attributes: of === 'public' ? { ...attributes, private: false } : attributes,
  spki: null,
  spkiSha256: of === 'secret' ? null : 'a'.repeat(64),
  checkValue: of === 'secret' ? 'abcdef' : null,
  ...change,
})

/** A token over a plain list; `fail` makes the next call of that name end in an error, before it does anything. */
export const fakeToken = (objects: readonly HsmKey[]) => {
  let held = [...objects]
  const done: string[] = []
  let fails: string | null = null
  const call = (name: string, handle: HsmHandle): HsmKey => {
    const found = held.find((one) => one.handle === handle)
    if (fails === name) {
      fails = null
      throw new KeyturnError('hsm-failed', { token: 'token-1', what: name })
    }
    if (found === undefined) throw new KeyturnError('hsm-object-gone', { token: 'token-1' })
    done.push(`${name} ${found.class}`)
    return found
  }
  const token = {
    find: async (query = {}) =>
      held.filter(
        (one) =>
          (query.id === undefined || one.id === query.id) &&
          (query.class === undefined || one.class === query.class),
      ),
    setLabel: async (handle, label) => {
      const next = { ...call('setLabel', handle), label }
      held = held.map((one) => (one.handle === handle ? next : one))
      return next
    },
    destroy: async (handle) => {
      const gone = call('destroy', handle)
      held = held.filter((one) => one !== gone)
    },
  } as Partial<HsmToken> as HsmToken
  return {
    token,
    done,
    held: () => held,
    put: (objectsNow: readonly HsmKey[]) => void (held = [...objectsNow]),
    fail: (name: 'setLabel' | 'destroy') => void (fails = name),
  }
}
