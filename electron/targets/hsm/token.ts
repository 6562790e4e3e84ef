import { randomBytes } from 'node:crypto'
import type { HsmIdentity } from '../../../shared/model/hsm.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HsmCallOptions, HsmHandle, HsmKey, HsmKeyPair, HsmToken, HsmTokenRef } from '../../ports/hsm.ts'
import { capabilitiesOf } from './abilities.ts'
import { plainError, type Named } from './errors.ts'
import { identityOf, refuseOther } from './hsm-targets.ts'
import type { Link } from './link.ts'
import type { Gives, KeyFacts, Operation, Takes } from './messages.ts'
import { probeToken } from './probe.ts'
import type { Processes } from './processes.ts'
import { checked } from './requests.ts'

export interface TokenParts {
  processes: Processes
  ref: HsmTokenRef
  named: Named
  clock: Clock
}

/** A session of the token; null: it was lost, and is opened again before the next call. */
interface Opened {
  link: Link
  /** Stands in every handle of this session, so that one of another is known as such. */
  era: string
  loggedIn: boolean
}

const newEra = (): string => randomBytes(8).toString('hex')

/** See `Hsms.open`. */
export const openToken = async (parts: TokenParts, options: HsmCallOptions): Promise<HsmToken> => {
  const { ref, named } = parts
  let link: Link | null = null
  let opened: Opened | null = null
  let opening: Promise<Opened> | null = null
  let closed = false
  /** Who answered at the first opening. */
  let first: HsmIdentity | null = null
  /** True: the person logged in, and the session that it was for is gone. */
  let wasLoggedIn = false

  const lost = (): void => {
    wasLoggedIn ||= opened?.loggedIn ?? false
    opened = null
  }
  const isOver = (op: Operation): Error => plainError('hsm-closed', op, named)

  const begin = async (asked: HsmCallOptions): Promise<Opened> => {
    if (link === null) {
      const started = await parts.processes.start(ref.module, named, { onLost: lost }, asked)
      link = started.link
      const mine = started.link
      void mine.ended.then(() => (link === mine ? (link = null) : null))
    }
    const mine = link
    if (closed) {
      await mine.end()
      throw isOver('open')
    }
    // In a process that runs already this lets go of everything and begins anew, which heals a removed token.
    await mine.ask('open', { serial: ref.serial }, asked)
    // A serial number alone is no device: the one that was opened first is the only one that gets a PIN here.
    const answers = identityOf(await mine.ask('facts', {}, asked))
    if (first === null) first = answers
    else refuseOther({ name: named.token }, first, answers)
    opened = { link: mine, era: newEra(), loggedIn: false }
    return opened
  }
  const session = (asked: HsmCallOptions): Opened | Promise<Opened> => {
    if (opened !== null) return opened
    opening ??= begin(asked).finally(() => (opening = null))
    return opening
  }

  /** What needs nobody to be logged in. */
  const askOpen = async <Op extends Operation>(
    op: Op,
    takes: (era: string) => Takes<Op>,
    asked: HsmCallOptions = {},
  ): Promise<{ gives: Gives<Op>; era: string }> => {
    if (closed) throw isOver(op)
    const { link: by, era } = await session(asked)
    return { gives: await by.ask(op, takes(era), asked), era }
  }
  /** What needs somebody to be. A token hides what it does not show; it must not look as if it had nothing. */
  const ask = async <Op extends Operation>(
    op: Op,
    takes: (era: string) => Takes<Op>,
    asked: HsmCallOptions = {},
  ): Promise<{ gives: Gives<Op>; era: string }> => {
    if (closed) throw isOver(op)
    const at = await session(asked)
    if (!at.loggedIn) throw plainError(wasLoggedIn ? 'hsm-log-in-again' : 'hsm-not-logged-in', op, named)
    return { gives: await at.link.ask(op, takes(at.era), asked), era: at.era }
  }

  const inner = (op: Operation, era: string, handle: HsmHandle): string => {
    const [of, value] = handle.split('.')
    if (of !== era || value === undefined || !/^([0-9a-f]{8}){1,2}$/.test(value))
      throw plainError('hsm-handle-old', op, named)
    return value
  }
  const keyOf = ({ gives, era }: { gives: KeyFacts; era: string }): HsmKey => ({
    ...gives,
    handle: `${era}.${gives.handle}` as HsmHandle,
    // What came is a view of the whole message.
    spki: gives.spki === null ? null : Uint8Array.from(gives.spki),
  })
  const pairOf = ({ gives, era }: { gives: Gives<'generateRsa'>; era: string }): HsmKeyPair => ({
    privateKey: keyOf({ gives: gives.privateKey, era }),
    publicKey: keyOf({ gives: gives.publicKey, era }),
  })
  const check = checked(named)

  const token: HsmToken = {
    ref,
    facts: async (asked) => (await askOpen('facts', () => ({}), asked)).gives,
    capabilities: async (asked) =>
      capabilitiesOf((await askOpen('mechanisms', () => ({ serial: ref.serial }), asked)).gives),
    logIn: async (pin, asked = {}) => {
      await askOpen(
        'logIn',
        () => ({ pin: pin.use((bytes) => Buffer.from(bytes)), seen: asked.seen ?? null }),
        asked,
      )
      if (opened === null) throw plainError('hsm-log-in-again', 'logIn', named)
      opened = { ...opened, era: newEra(), loggedIn: true }
      wasLoggedIn = false
    },
    logOut: async (asked) => {
      await askOpen('logOut', () => ({}), asked)
      if (opened !== null) opened = { ...opened, era: newEra(), loggedIn: false }
      wasLoggedIn = false
    },
    probe: (asked) => probeToken(token, parts.clock, asked),

    find: async (query = {}, asked = {}) => {
      const { id, label, class: of, onlyPublic } = query
      if (id !== undefined) check.id('find', id)
      const takes = (): Takes<'find'> => ({
        id: id?.toLowerCase() ?? null,
        label: label ?? null,
        class: of ?? null,
        asUser: onlyPublic !== true,
      })
      const { gives, era } = await (onlyPublic === true ? askOpen : ask)('find', takes, asked)
      return gives
        .filter(({ attributes }) => onlyPublic !== true || attributes.private !== true)
        .map((key) => keyOf({ gives: key, era }))
    },
    describe: async (handle, asked) =>
      keyOf(await ask('describe', (era) => ({ handle: inner('describe', era, handle) }), asked)),

    generateRsa: async (request, asked) =>
      pairOf(await ask('generateRsa', () => check.newKey('generateRsa', request), asked)),
    generateEc: async (request, asked) =>
      pairOf(await ask('generateEc', () => check.newKey('generateEc', request), asked)),
    generateAes: async (request, asked) =>
      keyOf(await ask('generateAes', () => check.secret('generateAes', request), asked)),
    generateEphemeral: (asked) => token.generateAes(ephemeral, asked),
    usePublicKey: async (spki, asked) =>
      keyOf(await ask('usePublicKey', () => check.bytes('usePublicKey', 'spki', { spki }, 4_096), asked)),
    keepPublicKey: async (spki, { label, id }, asked) =>
      keyOf(
        await ask(
          'keepPublicKey',
          () => ({
            ...check.bytes('keepPublicKey', 'spki', { spki }, 4_096),
            label: check.label('keepPublicKey', label),
            id: check.id('keepPublicKey', id),
          }),
          asked,
        ),
      ),
    importSecret: async (value, request, asked) =>
      keyOf(
        await ask(
          'importSecret',
          () => ({
            ...check.secret('importSecret', request),
            value: value.use(
              (bytes) => check.bytes('importSecret', 'value', { value: Buffer.from(bytes) }, 256).value,
            ),
          }),
          asked,
        ),
      ),

    wrap: async ({ key, with: by, how }, asked) => {
      const { gives } = await ask(
        'wrap',
        (era) => ({ key: inner('wrap', era, key), with: inner('wrap', era, by), how }),
        asked,
      )
      return Uint8Array.from(gives)
    },
    unwrap: async ({ wrapped, with: by, how, as }, asked) =>
      keyOf(
        await ask(
          'unwrap',
          (era) => ({
            ...check.bytes('unwrap', 'wrapped', { wrapped }, 16_384),
            with: inner('unwrap', era, by),
            how,
            as: check.unwrapped(as),
          }),
          asked,
        ),
      ),
    decrypt: async (handle, { hash }, ciphertext, asked) => {
      const { gives } = await ask(
        'decrypt',
        (era) => ({
          key: inner('decrypt', era, handle),
          hash,
          ...check.bytes('decrypt', 'data', { data: ciphertext }, 2_048),
        }),
        asked,
      )
      return SecretBytes.take(gives)
    },
    checkValue: async (handle, asked) =>
      (await ask('checkValue', (era) => ({ key: inner('checkValue', era, handle) }), asked)).gives,
    sign: async (handle, scheme, data, asked) => {
      const { gives } = await ask(
        'sign',
        (era) => ({ key: inner('sign', era, handle), scheme, ...check.data('sign', data) }),
        asked,
      )
      return Uint8Array.from(gives)
    },
    verify: async (handle, scheme, data, signature, asked) =>
      (
        await ask(
          'verify',
          (era) => ({
            key: inner('verify', era, handle),
            scheme,
            ...check.data('verify', data),
            ...check.bytes('verify', 'signature', { signature }, 2_048),
          }),
          asked,
        )
      ).gives,

    setLabel: async (handle, label, asked) =>
      keyOf(
        await ask(
          'setLabel',
          (era) => ({ key: inner('setLabel', era, handle), label: check.label('setLabel', label) }),
          asked,
        ),
      ),
    setNotExtractable: async (handle, asked) =>
      keyOf(
        await ask('setNotExtractable', (era) => ({ key: inner('setNotExtractable', era, handle) }), asked),
      ),
    destroy: async (handle, asked) =>
      void (await ask('destroy', (era) => ({ key: inner('destroy', era, handle) }), asked)),

    close: async () => {
      closed = true
      await link?.end()
    },
  }
  try {
    await session(options)
  } catch (thrown) {
    await token.close()
    throw thrown
  }
  return token
}

const ephemeral = {
  label: 'keyturn-temporary',
  id: '',
  extractable: true,
  bits: 256,
  kept: 'session',
  uses: ['wrap', 'unwrap'],
} as const
