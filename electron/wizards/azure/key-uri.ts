/** Where a key of a vault is: host, name and version. */
export interface KeyPlace {
  host: string
  key: string
  /** Null: the newest one. */
  version: string | null
}

/** `https://host/keys/name[/version]`, as the connector notes it; null: nothing that leads to a key. */
export const keyPlaceOf = (uri: string): KeyPlace | null => {
  if (!URL.canParse(uri)) return null
  const { hostname, pathname } = new URL(uri)
  const [, kind, key, version] = pathname.split('/')
  if (kind?.toLowerCase() !== 'keys' || key === undefined || key === '') return null
  return {
    host: hostname.toLowerCase(),
    key,
    version: version === undefined || version === '' ? null : version.toLowerCase(),
  }
}

/** Azure compares names of keys and versions without case. */
export const samePlace = (one: KeyPlace, other: KeyPlace): boolean =>
  one.host === other.host &&
  one.key.toLowerCase() === other.key.toLowerCase() &&
  one.version === other.version

/** `ktr-tde, version 1a2b3c4d…`: what a person tells versions apart by. */
export const placeText = ({ key, version }: KeyPlace): string =>
  version === null ? `${key}, version not noted` : `${key}, version ${version}`
