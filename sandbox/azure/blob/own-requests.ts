import { request, type Agent, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { StorageAccount } from '../state/model.ts'
import { sharedKey } from './shared-key.ts'

/** Where Azurite answers: the name stays that of the account, only the socket goes there. */
export interface Upstream {
  port(): Promise<number>
  ca: string
  agent: Agent
}

export const upstreamOptions = (
  port: number,
  { ca, agent }: Upstream,
  host: string,
): Pick<RequestOptions, 'host' | 'port' | 'servername' | 'ca' | 'agent'> => ({
  host: '127.0.0.1',
  port,
  servername: host,
  ca,
  agent,
})

export interface ContainerFacts {
  name: string
  etag: string
  lastModified: string
}

/** What the control plane does at the data plane, as the owner of the account's key. */
export interface OwnRequests {
  /** False where it was there already. */
  createContainer(account: StorageAccount, name: string): Promise<boolean>
  /** False where there was none. */
  deleteContainer(account: StorageAccount, name: string): Promise<boolean>
  containers(account: StorageAccount): Promise<ContainerFacts[]>
  blobExists(account: StorageAccount, path: string): Promise<boolean>
}

export const makeOwnRequests = (upstream: Upstream): OwnRequests => {
  const ask = async (
    account: StorageAccount,
    method: string,
    target: string,
  ): Promise<{ status: number; text: string }> => {
    const host = `${account.name}.blob.core.windows.net`
    const headers: Record<string, string> = {
      'x-ms-date': new Date().toUTCString(),
      'x-ms-version': '2025-11-05',
      ...(method === 'PUT' ? { 'content-length': '0' } : {}),
    }
    const [key] = account.keys
    const authorization = sharedKey({
      account: account.name,
      key: key?.value ?? '',
      method,
      target,
      headers,
    })
    const port = await upstream.port()
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          ...upstreamOptions(port, upstream, host),
          method,
          path: target,
          headers: { host, ...headers, authorization },
        },
        (answer) =>
          void textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject),
      )
      sent.on('error', reject)
      sent.end()
    })
  }
  const done = (status: number, text: string, what: string): never => {
    throw new Error(`Azurite answered ${status} to ${what}: ${text.slice(0, 300)}`)
  }
  const named = (name: string): string => `/${encodeURIComponent(name)}?restype=container`
  return {
    createContainer: async (account, name) => {
      const { status, text } = await ask(account, 'PUT', named(name))
      if (status !== 201 && status !== 409) done(status, text, 'making a container')
      return status === 201
    },
    deleteContainer: async (account, name) => {
      const { status, text } = await ask(account, 'DELETE', named(name))
      if (status !== 202 && status !== 404) done(status, text, 'deleting a container')
      return status === 202
    },
    containers: async (account) => {
      const { status, text } = await ask(account, 'GET', '/?comp=list')
      if (status !== 200) return done(status, text, 'listing containers')
      return [...text.matchAll(/<Container>(.*?)<\/Container>/gs)].map(([, one = '']) => ({
        name: part(one, 'Name'),
        etag: part(one, 'Etag'),
        lastModified: part(one, 'Last-Modified'),
      }))
    },
    blobExists: async (account, path) => (await ask(account, 'HEAD', path)).status === 200,
  }
}

const part = (text: string, name: string): string =>
  new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(text)?.[1]?.replaceAll('&quot;', '"') ?? ''

const textOf = async (answer: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const bytes of answer) parts.push(bytes as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
