import type { Script } from '../../../shared/model/script.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import * as ekm from '../../../electron/scripts/tsql/ekm.ts'
import { createDatabaseKey, setEncryption } from '../../../electron/scripts/tsql/tde.ts'
import { CONNECTOR_PATH } from '../../../sandbox/sqlserver/engine/ekm/library.ts'
import type { EkmWorld } from './ekm-servers.ts'
import { runAll } from './simulated.ts'
import type { SharingServer } from './simulated-servers.ts'

/** A server with everything that a database key in a vault needs: `AKV`, `tde_cred`, `tde` and its login. */
export interface Chain {
  server: SharingServer
  /** Hex, upper case. */
  thumbprintOf(key: string): Promise<string>
  /** TDE on, and its scan at its end. */
  encrypt(database: string, key: string): Promise<void>
  decrypt(database: string): Promise<void>
  /** Another key of the same vault with a login and a credential of its own, and the database's key under it. */
  changeTo(database: string, key: string, vaultKey: string): Promise<void>
}

export const ekmChain = async (place: EkmWorld, name: string): Promise<Chain> => {
  const server = await place.start(name)
  const { host, application } = place
  const secrets = new Map([[ekm.ekmSecretHole, SecretBytes.fromText(application.secret)]])
  const send = async (...scripts: Script[]): Promise<void> => runAll(await server.open(), scripts, secrets)
  const credential = (named: string): Script =>
    ekm.createEkmCredential({ name: named, provider: 'AKV', host, clientId: application.clientId })
  const made = (key: string, vaultKey: string, from: string): Script[] => [
    ekm.mapCredential('keyturn', from),
    ekm.createAsymmetricKey({ name: key, provider: 'AKV', vaultKey, version: null }),
    ekm.createKeyLogin(`${key}_login`, key),
    ekm.unmapCredential('keyturn', from),
    ekm.mapCredential(`${key}_login`, from),
  ]
  const settled = async (database: string, state: number): Promise<void> => {
    for (;;) {
      const [row] = await server.rows(
        `SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = N'${database}'`,
      )
      if (Number(row?.['state'] ?? 0) === state) return
    }
  }
  await send(
    ekm.enableEkm(false),
    ekm.createProvider('AKV', CONNECTOR_PATH),
    credential('tde_cred'),
    ...made('tde', 'ktr-tde-sql01', 'tde_cred'),
  )
  return {
    server,
    thumbprintOf: async (key) => {
      const [row] = await server.rows(
        `SELECT thumbprint FROM master.sys.asymmetric_keys WHERE name = N'${key}'`,
      )
      const bytes = row?.['thumbprint']
      if (!(bytes instanceof Uint8Array)) throw new Error(`no key ${key}`)
      return Buffer.from(bytes).toString('hex').toUpperCase()
    },
    encrypt: async (database, key) => {
      await send(
        createDatabaseKey(database, 'AES_256', { asymmetricKey: key }),
        setEncryption(database, 'ON'),
      )
      await settled(database, 3)
    },
    decrypt: async (database) => {
      await send(setEncryption(database, 'OFF'))
      await settled(database, 1)
    },
    changeTo: async (database, key, vaultKey) => {
      await send(credential(`${key}_cred`), ...made(key, vaultKey, `${key}_cred`))
      await server.run(
        `USE [${database}]; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY ${key}; USE master`,
      )
      await settled(database, 3)
    },
  }
}
