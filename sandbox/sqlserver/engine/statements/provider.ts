import type { Cursor } from '../../sql/cursor.ts'
import type { CryptographicProviderRecord } from '../../state/ekm-model.ts'
import { assertEkm } from '../ekm/features.ts'
import { CONNECTOR_GUID, loadLibrary } from '../ekm/library.ts'
import type { ConnectorLibrary } from '../ekm/library.ts'
import { SqlError, cannotFind } from '../errors.ts'
import { same } from '../permissions.ts'
import type { Frame, StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { requireServer } from './common.ts'

const HEAD = ['CRYPTOGRAPHIC', 'PROVIDER'] as const
const LONGEST_PATH = 256

/** FROM FILE = 'path' */
function fromFile(c: Cursor): string {
  c.expectWords('FROM', 'FILE')
  c.expectSymbol('=')
  return c.expectString()
}

/** Loads the library as the service account; each refusal has a number of its own. */
function library({ instance }: Session, path: string): ConnectorLibrary {
  const loaded = path.length > LONGEST_PATH ? 'cannot-load' : loadLibrary(instance.disk, path)
  if (loaded === 'cannot-load')
    throw new SqlError(33027, `Cannot load library '${path}'. See errorlog for more information.`)
  if (loaded === 'not-signed')
    throw new SqlError(33081, `Failed to verify Authenticode signature on DLL '${path}'.`)
  if (loaded === 'no-provider')
    throw new SqlError(
      33085,
      `One or more methods cannot be found in cryptographic provider library '${path}'.`,
    )
  return loaded
}

export function providerNamed(
  { instance }: Session,
  name: string,
  verb: string,
): CryptographicProviderRecord {
  const provider = instance.store.providers.find((candidate) => same(candidate.name, name))
  if (provider === undefined) throw cannotFind(verb, 'cryptographic provider', name)
  return provider
}

const create: StatementHandler = {
  head: ['CREATE', ...HEAD],
  parse(c) {
    const name = c.expectName()
    const path = fromFile(c)
    return {
      async run({ session }) {
        requireServer(session, 'CONTROL SERVER')
        assertEkm(session.instance)
        const { store } = session.instance
        if (store.providers.find((candidate) => same(candidate.name, name)) !== undefined)
          throw new SqlError(15530, `The cryptographic provider with name "${name}" already exists.`)
        const { version } = library(session, path)
        if (store.providers.find((candidate) => candidate.guid === CONNECTOR_GUID) !== undefined)
          throw new SqlError(33026, `Cryptographic provider with GUID '${CONNECTOR_GUID}' already exists.`)
        session.change(() => {
          const providerId = store.nextNumber('cryptographic-provider', 65_536)
          store.providers.put({
            id: String(providerId),
            providerId,
            name,
            guid: CONNECTOR_GUID,
            version,
            libraryPath: path,
            enabled: true,
          })
        })
        return null
      },
    }
  },
}

const alter: StatementHandler = {
  head: ['ALTER', ...HEAD],
  parse(c) {
    const name = c.expectName()
    const state = c.takeWord('ENABLE', 'DISABLE')
    const path = state === undefined ? fromFile(c) : undefined
    return {
      async run(frame) {
        const { session } = frame
        requireServer(session, 'CONTROL SERVER')
        assertEkm(session.instance)
        const provider = providerNamed(session, name, 'alter')
        const { store } = session.instance
        const changed =
          path === undefined
            ? { ...provider, enabled: state === 'ENABLE' }
            : { ...provider, libraryPath: path, version: library(session, path).version }
        session.change(() => store.providers.put(changed))
        if (state === 'DISABLE') await sessionsGoOn(frame, provider, 33057, 'disabled', 'disable')
        return null
      },
    }
  },
}

/** Whoever has a session with the vault keeps it until the service restarts. */
async function sessionsGoOn(
  { session, sink }: Frame,
  { providerId }: CryptographicProviderRecord,
  number: 33057 | 33058,
  done: string,
  doing: string,
): Promise<void> {
  if (!session.instance.ekm.hasSessions(providerId)) return
  await session.info(
    sink,
    number,
    `Cryptographic provider is now ${done}. However users who have an open cryptographic session with the provider can still use it. Restart the server to ${doing} the provider for all users.`,
    10,
  )
}

const drop: StatementHandler = {
  head: ['DROP', ...HEAD],
  parse(c) {
    const name = c.expectName()
    return {
      async run(frame) {
        const { session } = frame
        requireServer(session, 'CONTROL SERVER')
        const { store } = session.instance
        const provider = providerNamed(session, name, 'drop')
        const mapped = store.loginCredentials
          .all()
          .some(
            ({ credentialId }) =>
              store.credentials.get(String(credentialId))?.providerId === provider.providerId,
          )
        if (mapped)
          throw new SqlError(
            33044,
            `Cannot drop cryptographic provider '${provider.name}' because it is referenced by a credential of a login.`,
          )
        session.change(() => store.providers.delete(provider.id))
        await sessionsGoOn(frame, provider, 33058, 'dropped', 'drop')
        return null
      },
    }
  },
}

export const PROVIDER_STATEMENTS: readonly StatementHandler[] = [create, alter, drop]
