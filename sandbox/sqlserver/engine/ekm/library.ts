import { OsError } from '../../disk.ts'
import type { ServerDisk } from '../../disk.ts'

/** Where the connector's setup puts it unless a person chooses another folder. */
export const CONNECTOR_FOLDER = 'C:\\Program Files\\SQL Server Connector for Microsoft Azure Key Vault'
export const CONNECTOR_PATH = `${CONNECTOR_FOLDER}\\Microsoft.AzureKeyVaultService.EKM.dll`

/** What tells the library of one provider from that of another. Ours: the connector's own is not documented. */
export const CONNECTOR_GUID = '5E1A0B7C-3D46-4F0B-9B7C-6B7A64616B76'

const FIRST_LINE = 'Keyturn rehearsal connector. Not a library of Microsoft, no code in it.\n'
const LONGEST = 4096

export interface ConnectorLibrary {
  /** File version, as Windows shows it: 15.0.2000.440. */
  version: string
  /** Whether its Authenticode signature is one that Windows trusts. */
  signed: boolean
  /** Whether the Visual C++ runtime that it needs is installed. */
  runtime: boolean
}

export type LibraryProblem = 'cannot-load' | 'not-signed' | 'no-provider'

export const libraryBytes = (library: ConnectorLibrary): Buffer =>
  Buffer.from(`${FIRST_LINE}${JSON.stringify(library)}\n`, 'utf8')

/** What the service finds when it loads the library. */
export function loadLibrary(disk: ServerDisk, path: string): ConnectorLibrary | LibraryProblem {
  let bytes: Buffer
  try {
    bytes = disk.readFile(path, CONNECTOR_FOLDER, LONGEST)
  } catch (error) {
    if (error instanceof OsError) return 'cannot-load'
    throw error
  }
  const library = libraryIn(bytes.toString('utf8'))
  if (library === undefined || !library.signed) return 'not-signed'
  return library.runtime ? library : 'cannot-load'
}

/** What is at a path, whoever may load it; undefined: no library of a connector. */
export function libraryAt(disk: ServerDisk, path: string): ConnectorLibrary | undefined {
  try {
    return libraryIn(disk.readFile(path, CONNECTOR_FOLDER, LONGEST).toString('utf8'))
  } catch (error) {
    if (error instanceof OsError) return undefined
    throw error
  }
}

export function libraryIn(text: string): ConnectorLibrary | undefined {
  if (!text.startsWith(FIRST_LINE)) return undefined
  try {
    const { version, signed, runtime } = JSON.parse(
      text.slice(FIRST_LINE.length),
    ) as Partial<ConnectorLibrary>
    return typeof version === 'string'
      ? { version, signed: signed === true, runtime: runtime === true }
      : undefined
  } catch {
    // A setup that was killed in the middle.
    return undefined
  }
}

const parts = (version: string): number[] => version.split('.').map(Number)

function atLeast(version: string, wanted: string): boolean {
  const [have, need] = [parts(version), parts(wanted)]
  for (let i = 0; i < need.length; i += 1) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** Thumbprints are made in one way up to 1.0.4.0 and in another one from 1.0.5.0 (file version 15.0.300.96). */
export const generationOf = (version: string): 1 | 2 => (atLeast(version, '15.0.300.96') ? 2 : 1)

/** From September 2020 a connector asks again after 429 and 5xx. */
export const asksAgain = (version: string): boolean => atLeast(version, '15.0.2000.367')

/** From November 2020: RSA 3072, `name/version`, managed HSMs. */
export const isOfNovember2020 = (version: string): boolean => atLeast(version, '15.0.2000.440')
