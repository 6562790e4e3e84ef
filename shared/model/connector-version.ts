/** Versions of SQL Server's connector as its library has them: four numbers. */

/** From this one on thumbprints have 20 bytes and belong to the key; before they were made from its name. */
export const firstOfSecondGeneration = '15.0.300.96'
/** The last one without support. */
export const lastUnsupported = '1.0.0.440'
/** The newest one that documentation names. */
export const newestKnown = '15.0.2000.440'

/** The four numbers; null: not a version of that form. */
export const versionParts = (version: string): readonly number[] | null => {
  const text = version.trim()
  return /^\d{1,9}(\.\d{1,9}){3}$/.test(text) ? text.split('.').map(Number) : null
}

/** Below 0: the first is older. Null: one of them has not the form of a version. */
export const compareVersions = (one: string, other: string): number | null => {
  const [a, b] = [versionParts(one), versionParts(other)]
  if (a === null || b === null) return null
  for (const [index, part] of a.entries()) {
    const difference = part - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export type ConnectorGeneration = 1 | 2

/** Null: the version has not the form of one. */
export const generationOfVersion = (version: string): ConnectorGeneration | null => {
  const order = compareVersions(version, firstOfSecondGeneration)
  return order === null ? null : order < 0 ? 1 : 2
}

/** Hexadecimal digits of a thumbprint of the second generation. */
const digitsOfSecond = 40
/** Six bits for each of 26 characters fill 20 bytes too. */
const ambiguousName = 26

/**
 * By which connectors a thumbprint (hex) was made: fewer than 20 bytes come from a name. A name of 26 characters has as
 * many, so that with `keyName` of that length, or without one, 20 bytes say nothing: null.
 */
export const generationOfThumbprint = (
  thumbprint: string,
  keyName: string | null,
): ConnectorGeneration | null => {
  if (!/^[0-9A-Fa-f]+$/.test(thumbprint)) return null
  if (thumbprint.length !== digitsOfSecond) return 1
  return keyName !== null && keyName.length !== ambiguousName ? 2 : null
}

export const generationWords: Readonly<Record<ConnectorGeneration, string>> = {
  1: 'connectors before 1.0.5.0 (15.0.300.96)',
  2: 'connectors from 1.0.5.0 (15.0.300.96) on',
}
