import { createHash } from 'node:crypto'
import { OsError } from '../disk.ts'
import type { ServerDisk } from '../disk.ts'
import { installConnector } from '../engine/ekm/host.ts'
import { CONNECTOR_PATH, libraryAt } from '../engine/ekm/library.ts'
import type { Instance } from '../engine/instance.ts'

/** Where a rehearsal's computers keep setup packages of the connector. */
export const SETUP_FOLDER = 'C:\\ktr-setup'
/** File versions: 1.0.4.0, the first 1.0.5.0, that of September 2020, and the last one that was seen. */
export const SETUP_VERSIONS = ['13.0.811.168', '15.0.300.96', '15.0.2000.367', '15.0.2000.440'] as const
export const CONNECTOR_NAME = 'SQL Server Connector for Microsoft Azure Key Vault'
export const PUBLISHER = 'Microsoft Corporation (simulated)'

const FIRST_LINE = 'Keyturn rehearsal setup. Not a package of Microsoft, no code in it.\n'
const LONGEST = 4096

export const setupPath = (version: string): string =>
  `${SETUP_FOLDER}\\SQLServerConnectorforMicrosoftAzureKeyVault_${version}.msi`

/** Puts the packages there that are missing, or that a kill left half written. */
export function placeSetupPackages(disk: ServerDisk): void {
  disk.makeFolder(SETUP_FOLDER)
  for (const version of SETUP_VERSIONS) {
    const bytes = Buffer.from(`${FIRST_LINE}${JSON.stringify({ version })}\n`, 'utf8')
    const there = disk.resolve(setupPath(version), SETUP_FOLDER)
    if (there.exists && disk.readFile(there.shown, SETUP_FOLDER, LONGEST).equals(bytes)) continue
    if (there.exists) disk.remove(there)
    disk.placeFile(setupPath(version), bytes)
  }
}

/** Each version is a product of its own. Ours. */
export function productCode(version: string): string {
  const hex = createHash('sha256').update(`connector ${version}`).digest('hex').toUpperCase()
  return `{${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')}}`
}

/** What msiexec ends with. */
export const EXIT = {
  done: 0,
  /** The product is not installed. */
  unknownProduct: 1605,
  noSuchFile: 1619,
  notAPackage: 1620,
  /** Another version is there: it is uninstalled first. */
  otherVersion: 1638,
  /** Done, but a library is in use. */
  restart: 3010,
} as const

/** Runs a package of the simulated disk. */
export function installPackage(instance: Instance, path: string): number {
  if (instance.disk.kindOf(path) !== 'file') return EXIT.noSuchFile
  const bytes = instance.disk.readFile(path, SETUP_FOLDER, LONGEST)
  const version = versionIn(bytes.toString('utf8'))
  if (version === undefined) return EXIT.notAPackage
  const there = libraryAt(instance.disk, CONNECTOR_PATH)
  if (there !== undefined && there.version !== version) return EXIT.otherVersion
  const inUse = instance.ekm.isLoaded
  installConnector(instance, { version, signed: true, runtime: there?.runtime ?? true })
  return inUse ? EXIT.restart : EXIT.done
}

export function uninstallPackage(instance: Instance, code: string): number {
  const there = libraryAt(instance.disk, CONNECTOR_PATH)
  if (there === undefined || productCode(there.version) !== code.toUpperCase()) return EXIT.unknownProduct
  const inUse = instance.ekm.isLoaded
  installConnector(instance, null)
  return inUse ? EXIT.restart : EXIT.done
}

function versionIn(text: string): string | undefined {
  if (!text.startsWith(FIRST_LINE)) return undefined
  try {
    const { version } = JSON.parse(text.slice(FIRST_LINE.length)) as { version?: unknown }
    return SETUP_VERSIONS.find((one) => one === version)
  } catch {
    return undefined
  }
}

export interface Installed {
  name: string
  version: string
  publisher: string
  productCode: string
  is64Bit: boolean
}

export function installedConnectors({ disk }: Instance): Installed[] {
  const there = libraryAt(disk, CONNECTOR_PATH)
  return there === undefined
    ? []
    : [
        {
          name: CONNECTOR_NAME,
          version: there.version,
          publisher: PUBLISHER,
          productCode: productCode(there.version),
          is64Bit: true,
        },
      ]
}

/** The runtime is there unless a connector was put there that misses it. */
export const installedRuntimes = ({ disk }: Instance): Installed[] =>
  libraryAt(disk, CONNECTOR_PATH)?.runtime === false
    ? []
    : [
        {
          name: 'Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.40.33810',
          version: '14.40.33810.0',
          publisher: PUBLISHER,
          productCode: productCode('runtime'),
          is64Bit: true,
        },
      ]

export const isMissing = (error: unknown): boolean =>
  error instanceof OsError && (error.code === 2 || error.code === 3)
