import { vaultPlaceOf } from '../../shared/model/azure.ts'
import type { ProviderKeyFact } from '../wizards/sqlserver/ekm-facts.ts'
import { hostOfCredential } from '../wizards/sqlserver/ekm-links.ts'
import type { Read } from '../wizards/sqlserver/facts-model.ts'
import type { DoctorFacts, HostFacts } from './facts-model.ts'
import { credentialsOf, keysOf } from './of-connector.ts'

/** `https://<vault>/keys/<name>[/<version>]` in its parts; null: it is none. */
export interface KeyAddress {
  host: string
  name: string
  version: string | null
}

export const keyAddressOf = (uri: string): KeyAddress | null => {
  if (!URL.canParse(uri)) return null
  const { protocol, hostname, pathname } = new URL(uri)
  const [, kind, name, version, ...more] = pathname.replace(/\/$/, '').split('/')
  const host = hostname.toLowerCase()
  if (protocol !== 'https:' || kind !== 'keys' || !name || more.length > 0) return null
  return vaultPlaceOf(host) === null ? null : { host, name, version: version ?? null }
}

/** Where a key is, as the registry of the server says: asked through SQL Server, else on the host. */
export const placeOf = (key: ProviderKeyFact, host: HostFacts): Read<string | null> => {
  if (key.place.read && key.place.value !== null) return key.place
  const registry = host.parts?.registry
  if (registry === undefined || !registry.read) return key.place
  const { source, at } = registry
  return { read: true, value: uriIn(registry.value, key.thumbprint), source, at }
}

type Registry = Extract<NonNullable<HostFacts['parts']>['registry'], { read: true }>['value']

const uriIn = (registry: Registry, thumbprint: string): string | null => {
  const ending = `\\${thumbprint.toLowerCase()}`
  const found = registry?.keys.find(({ key }) => key.toLowerCase().endsWith(ending))
  return found?.values.find(({ name }) => name.toLowerCase() === 'keyuri')?.data ?? null
}

/** Hosts of vaults that credentials of the connector or places of its keys name, each once. */
export const vaultHostsOf = ({ ekm, host }: Pick<DoctorFacts, 'ekm' | 'host'>): string[] => {
  const [credentials, keys] = [credentialsOf(ekm), keysOf(ekm)]
  const named = credentials.read
    ? credentials.value.flatMap((credential) => hostOfCredential(credential) ?? [])
    : []
  const placed = keys.read
    ? keys.value.flatMap((key) => {
        const place = placeOf(key, host)
        return place.read && place.value !== null ? (keyAddressOf(place.value)?.host ?? []) : []
      })
    : []
  return [...new Set([...named, ...placed])].toSorted()
}
