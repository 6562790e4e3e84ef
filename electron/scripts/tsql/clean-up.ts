import { providerKey } from '../../../shared/model/host-calls.ts'
import type { Script } from '../../../shared/model/script.ts'
import {
  createAsymmetricKey,
  createProvider,
  mapCredential,
  switchProvider,
  unmapCredential,
  type ServerKey,
} from './ekm.ts'
import { queryText, script, text, tsql } from './fragment.ts'

/** Ways back of a clean-up, and reads that no other job has. What drops is in `ekm.ts`. */

/** Whose login opens the key again: the connector signs in with the credential of the login that asks. */
export interface Setup {
  login: string
  credential: string
}

const inOrder = (...scripts: readonly Script[]): Script =>
  script({
    fragment: scripts.flatMap(({ parts }, index) => (index === 0 ? parts : ['\n', ...parts])),
  })

/**
 * The way back of DROP ASYMMETRIC KEY: the same version of the same key in the vault, OPEN_EXISTING as always. The login
 * holds the credential for as long as that takes; null: it holds one already.
 */
export const reopenAsymmetricKey = (key: ServerKey, setup: Setup | null): Script =>
  setup === null
    ? createAsymmetricKey(key)
    : inOrder(
        mapCredential(setup.login, setup.credential),
        createAsymmetricKey(key),
        unmapCredential(setup.login, setup.credential),
      )

/** The way back of DROP CRYPTOGRAPHIC PROVIDER, disabled where it was. */
export const providerAsItWas = (provider: string, library: string, enabled: boolean): Script =>
  enabled
    ? createProvider(provider, library)
    : inOrder(createProvider(provider, library), switchProvider(provider, 'DISABLE'))

/** Logins that were made from asymmetric keys, with their sids. */
export const keyLoginSids = (): string =>
  queryText(tsql`SELECT l.name AS login, l.sid AS sid
FROM sys.server_principals AS l
WHERE l.type = 'K'
ORDER BY l.name;`)

/** Keys below that of the connector in the registry; 22001 where it is not there. sysadmin, or EXECUTE on the procedure. */
export const registryKeys = (): string =>
  queryText(tsql`EXEC master.dbo.xp_instance_regenumkeys N'HKEY_LOCAL_MACHINE', ${text(providerKey)};`)
