/** Which service answers under a host name. Clouds and their suffixes: public, US Government, 21Vianet. */

export type Cloud = 'public' | 'usgov' | 'china'
export type Service = 'entra' | 'graph' | 'arm' | 'vault' | 'hsm' | 'blob'

export interface KnownHost {
  service: Service
  cloud: Cloud
  /** First label, for services that have one host for each resource. */
  name: string
}

const FIXED: readonly (readonly [string, Service, Cloud])[] = [
  ['login.microsoftonline.com', 'entra', 'public'],
  ['login.microsoftonline.us', 'entra', 'usgov'],
  ['login.partner.microsoftonline.cn', 'entra', 'china'],
  ['graph.microsoft.com', 'graph', 'public'],
  ['graph.microsoft.us', 'graph', 'usgov'],
  ['microsoftgraph.chinacloudapi.cn', 'graph', 'china'],
  ['management.azure.com', 'arm', 'public'],
  ['management.usgovcloudapi.net', 'arm', 'usgov'],
  ['management.chinacloudapi.cn', 'arm', 'china'],
]

const SUFFIXES: readonly (readonly [string, Service, Cloud])[] = [
  ['vault.azure.net', 'vault', 'public'],
  ['vault.usgovcloudapi.net', 'vault', 'usgov'],
  ['vault.azure.cn', 'vault', 'china'],
  ['managedhsm.azure.net', 'hsm', 'public'],
  ['managedhsm.usgovcloudapi.net', 'hsm', 'usgov'],
  ['managedhsm.azure.cn', 'hsm', 'china'],
  ['blob.core.windows.net', 'blob', 'public'],
  ['blob.core.usgovcloudapi.net', 'blob', 'usgov'],
  ['blob.core.chinacloudapi.cn', 'blob', 'china'],
]

/** What the server's certificate is good for. */
export const CERTIFICATE_NAMES: readonly string[] = [
  ...FIXED.map(([host]) => host),
  ...SUFFIXES.map(([suffix]) => `*.${suffix}`),
  'localhost',
  '127.0.0.1',
]

/** `Host` header without port, lower case. */
export const hostName = (header: string | undefined): string =>
  (header ?? '').toLowerCase().replace(/:\d+$/, '')

export const knownHost = (host: string): KnownHost | null => {
  const fixed = FIXED.find(([name]) => name === host)
  if (fixed) return { service: fixed[1], cloud: fixed[2], name: '' }
  const dot = host.indexOf('.')
  if (dot < 1) return null
  const suffixed = SUFFIXES.find(([suffix]) => suffix === host.slice(dot + 1))
  return suffixed ? { service: suffixed[1], cloud: suffixed[2], name: host.slice(0, dot) } : null
}

/** Audience of a token for this service in its cloud; Resource Manager has a second, older one. */
export const audiencesOf = ({ service, cloud }: KnownHost): readonly string[] => {
  const suffix = (kind: Service): string => SUFFIXES.find(([, s, c]) => s === kind && c === cloud)?.[0] ?? ''
  const fixed = (kind: Service): string => FIXED.find(([, s, c]) => s === kind && c === cloud)?.[0] ?? ''
  switch (service) {
    case 'vault':
    case 'hsm':
      return [`https://${suffix(service)}`]
    case 'blob':
      return ['https://storage.azure.com']
    case 'arm':
      return [
        `https://${fixed('arm')}`,
        cloud === 'public' ? 'https://management.core.windows.net' : `https://${fixed('arm')}`,
      ]
    case 'graph':
      return [`https://${fixed('graph')}`, '00000003-0000-0000-c000-000000000000']
    case 'entra':
      return []
  }
}

export const authorityOf = (cloud: Cloud): string =>
  FIXED.find(([, s, c]) => s === 'entra' && c === cloud)?.[0] ?? ''
