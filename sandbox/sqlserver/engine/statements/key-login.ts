import { createHash } from 'node:crypto'
import type { Cursor } from '../../sql/cursor.ts'
import type { LoginRecord } from '../../state/model.ts'
import { SqlError, cannotFind, noPermissionForAction, notSimulated } from '../errors.ts'
import type { StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { namedServerKey } from '../tde/protectors.ts'
import { credentialNamed } from './credential.ts'

type Parsed = ReturnType<StatementHandler['parse']>

/** CREATE LOGIN l FROM ASYMMETRIC KEY k: the engine itself uses the key as this login, a person never logs in with it. */
export function createKeyLogin(c: Cursor, name: string): Parsed {
  const line = c.line
  c.expectWord('FROM')
  if (!c.takeWords('ASYMMETRIC', 'KEY')) throw notSimulated(`CREATE LOGIN ... FROM ${c.peek().upper}`, line)
  const keyName = c.expectName()
  return {
    async run({ session }) {
      const { instance } = session
      requireLoginRight(session)
      if (instance.loginNamed(name) !== undefined)
        throw new SqlError(15025, `The server principal '${name}' already exists.`)
      const { asymmetricKeyId, thumbprint } = namedServerKey(session, keyName, 'find')
      const now = instance.now().toISOString()
      session.change(() => {
        const principalId = instance.store.nextNumber('principal', 270)
        instance.store.logins.put({
          id: String(principalId),
          principalId,
          name,
          sid: keyLoginSid(thumbprint),
          type: 'K',
          asymmetricKeyId,
          passwordHash: null,
          disabled: false,
          defaultDatabase: 'master',
          createDate: now,
          modifyDate: now,
          roles: [],
        })
      })
      return null
    },
  }
}

/**
 * S-1-9-1 and the twenty bytes of the key's thumbprint (a shorter one is hashed): how certificates' logins look. The catalog
 * shows no sid for keys of a provider, so a program that concludes from it to the key concludes from an assumption.
 */
function keyLoginSid(thumbprint: string): string {
  const own =
    thumbprint.length === 40
      ? thumbprint
      : createHash('sha1').update(Buffer.from(thumbprint, 'hex')).digest('hex').toUpperCase()
  return `010600000000000901000000${own}`
}

/** ALTER LOGIN l ADD CREDENTIAL c, DROP CREDENTIAL c. */
export function mapCredential(c: Cursor, loginName: string): Parsed {
  const add = c.expectWord('ADD', 'DROP') === 'ADD'
  c.expectWord('CREDENTIAL')
  const credentialName = c.expectName()
  return {
    async run({ session }) {
      const { store } = session.instance
      const login = session.instance.loginNamed(loginName)
      if (login === undefined) throw cannotFind('alter', 'login', loginName)
      requireLoginRight(session)
      const credential = credentialNamed(session, credentialName)
      if (credential === undefined) throw cannotFind('find', 'credential', credentialName)
      const { credentialId, providerId } = credential
      const mapping = {
        id: `${login.principalId}:${credentialId}`,
        principalId: login.principalId,
        credentialId,
      }
      if (add) {
        if (providerId === null)
          throw new SqlError(15535, `Cannot set a credential for principal '${login.name}'.`)
        if (store.loginCredentials.find((other) => other.credentialId === credentialId) !== undefined)
          throw new SqlError(33042, 'Cannot add credential because it is already mapped to a login.')
        if (hasOneFor(session, login, providerId))
          throw new SqlError(
            33043,
            `Cannot add credential '${credential.name}' because there is already a credential for this cryptographic provider specified for the login.`,
          )
        session.change(() => store.loginCredentials.put(mapping))
      } else {
        if (store.loginCredentials.get(mapping.id) === undefined)
          throw new SqlError(33045, 'Cannot drop credential because it is not mapped to a login.')
        session.change(() => store.loginCredentials.delete(mapping.id))
      }
      return null
    },
  }
}

function hasOneFor({ instance }: Session, { principalId }: LoginRecord, providerId: number): boolean {
  const { store } = instance
  return store.loginCredentials
    .all()
    .some(
      (mapping) =>
        mapping.principalId === principalId &&
        store.credentials.get(String(mapping.credentialId))?.providerId === providerId,
    )
}

/** A login that goes takes its mappings along. Call it inside the change that drops it. */
export function dropMappings({ instance }: Session, { principalId }: LoginRecord): void {
  for (const mapping of instance.store.loginCredentials.all())
    if (mapping.principalId === principalId) instance.store.loginCredentials.delete(mapping.id)
}

function requireLoginRight(session: Session): void {
  if (!session.canServer('ALTER ANY LOGIN')) throw noPermissionForAction()
}
