import { displayScript, type Script } from '../../../shared/model/script.ts'
import * as ekm from '../../../electron/scripts/tsql/ekm.ts'
import { providerAsItWas, reopenAsymmetricKey } from '../../../electron/scripts/tsql/clean-up.ts'
import { backupsBefore } from '../../../electron/scripts/tsql/key-needs-queries.ts'
import { credentialNamed, keyNamed, loginNamed } from '../../../electron/scripts/tsql/ekm-queries.ts'
import { changeProtector, createDatabaseKey } from '../../../electron/scripts/tsql/tde.ts'
import type { Case } from './properties.ts'

const shown = (script: Script): string => displayScript(script).replaceAll(/«\w+»/g, 'secret')
const clientId = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'
const host = 'my-vault.vault.azure.net'

const name = (build: (text: string) => Script, times = 1): Case => ({
  build: (text) => shown(build(text)),
  reads: 'name',
  times,
})
const literal = (build: (text: string) => Script, times = 1): Case => ({
  build: (text) => shown(build(text)),
  reads: 'literal',
  times,
})
const credential = { name: 'c', provider: 'p', host, clientId }
const key = { name: 'k', provider: 'p', vaultKey: 'v', version: null }

/** Places of statements and reads of extensible key management. A function, so that it is there when the list is made. */
export function ekmCases(): Record<string, Case> {
  return {
    'EKM: provider': name((text) => ekm.createProvider(text, 'l.dll')),
    'EKM: library': {
      ...literal((text) => ekm.createProvider('p', text)),
      takes: (text) => text.length > 0 && text.length <= 256,
    },
    'EKM: provider altered': name((text) => ekm.alterProvider(text, 'l.dll')),
    'EKM: provider switched': name((text) => ekm.switchProvider(text, 'DISABLE')),
    'EKM: provider dropped': name((text) => ekm.dropProvider(text)),
    'EKM: credential': name(
      (text) => ekm.createEkmCredential({ ...credential, name: text, provider: text }),
      2,
    ),
    'EKM: managed identity': name((text) => ekm.createManagedIdentityCredential(host, text)),
    'EKM: credential altered': name((text) => ekm.alterEkmCredential(text, 'v', clientId)),
    'EKM: identity': literal((text) => ekm.alterEkmCredential('c', text, clientId)),
    'EKM: credential dropped': name((text) => ekm.dropCredential(text)),
    'EKM: mapped': name((text) => ekm.mapCredential(text, text), 2),
    'EKM: unmapped': name((text) => ekm.unmapCredential(text, text), 2),
    'EKM: asymmetric key': name((text) => ekm.createAsymmetricKey({ ...key, name: text, provider: text }), 2),
    'EKM: key of the vault': {
      ...literal((text) => ekm.createAsymmetricKey({ ...key, vaultKey: text })),
      takes: (text) => /^[A-Za-z0-9-]{1,26}$/.test(text),
    },
    'EKM: key dropped': name((text) => ekm.dropAsymmetricKey(text)),
    'EKM: login of a key': name((text) => ekm.createKeyLogin(text, text), 2),
    'EKM: login dropped': name((text) => ekm.dropLogin(text)),
    'EKM: read credential': { build: credentialNamed, reads: 'literal', times: 1 },
    'EKM: read key': { build: keyNamed, reads: 'literal', times: 1 },
    'EKM: read login': { build: loginNamed, reads: 'literal', times: 1 },
    'Clean up: key opened again': name(
      (text) =>
        reopenAsymmetricKey({ ...key, name: text, provider: text }, { login: text, credential: text }),
      6,
    ),
    'Clean up: provider as it was': name((text) => providerAsItWas(text, 'l.dll', false), 2),
    'Clean up: library as it was': {
      ...literal((text) => providerAsItWas('p', text, true)),
      takes: (text) => text.length > 0 && text.length <= 256,
    },
    'Clean up: backups before a day': {
      build: (text) => backupsBefore(text, '2026-11-25'),
      reads: 'literal',
      times: 1,
    },
    'TDE: key under an asymmetric key': name(
      (text) => createDatabaseKey(text, 'AES_256', { asymmetricKey: text }),
      2,
    ),
    'TDE: asymmetric key as protector': name((text) => changeProtector(text, { asymmetricKey: text }), 2),
  }
}
