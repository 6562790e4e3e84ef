import { cloudHosts, vaultPlaceOf, type AzureCloud } from '../../../shared/model/azure.ts'
import type { Script, SecretHole } from '../../../shared/model/script.ts'
import { runValue, runValues } from './directory.ts'
import { address, rest, restForm, segment, type AddressPart } from './rest.ts'

/** Calls of a key vault or managed HSM about its keys. */

/** Hole of the application's secret in the sign-in. */
export const secretHole = 'application_secret'

const version = 'api-version=2025-07-01'
const keyAt = (host: string, key: string): AddressPart =>
  address`${segment(host)}/keys/${segment(key, 'keyName')}`

export const postKey = (
  host: string,
  key: string,
  request: {
    type: 'RSA' | 'RSA-HSM'
    bits: number
    expires: string | null
    tags: Readonly<Record<string, string>>
    /** Absent: what Azure gives a key of that type. */
    uses?: readonly string[]
  },
): Script =>
  rest(
    'post',
    { address: [...keyAt(host, key).address, `/create?${version}`] },
    {
      kty: request.type,
      key_size: request.bits,
      ...(request.uses === undefined ? {} : { key_ops: request.uses }),
      attributes: expiryOf(request.expires),
      tags: request.tags,
    },
  )

const numbers = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const

/** The numbers of the private key stand as holes: they are read from the file in the step, and go nowhere else. */
export const putKey = (
  host: string,
  key: string,
  request: {
    type: 'RSA' | 'RSA-HSM'
    expires: string | null
    tags: Readonly<Record<string, string>>
  },
): Script =>
  rest(
    'put',
    { address: [...keyAt(host, key).address, `?${version}`] },
    {
      Hsm: request.type === 'RSA-HSM',
      key: {
        kty: request.type,
        ...Object.fromEntries(numbers.map((number) => [number, runValue(`private_key_${number}`)])),
      },
      attributes: expiryOf(request.expires),
      tags: request.tags,
    },
  )

/** A transfer file goes as it is; it is read from the person's folder in the step. */
export const putTransferFile = (host: string, key: string, tags: Readonly<Record<string, string>>): Script =>
  rest(
    'put',
    { address: [...keyAt(host, key).address, `?${version}`] },
    { Hsm: true, key: { kty: 'RSA-HSM', key_hsm: runValue('transfer_file') }, attributes: {}, tags },
  )

/** The backup names the key itself. */
export const postKeyRestore = (host: string): Script =>
  rest('post', address`${segment(host)}/keys/restore?${{ address: [version] }}`, {
    value: runValue('backup_file'),
  })

const expiryOf = (expires: string | null) =>
  expires === null ? {} : { exp: Math.floor(Date.parse(expires) / 1000) }

export const deleteKey = (host: string, key: string): Script =>
  rest('delete', { address: [...keyAt(host, key).address, `?${version}`] })

export const postKeyBackup = (host: string, key: string): Script =>
  rest('post', { address: [...keyAt(host, key).address, `/backup?${version}`] })

/** Signs in as the application: `application` null is the one that the run registers. */
export const postSignIn = (
  cloud: AzureCloud,
  tenant: string,
  application: string | null,
  host: string,
): Script => {
  const secret: SecretHole = { hole: secretHole, purpose: 'ekm.client-secret' }
  return restForm(
    address`${{ address: [cloudHosts[cloud].authority] }}/${segment(tenant)}/oauth2/v2.0/token`,
    [
      ['grant_type', 'client_credentials'],
      ['client_id', application ?? runValue(runValues.application)],
      ['client_secret', secret],
      ['scope', `https://${audienceOf(host)}/.default`],
    ],
  )
}

/** What a token for this vault is for: the cloud's suffix without the vault's name. */
const audienceOf = (host: string): string => {
  const place = vaultPlaceOf(host)
  if (place === null) return host.split('.').slice(1).join('.')
  const hosts = cloudHosts[place.cloud]
  return place.service === 'vault' ? hosts.vault : hosts.managedHsm
}

const randomHole = runValue('random_bytes')
const wrappedHole = runValue('wrapped_bytes')

/** Wrapping and unwrapping of 32 random bytes, as the connector does it with a database key. */
export const postProbe = (host: string, key: string, keyVersion: string | null): Script[] => {
  const at = (what: string): AddressPart => ({
    address: [
      ...keyAt(host, key).address,
      '/',
      ...(keyVersion === null ? [runValue('key_version')] : segment(keyVersion).address),
      `/${what}?${version}`,
    ],
  })
  return [
    rest('post', at('wrapkey'), { alg: 'RSA-OAEP-256', value: randomHole }),
    rest('post', at('unwrapkey'), { alg: 'RSA-OAEP-256', value: wrappedHole }),
  ]
}
