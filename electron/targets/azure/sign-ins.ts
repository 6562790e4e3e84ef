import { type AccessToken, type TokenCredential } from '@azure/identity'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { AzurePrincipal } from '../../../shared/model/azure.ts'
import { cloudHosts, type CloudHosts } from '../../../shared/model/azure.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { AzureConnection, TargetRef } from '../../../shared/model/target.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Clock } from '../../ports/clock.ts'
import { ask, type AskOptions } from './call.ts'
import type { AzureMeans } from './means.ts'
import { principalIn, principalWords } from './principal.ts'
import { deviceCodeMs, makeCredential, type DeviceCode } from './sign-in.ts'

/** Somebody who is signed in. Its tokens are renewed by the library, until it is closed. */
export interface SignedIn {
  connection: AzureConnection
  ref: TargetRef
  hosts: CloudHosts
  means: AzureMeans
  credential: TokenCredential
  principal: AzurePrincipal
  /** As errors name it. */
  who: string
  /** `azure-cancelled` once it was closed: clients keep a token for a while. */
  assertOpen(): void
  close(): void
}

export interface SignInsDeps {
  /** Read at each use, so that an edited one is seen. `not-found`. */
  connectionOf(id: TargetId): AzureConnection
  /** The opened secret, a fresh holder at each call; wiped here. `credential-missing`. */
  secretOf(connection: AzureConnection): Promise<SecretBytes>
  means(): AzureMeans
  showCode(target: TargetRef, code: DeviceCode | null): void
  clock: Clock
}

export interface SignIns {
  /** `not-found` for a connection that is not (or no longer) there. */
  connectionOf(target: TargetRef): AzureConnection
  /** Signs in once per target and connection's answers; later calls share it. */
  of(target: TargetRef, options: Pick<AskOptions, 'signal'>): Promise<SignedIn>
  /** Another caller, signed in for itself; whoever asked closes it. The secret is copied. */
  as(
    azure: AzureConnection,
    caller: { tenantId: string; clientId: string; secret: SecretBytes },
    options: Pick<AskOptions, 'signal'>,
  ): Promise<SignedIn>
  /** Ends the sign-in of this target, also one that waits for a person. */
  drop(id: TargetId): void
  closeAll(): void
}

interface Held {
  settings: string
  ending: AbortController
  signedIn: Promise<SignedIn>
}

export const createSignIns = (deps: SignInsDeps): SignIns => {
  const held = new Map<TargetId, Held>()

  const drop = (id: TargetId): void => {
    const old = held.get(id)
    held.delete(id)
    old?.ending.abort()
    old?.signedIn.then(
      (signedIn) => signedIn.close(),
      () => undefined,
    )
  }

  const begin = (connection: AzureConnection, signal: AbortSignal): Promise<SignedIn> =>
    signIn(connection, signal, {
      means: deps.means(),
      openSecret: () => deps.secretOf(connection),
      showCode: (code) => deps.showCode(azureRef(connection), code),
      now: () => deps.clock.now(),
    })

  const connectionOf = (target: TargetRef): AzureConnection => deps.connectionOf(target.id)

  return {
    connectionOf,
    of: async (target, { signal }) => {
      const connection = connectionOf(target)
      const settings = JSON.stringify({ ...connection, identity: null })
      let known = held.get(target.id)
      if (known !== undefined && known.settings !== settings) {
        drop(target.id)
        known = undefined
      }
      if (known === undefined) {
        const ending = new AbortController()
        known = { settings, ending, signedIn: begin(connection, ending.signal) }
        const begun = known
        held.set(target.id, begun)
        // A failed attempt is not kept: the next one may have another secret or another network.
        begun.signedIn.catch(() => {
          if (held.get(target.id) === begun) held.delete(target.id)
        })
      }
      return orStopped(known.signedIn, signal, { target: connection.name, what: 'The sign-in' })
    },
    as: async (azure, { tenantId, clientId, secret }, { signal }) => {
      using copy = secret.copy()
      const connection: AzureConnection = {
        ...azure,
        tenantId,
        signIn: { kind: 'client-secret', clientId, secret: null },
        identity: null,
      }
      return await signIn(connection, signal ?? new AbortController().signal, {
        means: deps.means(),
        openSecret: () => Promise.resolve(copy.copy()),
        showCode: () => undefined,
        now: () => deps.clock.now(),
      })
    },
    drop,
    closeAll: () => {
      for (const id of [...held.keys()]) drop(id)
    },
  }
}

