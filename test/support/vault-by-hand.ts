import { request } from 'node:https'
import type { Simulators } from './simulators.ts'

interface SimulatedAzure {
  host: string
  port: number
  caPem: string
  tenantId: string
  applications: readonly { name: string; clientId: string; secret: string }[]
}

/** A call of the simulated vault without any client library, as the operator: what the vault itself says. */
export const vaultByHand = async (simulators: Simulators) => {
  const { azure } = (await simulators.order({ command: 'status' })) as unknown as { azure: SimulatedAzure }
  const operator = azure.applications.find(({ name }) => name === 'ktr-operator')
  const send = (name: string, path: string, type: string, body: string, token?: string) =>
    new Promise<Record<string, string>>((resolve, reject) => {
      const headers = {
        host: name,
        'content-type': type,
        'content-length': Buffer.byteLength(body),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      }
      const { host, port, caPem: ca } = azure
      const sent = request({ host, port, ca, servername: name, method: 'POST', path, headers }, (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString()
          if (answer.statusCode === 200) resolve(JSON.parse(text) as Record<string, string>)
          else reject(new Error(`${answer.statusCode ?? 0} ${text}`))
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const tokenFor = async (audience: string): Promise<string> => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: operator?.clientId ?? '',
      client_secret: operator?.secret ?? '',
      scope: `https://${audience}/.default`,
    })
    const formType = 'application/x-www-form-urlencoded'
    const path = `/${azure.tenantId}/oauth2/v2.0/token`
    const { access_token: token = '' } = await send(
      'login.microsoftonline.com',
      path,
      formType,
      form.toString(),
    )
    return token
  }
  return async (host: string, key: string, what: string, body: unknown): Promise<Buffer> => {
    const path = `/keys/${key}//${what}?api-version=2025-07-01`
    const token = await tokenFor(host.split('.').slice(1).join('.'))
    const { value = '' } = await send(host, path, 'application/json', JSON.stringify(body), token)
    return Buffer.from(value, 'base64url')
  }
}
