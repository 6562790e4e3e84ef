import type { Cursor } from '../../sql/cursor.ts'
import type { CredentialRecord } from '../../state/ekm-model.ts'
import { SqlError, cannotFind } from '../errors.ts'
import { same } from '../permissions.ts'
import type { StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { requireServer } from './common.ts'
import { providerNamed } from './provider.ts'

/** Of a provider's credential; a shared access signature is longer. */
const LONGEST_SECRET = 120

interface Values {
  identity: string
  secret: string | undefined
}

/** WITH IDENTITY = 'i' [, SECRET = 's'] */
function values(c: Cursor): Values {
  c.expectWords('WITH', 'IDENTITY')
  c.expectSymbol('=')
  const identity = c.expectString()
  if (!c.takeSymbol(',')) return { identity, secret: undefined }
  c.expectWord('SECRET')
  c.expectSymbol('=')
  return { identity, secret: c.expectString() }
}

function sealedSecret(
  { instance }: Session,
  credentialId: number,
  secret: string | undefined,
  ofProvider: boolean,
): string | null {
  if (secret === undefined) return null
  if (ofProvider && secret.length > LONGEST_SECRET)
    throw new SqlError(33067, `Secret cannot contain more than ${LONGEST_SECRET} characters.`)
  const bytes = Buffer.from(secret, 'utf8')
  const sealed = instance.keys.wrapCredentialSecret(credentialId, bytes)
  bytes.fill(0)
  if (sealed === undefined)
    throw new SqlError(33095, 'Service Master Key could not be decrypted using one of its encryptions.')
  return sealed
}

export const credentialNamed = ({ instance }: Session, name: string): CredentialRecord | undefined =>
  instance.store.credentials.find((candidate) => same(candidate.name, name))

const create: StatementHandler = {
  head: ['CREATE', 'CREDENTIAL'],
  parse(c) {
    const name = c.expectName()
    const { identity, secret } = values(c)
    const provider = c.takeWords('FOR', 'CRYPTOGRAPHIC', 'PROVIDER') ? c.expectName() : undefined
    return {
      async run({ session }) {
        requireServer(session, 'ALTER ANY CREDENTIAL')
        if (name.startsWith('#')) throw new SqlError(15253, `Syntax error parsing SQL identifier '${name}'.`)
        if (credentialNamed(session, name) !== undefined)
          throw new SqlError(15530, `The credential with name "${name}" already exists.`)
        const providerId = provider === undefined ? null : providerNamed(session, provider, 'find').providerId
        const { store } = session.instance
        const now = session.instance.now().toISOString()
        session.change(() => {
          const credentialId = store.nextNumber('credential', 65_537)
          store.credentials.put({
            id: String(credentialId),
            credentialId,
            name,
            identity,
            secret: sealedSecret(session, credentialId, secret, providerId !== null),
            createDate: now,
            modifyDate: now,
            providerId,
          })
        })
        return null
      },
    }
  },
}

/** Identity and secret are both set anew: without SECRET there is none any more. Sessions that are open keep the old one. */
const alter: StatementHandler = {
  head: ['ALTER', 'CREDENTIAL'],
  parse(c) {
    const name = c.expectName()
    const { identity, secret } = values(c)
    return {
      async run({ session }) {
        const credential = credentialNamed(session, name)
        if (credential === undefined || !session.canServer('ALTER ANY CREDENTIAL'))
          throw cannotFind('alter', 'credential', name)
        const { instance } = session
        session.change(() =>
          instance.store.credentials.put({
            ...credential,
            identity,
            secret: sealedSecret(session, credential.credentialId, secret, credential.providerId !== null),
            modifyDate: instance.now().toISOString(),
          }),
        )
        return null
      },
    }
  },
}

const drop: StatementHandler = {
  head: ['DROP', 'CREDENTIAL'],
  parse(c) {
    const name = c.expectName()
    return {
      async run({ session }) {
        const { store } = session.instance
        const credential = credentialNamed(session, name)
        if (credential === undefined || !session.canServer('ALTER ANY CREDENTIAL'))
          throw cannotFind('drop', 'credential', name)
        if (store.loginCredentials.find(({ credentialId }) => credentialId === credential.credentialId))
          throw new SqlError(
            15541,
            `Cannot drop the credential '${credential.name}' because it is used by a server principal.`,
          )
        session.change(() => store.credentials.delete(credential.id))
        return null
      },
    }
  },
}

export const CREDENTIAL_STATEMENTS: readonly StatementHandler[] = [create, alter, drop]
