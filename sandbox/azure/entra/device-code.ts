import { randomBytes, randomInt } from 'node:crypto'
import type { Reply } from '../http.ts'
import type { Principal } from '../state/model.ts'
import type { World } from '../world.ts'
import { refuseToken } from './errors.ts'

const LIFETIME_MS = 900_000
const POLL_SECONDS = 1
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ23456789'

interface Pending {
  clientId: string
  userCode: string
  expires: number
  answer: { kind: 'waiting' } | { kind: 'declined' } | { kind: 'signed-in'; user: Principal }
}

/** Sign-in with a code that a person types on another device; the control channel is the person. */
export interface DeviceCodes {
  begin(clientId: string): Reply
  /** Who signed in; refuses while nobody did, and when the code is spent. */
  redeem(deviceCode: string, clientId: string): Principal
  /** The person types the code and signs in, or declines. */
  answer(userCode: string | undefined, user: Principal | null): void
}

export const makeDeviceCodes = (world: World): DeviceCodes => {
  const codes = new Map<string, Pending>()
  return {
    begin: (clientId) => {
      const deviceCode = randomBytes(48).toString('base64url')
      const userCode = Array.from({ length: 9 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
      codes.set(deviceCode, {
        clientId,
        userCode,
        expires: world.wireNow('entra') + LIFETIME_MS,
        answer: { kind: 'waiting' },
      })
      return {
        status: 200,
        body: {
          user_code: userCode,
          device_code: deviceCode,
          verification_uri: 'https://microsoft.com/devicelogin',
          expires_in: LIFETIME_MS / 1000,
          interval: POLL_SECONDS,
          message: `To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code ${userCode} to authenticate.`,
        },
      }
    },
    redeem: (deviceCode, clientId) => {
      const now = world.wireNow('entra')
      const pending = codes.get(deviceCode)
      if (pending === undefined || pending.clientId !== clientId)
        return refuseToken(70018, 'Bad verification code.', now)
      if (pending.expires <= now)
        return refuseToken(70020, 'The provided value for the device code is expired.', now)
      if (pending.answer.kind === 'waiting')
        return refuseToken(
          70016,
          'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
          now,
        )
      codes.delete(deviceCode)
      if (pending.answer.kind === 'declined')
        return refuseToken(70021, 'The user declined to authenticate.', now)
      if (!pending.answer.user.enabled) return refuseToken(50057, 'The user account is disabled.', now)
      return pending.answer.user
    },
    answer: (userCode, user) => {
      const waiting = [...codes.values()].filter(({ answer }) => answer.kind === 'waiting')
      const pending =
        userCode === undefined ? waiting.at(-1) : waiting.find((each) => each.userCode === userCode)
      if (pending === undefined) throw new Error('no sign-in waits for this code')
      pending.answer = user === null ? { kind: 'declined' } : { kind: 'signed-in', user }
    },
  }
}
