import { existsSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { HsmModuleChoice, HsmModulePin } from '../../shared/model/hsm.ts'
import { newIdText, systemRandom } from '../platform/random.ts'
import { hsmModuleVariables, type HsmModuleFacts, type HsmModuleRef } from '../ports/hsm.ts'
import { createFolderPicker, type FolderPicker } from './folder-picker.ts'

/**
 * Modules that may be chosen: those in places where vendors put them, and files that a person picked. The window names
 * them by ids that mean nothing elsewhere; it never gives a path.
 */
export interface HsmModules {
  /** Those that are there. */
  known(): readonly HsmModuleChoice[]
  readonly picker: FolderPicker
  /** A file that was picked. */
  add(path: string): HsmModuleChoice
  /** `not-found` for an id that main did not give. */
  choice(id: string): HsmModuleChoice
  /** What a look at the file gave; kept until it is looked at again. */
  looked(id: string, facts: HsmModuleFacts): void
  /** The file as it was looked at; `hsm-module-not-looked-at` where nobody did. */
  pinOf(id: string): HsmModulePin
  refOf(id: string): HsmModuleRef
}

/** Where vendors' installers put their 64-bit modules. Whoever has another place picks the file. */
export const knownPlaces: readonly (readonly [product: string, path: string])[] = [
  ['SoftHSM', '/usr/lib/softhsm/libsofthsm2.so'],
  ['SoftHSM', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'],
  ['SoftHSM', '/usr/lib64/pkcs11/libsofthsm2.so'],
  ['SoftHSM', '/opt/homebrew/lib/softhsm/libsofthsm2.so'],
  ['SoftHSM', 'C:\\SoftHSM2\\lib\\softhsm2-x64.dll'],
  ['Thales Luna', '/usr/safenet/lunaclient/lib/libCryptoki2_64.so'],
  ['Thales Luna', 'C:\\Program Files\\SafeNet\\LunaClient\\cryptoki.dll'],
  ['Entrust nShield', '/opt/nfast/toolkits/pkcs11/libcknfast.so'],
  ['Entrust nShield', 'C:\\Program Files\\nCipher\\nfast\\toolkits\\pkcs11\\cknfast.dll'],
  ['Utimaco', '/usr/lib/libcs_pkcs11_R3.so'],
  ['Utimaco', 'C:\\Program Files\\Utimaco\\CryptoServer\\Lib\\cs_pkcs11_R3.dll'],
  ['YubiHSM', '/usr/lib/x86_64-linux-gnu/pkcs11/yubihsm_pkcs11.so'],
  ['YubiHSM', 'C:\\Program Files\\Yubico\\YubiHSM Shell\\bin\\pkcs11\\yubihsm_pkcs11.dll'],
  ['AWS CloudHSM', '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so'],
  ['OpenSC', '/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so'],
  ['OpenSC', 'C:\\Program Files\\OpenSC Project\\OpenSC\\pkcs11\\opensc-pkcs11.dll'],
]

const moduleFile = /\.(so(\.\d+)*|dll|dylib)$/i
const mostChosen = 200

export const createHsmModules = (
  environment: NodeJS.ProcessEnv = process.env,
  places: typeof knownPlaces = knownPlaces,
  start: string = process.platform === 'win32' ? 'C:\\Program Files' : '/usr/lib',
): HsmModules => {
  const chosen = new Map<string, HsmModuleChoice & { facts: HsmModuleFacts | null }>()
  const remember = (path: string, product: string | null): HsmModuleChoice => {
    const before = [...chosen.values()].find((one) => one.path === path)
    if (before !== undefined) return shown(before)
    const oldest = chosen.keys().next()
    if (chosen.size >= mostChosen && !oldest.done) chosen.delete(oldest.value)
    const id = `m-${newIdText(systemRandom)}`
    chosen.set(id, { id, path, product, facts: null })
    return { id, path, product }
  }
  const entry = (id: string): HsmModuleChoice & { facts: HsmModuleFacts | null } => {
    const found = chosen.get(id)
    if (found === undefined) throw new KeyturnError('not-found', { what: 'This module' })
    return found
  }
  const pinOf = (id: string): HsmModulePin => {
    const { path, facts } = entry(id)
    if (facts === null) throw new KeyturnError('hsm-module-not-looked-at', { path })
    return { path, sha256: facts.sha256, owner: facts.owner, configuration: configurationIn(environment) }
  }
  return {
    known: () =>
      places.filter(([, path]) => existsSync(path)).map(([product, path]) => remember(path, product)),
    picker: createFolderPicker(existsSync(start) ? start : dirname(process.execPath), (name) =>
      moduleFile.test(name),
    ),
    add: (path) => remember(path, null),
    choice: (id) => shown(entry(id)),
    looked: (id, facts) => void chosen.set(id, { ...entry(id), facts }),
    pinOf,
    refOf: (id) => {
      const { path, sha256, configuration } = pinOf(id)
      return { path, sha256, configuration }
    },
  }
}

const shown = ({ id, path, product }: HsmModuleChoice): HsmModuleChoice => ({ id, path, product })

/** What Keyturn was started with of the variables that name modules' settings. */
export const configurationIn = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    hsmModuleVariables.flatMap((name) => {
      const value = environment[name]
      return value !== undefined && isAbsolute(value) && value.length <= 1024 && !value.includes('\0')
        ? [[name, value]]
        : []
    }),
  )
