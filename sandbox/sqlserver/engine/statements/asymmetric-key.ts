import type { Cursor } from '../../sql/cursor.ts'
import { NOT_SUPPORTED } from '../ekm/failure.ts'
import { assertEkm } from '../ekm/features.ts'
import { cannotCreateKey, providerDisabled } from '../ekm/texts.ts'
import { SqlError, cannotFind, noPermissionForAction, notSimulated } from '../errors.ts'
import { same } from '../permissions.ts'
import type { StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { findServerKey, namedServerKey } from '../tde/protectors.ts'
import { requireDatabase } from './common.ts'
import { providerNamed } from './provider.ts'

const HEAD = ['ASYMMETRIC', 'KEY'] as const
const ALGORITHMS = ['RSA_512', 'RSA_1024', 'RSA_2048', 'RSA_3072', 'RSA_4096'] as const

interface KeyOptions {
  providerKey: string
  openExisting: boolean
  algorithm: boolean
}

function keyOptions(c: Cursor): KeyOptions {
  const options = { providerKey: '', openExisting: false, algorithm: false }
  do {
    const option = c.expectWord('PROVIDER_KEY_NAME', 'CREATION_DISPOSITION', 'ALGORITHM')
    c.expectSymbol('=')
    if (option === 'PROVIDER_KEY_NAME') options.providerKey = c.expectString()
    else if (option === 'ALGORITHM') options.algorithm = c.expectWord(...ALGORITHMS) !== ''
    else options.openExisting = c.expectWord('OPEN_EXISTING', 'CREATE_NEW') === 'OPEN_EXISTING'
  } while (c.takeSymbol(','))
  if (options.providerKey === '') c.fail()
  return options
}

const create: StatementHandler = {
  head: ['CREATE', ...HEAD],
  parse(c) {
    const line = c.line
    const name = c.expectName()
    if (c.isWord('AUTHORIZATION')) throw notSimulated('CREATE ASYMMETRIC KEY ... AUTHORIZATION', line)
    if (!c.takeWords('FROM', 'PROVIDER')) throw notSimulated('asymmetric keys outside of a provider', line)
    const providerName = c.expectName()
    c.expectWord('WITH')
    const options = keyOptions(c)
    const withPassword = c.takeWords('ENCRYPTION', 'BY', 'PASSWORD')
    if (withPassword) {
      c.expectSymbol('=')
      c.expectString()
    }
    return {
      async run({ session }) {
        requireDatabase(session, 'CREATE ASYMMETRIC KEY')
        assertEkm(session.instance)
        if (session.databaseId !== 1) throw notSimulated('asymmetric keys of a provider outside of master')
        if (withPassword)
          throw new SqlError(33040, 'Cannot specify a password for a key of a cryptographic provider.')
        await createKey(session, name, providerName, options)
        return null
      },
    }
  },
}

async function createKey(
  session: Session,
  name: string,
  providerName: string,
  { providerKey, openExisting, algorithm }: KeyOptions,
): Promise<void> {
  const { store, ekm } = session.instance
  const provider = providerNamed(session, providerName, 'find')
  if (!provider.enabled) throw providerDisabled(provider.name)
  if (openExisting && algorithm) throw new SqlError(33034, 'Cannot specify algorithm for existing key.')
  assertNew(session, name, undefined)
  // The connector opens keys, it makes none.
  if (!openExisting) throw cannotCreateKey(providerKey, NOT_SUPPORTED)
  const found = await ekm.find(session, provider, providerKey)
  assertNew(session, name, found.thumbprint)
  session.change(() => {
    const asymmetricKeyId = store.nextNumber('asymmetric-key', 256)
    store.asymmetricKeys.put({
      id: String(asymmetricKeyId),
      asymmetricKeyId,
      name,
      thumbprint: found.thumbprint,
      providerGuid: provider.guid,
    })
  })
}

function assertNew({ instance }: Session, name: string, thumbprint: string | undefined): void {
  const { store } = instance
  if (
    store.asymmetricKeys.find((candidate) => same(candidate.name, name)) !== undefined ||
    (thumbprint !== undefined && findServerKey(store, thumbprint) !== undefined)
  )
    throw new SqlError(
      15396,
      `An asymmetric key with name '${name}' already exists or this asymmetric key already has been added to the database.`,
    )
}

const drop: StatementHandler = {
  head: ['DROP', ...HEAD],
  parse(c) {
    const line = c.line
    const name = c.expectName()
    // It would destroy the key in the vault: nobody rehearses that by accident.
    if (c.isWord('REMOVE')) throw notSimulated('DROP ASYMMETRIC KEY ... REMOVE PROVIDER KEY', line)
    return {
      async run({ session }) {
        const { store } = session.instance
        if (session.databaseId !== 1) throw cannotFind('drop', 'asymmetric key', name)
        const key = namedServerKey(session, name, 'drop')
        if (!session.can('ALTER ANY ASYMMETRIC KEY')) throw noPermissionForAction()
        if (store.encryptionKeys.find(({ protector }) => protector.thumbprint === key.thumbprint))
          throw new SqlError(
            33127,
            'The asymmetric key cannot be dropped because it is used by one or more databases to encrypt a Database Encryption Key.',
          )
        if (store.logins.find(({ asymmetricKeyId }) => asymmetricKeyId === key.asymmetricKeyId))
          throw new SqlError(
            15352,
            'The asymmetric key cannot be dropped because one or more entities are either signed or encrypted using it.',
          )
        session.change(() => store.asymmetricKeys.delete(key.id))
        return null
      },
    }
  },
}

export const ASYMMETRIC_KEY_STATEMENTS: readonly StatementHandler[] = [create, drop]
