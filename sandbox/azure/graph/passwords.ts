import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { hashSecret } from '../entra/prove-client.ts'
import type { Reply } from '../http.ts'
import type { Application, PasswordCredential } from '../state/model.ts'
import type { World } from '../world.ts'
import { badRequest, refuseGraph } from './errors.ts'
import { passwordShape } from './shapes.ts'

const LONGEST_MONTHS = 24
const Body = z.looseObject({
  passwordCredential: z
    .looseObject({
      displayName: z.string().nullish(),
      startDateTime: z.iso.datetime({ offset: true }).nullish(),
      endDateTime: z.iso.datetime({ offset: true }).nullish(),
    })
    .nullish(),
})

const monthsLater = (start: number, months: number): number => {
  const date = new Date(start)
  date.setUTCMonth(date.getUTCMonth() + months)
  return date.getTime()
}

/** POST /applications/{id}/addPassword: the only reply that ever holds the value. */
export const addPassword = (world: World, application: Application, body: unknown): Reply => {
  const parsed = Body.safeParse(body)
  if (!parsed.success)
    return badRequest(`Invalid property '${parsed.error.issues[0]?.path.join('.') ?? ''}'.`)
  const wanted = parsed.data.passwordCredential
  const now = world.now('graph')
  const start = wanted?.startDateTime ? Date.parse(wanted.startDateTime) : now
  const end = wanted?.endDateTime ? Date.parse(wanted.endDateTime) : monthsLater(start, LONGEST_MONTHS)
  if (end <= start) return badRequest("Property 'endDateTime' must be later than 'startDateTime'.")
  if (end > monthsLater(start, LONGEST_MONTHS) + 86_400_000)
    return refuseGraph(
      400,
      'CredentialInvalidLifetimeAsPerAppPolicy',
      'Credential lifetime exceeds the max value allowed as per assigned policy: 24 months.',
    )
  const value = `${randomBytes(3).toString('base64url').slice(0, 3)}8Q~${randomBytes(26).toString('base64url')}`
  const salt = randomBytes(16).toString('hex')
  const credential: PasswordCredential = {
    keyId: randomUUID(),
    displayName: wanted?.displayName ?? null,
    hint: value.slice(0, 3),
    start,
    end,
    usableFrom: now + world.settings().directoryDelayMs,
    salt,
    hash: hashSecret(salt, value),
  }
  world.store.change(() =>
    world.applications.put({ ...application, passwords: [...application.passwords, credential] }),
  )
  return { status: 200, body: { ...passwordShape(credential), secretText: value } }
}

/** POST /applications/{id}/removePassword */
export const removePassword = (world: World, application: Application, body: unknown): Reply => {
  const parsed = z.looseObject({ keyId: z.string() }).safeParse(body)
  if (!parsed.success) return badRequest("Invalid property 'keyId'.")
  const passwords = application.passwords.filter(({ keyId }) => keyId !== parsed.data.keyId)
  if (passwords.length === application.passwords.length)
    return badRequest(`No password credential found with keyId '${parsed.data.keyId}'.`)
  world.store.change(() => world.applications.put({ ...application, passwords }))
  return { status: 204 }
}
