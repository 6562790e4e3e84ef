import { randomUUID, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { Reply } from '../http.ts'
import type { Application, CertificateCredential, Principal } from '../state/model.ts'
import type { World } from '../world.ts'
import { badRequest, refuseGraph } from './errors.ts'
import { applicationShape, principalShape } from './shapes.ts'

const New = z.looseObject({
  displayName: z.string().min(1).max(256),
  notes: z.string().max(1024).nullish(),
  tags: z.array(z.string()).nullish(),
})
const Changed = z.looseObject({
  displayName: z.string().min(1).max(256).optional(),
  notes: z.string().max(1024).nullish(),
  tags: z.array(z.string()).optional(),
  keyCredentials: z
    .array(
      z.looseObject({
        keyId: z.string().nullish(),
        displayName: z.string().nullish(),
        type: z.string().nullish(),
        usage: z.string().nullish(),
        key: z.string().nullish(),
      }),
    )
    .optional(),
})

const parsed = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const result = schema.safeParse(body)
  return result.success
    ? result.data
    : badRequest(`Invalid value specified for property '${result.error.issues[0]?.path.join('.') ?? ''}'.`)
}

export const createApplication = (world: World, body: unknown): Reply => {
  const { displayName, notes, tags } = parsed(New, body)
  const made: Application = {
    id: randomUUID(),
    appId: randomUUID(),
    displayName,
    created: world.now('graph'),
    notes: notes ?? null,
    tags: tags ?? [],
    passwords: [],
    certificates: [],
  }
  world.store.change(() => world.applications.put(made))
  return { status: 201, body: applicationShape(made) }
}

/** PATCH: a certificate is registered by sending the whole list; `key` is the DER in base64. */
export const changeApplication = (world: World, application: Application, body: unknown): Reply => {
  const { displayName, notes, tags, keyCredentials } = parsed(Changed, body)
  const certificates = keyCredentials?.map((each) => {
    const known = application.certificates.find(({ keyId }) => keyId === each.keyId)
    return known ?? certificateOf(each.key ?? '', each.displayName ?? null)
  })
  world.store.change(() =>
    world.applications.put({
      ...application,
      displayName: displayName ?? application.displayName,
      notes: notes === undefined ? application.notes : notes,
      tags: tags ?? application.tags,
      certificates: certificates ?? application.certificates,
    }),
  )
  return { status: 204 }
}

const certificateOf = (key: string, displayName: string | null): CertificateCredential => {
  try {
    const der = Buffer.from(key, 'base64')
    const certificate = new X509Certificate(der)
    return {
      keyId: randomUUID(),
      displayName: displayName ?? certificate.subject,
      certificate: certificate.raw.toString('base64'),
      start: Date.parse(certificate.validFrom),
      end: Date.parse(certificate.validTo),
    }
  } catch {
    return refuseGraph(400, 'KeyCredentialsInvalidCertificate', 'Key credential certificate is invalid.')
  }
}

/** With its service principal. Role assignments of the principal stay behind and name nobody. */
export const deleteApplication = (world: World, application: Application): Reply => {
  world.store.change(() => {
    world.applications.delete(application.id)
    const principal = world.principals.all().find(({ appId }) => appId === application.appId)
    if (principal) world.principals.delete(principal.id)
  })
  return { status: 204 }
}

export const createServicePrincipal = (world: World, body: unknown): Reply => {
  const { appId } = parsed(z.looseObject({ appId: z.string() }), body)
  const application = world.applications.all().find((each) => each.appId === appId.toLowerCase())
  if (application === undefined)
    return refuseGraph(
      400,
      'NoBackingApplicationObject',
      `The appId '${appId}' of the service principal does not reference a valid application object.`,
    )
  if (world.principals.all().some((each) => each.appId === application.appId))
    return refuseGraph(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      `The service principal cannot be created because the service principal name ${appId} is already in use.`,
    )
  const made: Principal = {
    id: randomUUID(),
    kind: 'application',
    displayName: application.displayName,
    appId: application.appId,
    userPrincipalName: null,
    enabled: true,
    graphRoles: [],
    sessionsValidFrom: 0,
    created: world.now('graph'),
  }
  world.store.change(() => world.principals.put(made))
  return { status: 201, body: principalShape(world, made) }
}
