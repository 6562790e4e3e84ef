import { KeyturnError } from '../../../shared/errors/problem.ts'
import { isAzureId } from '../../../shared/model/azure.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type {
  ApplicationSecret,
  Directories,
  Directory,
  DirectoryApplication,
  DirectoryCallOptions,
  ServicePrincipal,
} from '../../ports/directory.ts'
import { ask, type Asked } from './call.ts'
import { checkedId } from './control-names.ts'
import { graphOf, type Graph, type GraphObject } from './graph.ts'
import type { SignedIn, SignIns } from './sign-ins.ts'
import { dateOrNull, isFields, orNull, textOf, textsOf } from './values.ts'

const most = 1_000
const readRight = 'Application.Read.All'
const writeRight = 'Application.ReadWrite.OwnedBy or Application.ReadWrite.All'
/** The tag of an application that carries a run's mark. */
const markOf = (mark: string): string => `keyturn-run:${mark}`

export const createDirectories = (signIns: SignIns): Directories => ({
  open: async (azure, options = {}) => {
    const signedIn = await signIns.of(azure, options)
    return directoryOf(signedIn, graphOf(signedIn))
  },
})

export const directoryOf = (signedIn: SignedIn, graph: Graph): Directory => {
  const { connection, hosts, means, principal, ref, who } = signedIn
  const target = connection.name
  const run = <Answer>(
    asked: Pick<Asked, 'what' | 'permission'> & Partial<Asked>,
    options: DirectoryCallOptions | undefined,
    send: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> =>
    ask(
      { service: 'graph', target, host: hosts.directory, principal: who, repeatable: true, ...asked },
      means,
      options ?? {},
      send,
    )
  const list = async (filter: string, what: string, options: DirectoryCallOptions | undefined) => {
    const path = `/applications?$top=100&$select=${applicationFields}${filter === '' ? '' : `&$filter=${encodeURIComponent(filter)}`}`
    const found = await run({ what, permission: readRight }, options, (signal) =>
      graph.list(path, most, signal),
    )
    return found.map((one) => applicationOf(one, target))
  }

  const servicePrincipal: Directory['servicePrincipal'] = async (clientId, options) => {
    checkedId(clientId, 'the client id', target)
    const asked = { what: 'reading a service principal', permission: readRight }
    const path = `/servicePrincipals(appId='${clientId}')`
    const found = await orNull(
      run(asked, options, (signal) => graph.send({ method: 'GET', path }, signal)),
      ['azure-not-found'],
    )
    return found === null ? null : servicePrincipalOf(found, target)
  }

  return {
    ref,
    tenantId: principal.tenantId,
    principal,
    servicePrincipal,
    applications: (nameBegins, options) =>
      list(
        nameBegins === '' ? '' : `startswith(displayName,'${quoted(nameBegins)}')`,
        'listing applications',
        options,
      ),
    application: async (clientId, options) => {
      checkedId(clientId, 'the client id', target)
      const asked = { what: 'reading an application', permission: readRight }
      const path = `/applications(appId='${clientId}')`
      const found = await orNull(
        run(asked, options, (signal) => graph.send({ method: 'GET', path }, signal)),
        ['azure-not-found'],
      )
      return found === null ? null : applicationOf(found, target)
    },
    markedApplication: async (mark, options) => {
      const filter = `tags/any(t:t eq '${quoted(markOf(mark))}')`
      const found = await list(filter, 'looking for the application of this run', options)
      return found.find((application) => application.mark === mark) ?? null
    },
    createApplication: async ({ name, mark }, options) => {
      const body = { displayName: name, signInAudience: 'AzureADMyOrg', tags: [markOf(mark)] }
      const asked = { what: `creating the application ${name}`, permission: writeRight, repeatable: false }
      return applicationOf(
        await run(asked, options, (signal) =>
          graph.send({ method: 'POST', path: '/applications', body }, signal),
        ),
        target,
      )
    },
    removeApplication: async (objectId, options) => {
      checkedId(objectId, 'the object id', target)
      const asked = { what: 'removing an application', permission: writeRight }
      await orNull(
        run(asked, options, (signal) =>
          graph.send({ method: 'DELETE', path: `/applications/${objectId}` }, signal),
        ),
        ['azure-not-found'],
      )
    },
    createServicePrincipal: async (clientId, options) => {
      const there = await servicePrincipal(clientId, options)
      if (there !== null) return there
      const asked = { what: 'creating a service principal', permission: writeRight }
      const body = { appId: clientId }
      return servicePrincipalOf(
        await run(asked, options, (signal) =>
          graph.send({ method: 'POST', path: '/servicePrincipals', body }, signal),
        ),
        target,
      )
    },
    addSecret: async (applicationObjectId, { name, expires }, options) => {
      checkedId(applicationObjectId, 'the object id', target)
      const body = { passwordCredential: { displayName: name, endDateTime: new Date(expires).toISOString() } }
      const path = `/applications/${applicationObjectId}/addPassword`
      const asked = { what: `adding the secret ${name}`, permission: writeRight, repeatable: false }
      const made = await run({ ...asked, quotable: false }, options, (signal) =>
        graph.send({ method: 'POST', path, body }, signal),
      )
      const value = textOf(made['secretText'])
      if (value === '') throw strange(target, 'a secret without its value')
      return { ...secretOf(made, target), value: SecretBytes.fromText(value) }
    },
    removeSecret: async (applicationObjectId, keyId, options) => {
      checkedId(applicationObjectId, 'the object id', target)
      checkedId(keyId, 'the id of the secret', target)
      const asked = { what: 'removing a secret', permission: writeRight }
      const path = `/applications/${applicationObjectId}`
      const present = await orNull(
        run(asked, options, (signal) => graph.send({ method: 'GET', path }, signal)),
        ['azure-not-found'],
      )
      const there =
        present !== null && applicationOf(present, target).secrets.some((one) => one.keyId === keyId)
      if (!there) return
      await run(asked, options, (signal) =>
        graph.send({ method: 'POST', path: `${path}/removePassword`, body: { keyId } }, signal),
      )
    },
  }
}

const applicationFields = 'id,appId,displayName,createdDateTime,tags,passwordCredentials'

/** Inside a quoted value of a filter. */
const quoted = (text: string): string => text.replaceAll("'", "''")

const strange = (target: string, what: string): KeyturnError =>
  new KeyturnError('azure-answer', { target, what })

const idIn = (value: unknown, target: string): string => {
  const id = textOf(value).toLowerCase()
  if (!isAzureId(id)) throw strange(target, 'an object of the directory without its id')
  return id
}

const applicationOf = (sdk: GraphObject, target: string): DirectoryApplication => {
  const mark = textsOf(sdk['tags']).find((tag) => tag.startsWith(markOf('')))
  const secrets = Array.isArray(sdk['passwordCredentials']) ? sdk['passwordCredentials'] : []
  return {
    objectId: idIn(sdk['id'], target),
    clientId: idIn(sdk['appId'], target),
    name: textOf(sdk['displayName']),
    mark: mark === undefined ? null : mark.slice(markOf('').length),
    createdAt: dateOrNull(sdk['createdDateTime']),
    secrets: secrets.filter(isFields).map((secret) => secretOf(secret, target)),
  }
}

const secretOf = (sdk: GraphObject, target: string): ApplicationSecret => ({
  keyId: idIn(sdk['keyId'], target),
  name: textOf(sdk['displayName']),
  hint: textOf(sdk['hint']).slice(0, 3),
  starts: dateOrNull(sdk['startDateTime']),
  expires: dateOrNull(sdk['endDateTime']),
})

const servicePrincipalOf = (sdk: GraphObject, target: string): ServicePrincipal => ({
  objectId: idIn(sdk['id'], target),
  clientId: idIn(sdk['appId'], target),
  name: textOf(sdk['displayName']),
  enabled: sdk['accountEnabled'] !== false,
})