export const azureRef = ({ id, kind, name, environment }: AzureConnection): TargetRef => ({
  id,
  kind,
  name,
  environment,
})

type Parts = Parameters<typeof makeCredential>[1]

/** `azure-sign-in-*`, `not-in-rehearsal`; `azure-identity-changed` where the token is another tenant's. */
const signIn = async (connection: AzureConnection, signal: AbortSignal, parts: Parts): Promise<SignedIn> => {
  try {
    return await enter(connection, signal, parts)
  } catch (thrown) {
    // Also a reply that stalls: nobody waits for it any more.
    parts.means.agent.destroy()
    throw thrown
  }
}

const enter = async (connection: AzureConnection, signal: AbortSignal, parts: Parts): Promise<SignedIn> => {
  const { name: target, cloud, tenantId } = connection
  const hosts = cloudHosts[cloud]
  const scope = `https://${hosts.control}/.default`
  const made = await makeCredential(connection, parts)
  const asked = {
    service: 'arm',
    target,
    host: hosts.authority,
    what: 'signing in',
    permission: '',
    principal: made.account,
    repeatable: true,
  } as const
  const { authenticate } = made
  if (authenticate !== null) {
    await ask(asked, parts.means, { signal, timeoutMs: deviceCodeMs + 60_000 }, (limit) =>
      authenticate(scope, limit),
    )
  }
  const token = await ask(asked, parts.means, { signal }, (limit) =>
    made.credential.getToken(scope, { abortSignal: limit, enableCae: true }),
  )
  const principal = token === null ? null : principalIn(token.token)
  if (principal === null) {
    throw new KeyturnError('azure-answer', { target, what: 'a token that names nobody' })
  }
  if (principal.tenantId !== tenantId.toLowerCase()) {
    const what = `its tenant was to be ${tenantId}, the sign-in is of ${principal.tenantId}`
    throw new KeyturnError('azure-identity-changed', { target, what })
  }
  const credential = endable(made.credential, target)
  return {
    connection,
    ref: azureRef(connection),
    hosts,
    means: parts.means,
    credential,
    principal,
    who: principalWords(principal),
    assertOpen: () => credential.assertOpen(),
    close: () => {
      credential.end()
      parts.means.agent.destroy()
    },
  }
}

/** Gives no token any more after its end: a client that outlives a lock can't go on. */
const endable = (
  inner: TokenCredential,
  target: string,
): TokenCredential & { assertOpen(): void; end(): void } => {
  let ended = false
  const gone = (): KeyturnError => new KeyturnError('azure-cancelled', { target, what: 'The sign-in' })
  return {
    getToken: (scopes, options): Promise<AccessToken | null> => {
      if (ended) return Promise.reject(gone())
      // Always the same kind of token: the library keeps a cache for each kind, and only one has the person's sign-in.
      return inner.getToken(scopes, { ...options, enableCae: true })
    },
    assertOpen: () => {
      if (ended) throw gone()
    },
    end: () => {
      ended = true
    },
  }
}

/** What several callers share (a sign-in, an opening) goes on for the others where one stops waiting. */
export const orStopped = <Value>(
  value: Promise<Value>,
  signal: AbortSignal | undefined,
  { target, what }: { target: string; what: string },
): Promise<Value> => {
  if (signal === undefined) return value
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new KeyturnError('azure-cancelled', { target, what }))
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
