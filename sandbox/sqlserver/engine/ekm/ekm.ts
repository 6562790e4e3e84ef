import type { EkmFacts } from '../../catalog/view.ts'
import type {
  AsymmetricKeyRecord,
  CredentialRecord,
  CryptographicProviderRecord,
} from '../../state/ekm-model.ts'
import type { LoginRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'
import type { Session } from '../session.ts'
import { CODES, ConnectorFailure } from './failure.ts'
import type { Reach } from './exchange.ts'
import { assertEkm } from './features.ts'
import { generationOf, loadLibrary } from './library.ts'
import { mappedKeyUri, mayWriteMappings, writeMapping } from './registry.ts'
import { noCredentialFor, noLoginFor, providerDisabled, providerError, providerUnavailable } from './texts.ts'
import { findKey, listKeys, seeKey, unwrapWithKey, wrapWithKey } from './vault-keys.ts'
import type { VaultKey } from './vault-keys.ts'
import { VaultSession } from './vault-session.ts'

export interface EkmOptions {
  /** Absent: no host of Azure resolves. */
  reach?: Reach | undefined
  /** Rest of the connector between two tries, in milliseconds. */
  pause?: number | undefined
}

const DEFAULT_PAUSE = 200

interface OpenSession {
  provider: CryptographicProviderRecord
  version: string
  vault: VaultSession
}

/**
 * Extensible key management of one instance: providers, and what their library keeps in memory. A secret, a key's place
 * and the rights on the registry count as they were when they were first used after the last start of the service.
 */
export class Ekm {
  private readonly instance: Instance
  private readonly options: EkmOptions
  private readonly sessions = new Map<number, OpenSession>()
  private readonly places = new Map<string, string>()
  private readonly shown = new WeakMap<Session, ReadonlyMap<number, readonly VaultKey[]>>()
  private mayWrite = false
  private life = new AbortController()

  constructor(instance: Instance, options: EkmOptions) {
    this.instance = instance
    this.options = options
  }

  /** The service starts: nothing of before is remembered, and the rights on the registry are looked at. */
  start(): void {
    this.stop()
    this.life = new AbortController()
    this.mayWrite = mayWriteMappings(this.instance.store, this.instance.serviceAccount)
  }

  /** Ends what is under way and wipes the secrets. */
  stop(): void {
    this.life.abort()
    for (const { vault } of this.sessions.values()) vault.close()
    this.sessions.clear()
    this.places.clear()
  }

  /** Aborted when the service stops. */
  get ended(): AbortSignal {
    return this.life.signal
  }

  /** Whether a library of a provider is loaded: it is in use until the service stops. */
  get isLoaded(): boolean {
    return this.sessions.size > 0
  }

  hasSessions(providerId: number): boolean {
    return [...this.sessions.values()].some(({ provider }) => provider.providerId === providerId)
  }

  facts(session: Session): EkmFacts {
    const sessions = [...this.sessions.values()].map(({ provider, vault }) => ({
      providerId: provider.providerId,
      identity: vault.vault,
    }))
    return { keys: this.shown.get(session), sessions }
  }

  /** Asks the vaults for a query of `session` that names their keys; call the result when the query is done. */
  async showKeys(session: Session): Promise<() => void> {
    const found = new Map<number, readonly VaultKey[]>()
    for (const provider of this.instance.store.providers.all())
      found.set(provider.providerId, await this.list(session, provider))
    this.shown.set(session, found)
    return () => this.shown.delete(session)
  }

  /** A key of the vault by its name there, with the credential of whoever asks. The connector remembers where it is. */
  async find(session: Session, provider: CryptographicProviderRecord, name: string): Promise<VaultKey> {
    return this.told(provider, `name '${name}'`, async () => {
      const open = this.open(session.login, provider)
      const key = await findKey(open.vault, open.version, name, this.signalOf(session))
      this.remember(open, key)
      return key
    })
  }

  /** The keys that the caller's credential sees; empty when it sees none for whatever reason. */
  private async list(session: Session, provider: CryptographicProviderRecord): Promise<readonly VaultKey[]> {
    try {
      assertEkm(this.instance)
      const open = this.open(session.login, provider)
      return await listKeys(open.vault, open.version, this.signalOf(session))
    } catch (error) {
      if (error instanceof ConnectorFailure) this.note(error, `the keys of provider '${provider.name}'`)
      if (error instanceof ConnectorFailure || error instanceof SqlError) return []
      throw error
    }
  }

  /** Wraps for a database encryption key or a backup, as the login of the key. */
  wrap(key: AsymmetricKeyRecord, plain: Buffer, session: Session | undefined): Promise<Buffer> {
    return this.work(key, session, (open, place) =>
      wrapWithKey(open.vault, place, plain, this.signalOf(session)),
    )
  }

  unwrap(key: AsymmetricKeyRecord, wrapped: Buffer, session: Session | undefined): Promise<Buffer> {
    return this.work(key, session, (open, place) =>
      unwrapWithKey(open.vault, place, wrapped, this.signalOf(session)),
    )
  }

  /** Whether the key is there now, without using it: what a restore looks at before its first page. */
  see(key: AsymmetricKeyRecord, session: Session | undefined): Promise<void> {
    return this.work(key, session, (open, place) => seeKey(open.vault, place, this.signalOf(session)))
  }

  /** Throws 33053, 33054, 33121, 33046, 33031, 33030 where the engine could not use the key by itself. */
  assertUsable(key: AsymmetricKeyRecord): { provider: CryptographicProviderRecord; login: LoginRecord } {
    assertEkm(this.instance)
    const { store } = this.instance
    const provider = store.providers.find((candidate) => candidate.guid === key.providerGuid)
    if (provider === undefined) throw providerUnavailable()
    if (!provider.enabled) throw providerDisabled(provider.name)
    const login = store.logins.find((candidate) => candidate.asymmetricKeyId === key.asymmetricKeyId)
    if (login === undefined) throw noLoginFor(key.name, provider.name)
    this.credentialOf(login, provider)
    return { provider, login }
  }

  private async work<T>(
    key: AsymmetricKeyRecord,
    session: Session | undefined,
    use: (open: OpenSession, place: string) => Promise<T>,
  ): Promise<T> {
    const { provider, login } = this.assertUsable(key)
    return this.told(provider, `thumbprint '0x${key.thumbprint}'`, async () => {
      const open = this.open(login, provider)
      await open.vault.signIn(this.signalOf(session))
      return use(open, this.placeOf(open, key.thumbprint))
    })
  }

  /** What a connector answers becomes what the engine says. */
  private async told<T>(
    provider: CryptographicProviderRecord,
    key: string,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConnectorFailure)) throw error
      this.note(error, `the key with ${key}`)
      throw providerError(error, provider.name, key)
    }
  }

  /** The connector writes each failure into the event log. */
  private note({ code, detail }: ConnectorFailure, what: string): void {
    this.instance.events.add({
      source: 'connector',
      level: 'error',
      id: code,
      message: `Provider error code ${code} for ${what}.${detail === '' ? '' : ` ${detail}.`} (Text of the rehearsal connector, not of Microsoft's.)`,
    })
  }

  private open(login: LoginRecord, provider: CryptographicProviderRecord): OpenSession {
    const credential = this.credentialOf(login, provider)
    const there = this.sessions.get(credential.credentialId)
    if (there !== undefined) return there
    const library = loadLibrary(this.instance.disk, provider.libraryPath)
    // A library of the other generation has to be registered again before the engine works with it.
    if (typeof library === 'string' || generationOf(library.version) !== generationOf(provider.version))
      throw providerUnavailable()
    if (credential.secret === null) throw new ConnectorFailure(noSecretCode(credential), 'session')
    const secret = this.instance.keys.credentialSecret(credential.credentialId, credential.secret)
    if (secret === undefined)
      throw new SqlError(33047, `Fail to obtain or decrypt secret for credential '${credential.name}'.`)
    try {
      const vault = new VaultSession(library.version, credential.identity, secret, {
        reach: this.options.reach ?? (() => undefined),
        now: () => this.instance.now(),
        pause: this.options.pause ?? DEFAULT_PAUSE,
      })
      const open = { provider, version: library.version, vault }
      this.sessions.set(credential.credentialId, open)
      return open
    } finally {
      secret.fill(0)
    }
  }

  private credentialOf(login: LoginRecord, provider: CryptographicProviderRecord): CredentialRecord {
    const { store } = this.instance
    const found = store.loginCredentials
      .all()
      .filter((mapping) => mapping.principalId === login.principalId)
      .map((mapping) => store.credentials.get(String(mapping.credentialId)))
      .find((credential) => credential?.providerId === provider.providerId)
    if (found === undefined) throw noCredentialFor(login.name, provider.name)
    return found
  }

  private remember({ vault }: OpenSession, key: VaultKey): void {
    if (!this.mayWrite) throw new ConnectorFailure(CODES.registry, 'key')
    writeMapping(this.instance.store, vault.vault, key.thumbprint, key.keyUri)
    this.places.set(placeName(vault, key.thumbprint), key.keyUri)
  }

  private placeOf({ vault }: OpenSession, thumbprint: string): string {
    const name = placeName(vault, thumbprint)
    const place = this.places.get(name) ?? mappedKeyUri(this.instance.store, vault.vault, thumbprint)
    if (place === undefined || !URL.canParse(place)) throw new ConnectorFailure(CODES.noMapping, 'key')
    this.places.set(name, place)
    return place
  }

  private signalOf(session: Session | undefined): AbortSignal {
    return session?.requestSignal === undefined
      ? this.ended
      : AbortSignal.any([this.ended, session.requestSignal])
  }
}

const placeName = (vault: VaultSession, thumbprint: string): string => `${vault.vault} ${thumbprint}`

/** A managed identity has no secret, and a server that runs on no machine of Azure gets no token for one. */
const noSecretCode = ({ identity }: CredentialRecord): number =>
  identity.toLowerCase() === 'managed identity' ? CODES.noToken : CODES.secretTooShort
