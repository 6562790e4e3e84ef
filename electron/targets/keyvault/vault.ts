import { randomBytes, timingSafeEqual } from 'node:crypto'
import { KeyClient } from '@azure/keyvault-keys'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { VaultIdentity } from '../../../shared/model/azure.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type {
  KeyVault,
  VaultCallOptions,
  VaultKey,
  VaultKeyFacts,
  VaultWaitOptions,
  WrapProof,
} from '../../ports/key-vault.ts'
import type { Clock } from '../../ports/clock.ts'
import { ask, until, type Asked } from '../azure/call.ts'
import { clientOptions } from '../azure/pipeline.ts'
import type { SignedIn } from '../azure/sign-ins.ts'
import { allOf, orNull } from '../azure/values.ts'
import { sameDoor } from './challenge.ts'
import { change, checkedKeyName, checkedVersion, creation, importing, withMaterial } from './key-requests.ts'
import { deletedOf, factsOf, idOf, keyOf, policyOf, strange } from './key-values.ts'

export interface OpenedVault {
  ref: TargetRef
  identity: VaultIdentity
  signedIn: SignedIn
  clock: Clock
  /** Ends what belongs to this vault alone. */
  close(): void
}

const mostKeys = 10_000
const waitMs = 120_000

export const keyClient = (host: string, target: string, signedIn: SignedIn): KeyClient =>
  new KeyClient(
    `https://${host}`,
    signedIn.credential,
    clientOptions(signedIn.means, host, target, signedIn.assertOpen, [
      sameDoor({ host, target, tenantId: signedIn.principal.tenantId }),
    ]),
  )

/**
 * The first request of a client goes out without its body while it asks for a token, and others beside it without a
 * token but with theirs. So the first one is this: a read, awaited. Not allowed to list is an answer too. A vault that
 * answers it before it asked for a token leaves the client in that state: `sameDoor` then sends no body.
 */
export const prime = async (
  client: KeyClient,
  asked: Asked,
  signedIn: SignedIn,
  options: VaultCallOptions,
): Promise<void> => {
  try {
    await ask(asked, signedIn.means, options, async (abortSignal) => {
      await client.listPropertiesOfKeys({ abortSignal }).byPage({ maxPageSize: 1 }).next()
    })
  } catch (thrown) {
    if (!(thrown instanceof KeyturnError) || !mayNotList.has(thrown.code)) throw thrown
  }
}

const mayNotList: ReadonlySet<string> = new Set(['vault-no-permission', 'vault-no-policy'])

/** The vault's keys through a client that was primed. */
export const vaultOf = (client: KeyClient, opened: OpenedVault): KeyVault => {
  const { ref, identity, signedIn, clock } = opened
  const { host } = identity
  const target = ref.name
  const answersAbout = (key: string | null, version?: string) => ({ target, host, key, version })
  const askedFor = (what: string, permission: string, key: string, repeatable = true): Asked => ({
    service: 'keyvault',
    target,
    host,
    what,
    permission: `Microsoft.KeyVault/vaults/${permission}`,
    principal: signedIn.who,
    key,
    repeatable,
  })
  const run = <Answer>(
    asked: Asked,
    options: VaultCallOptions | undefined,
    send: (given: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> => ask(asked, signedIn.means, options ?? {}, (abortSignal) => send({ abortSignal }))

  const key: KeyVault['key'] = async (name, version, options) => {
    checkedKeyName(name, target)
    const at = version === undefined ? undefined : checkedVersion(version, target)
    const wanted = at === undefined ? {} : { version: at }
    const asked = askedFor(`reading the key ${name}`, 'keys/read', name)
    const found = await orNull(
      run(asked, options, (given) => client.getKey(name, { ...given, ...wanted })),
      ['vault-key-unknown'],
    )
    return found === null ? null : keyOf(found, answersAbout(name, at))
  }
  const versions: KeyVault['versions'] = async (name, options) => {
    checkedKeyName(name, target)
    const asked = askedFor(`listing the versions of ${name}`, 'keys/read', name)
    const found = await orNull(
      run(asked, options, (given) =>
        allOf(client.listPropertiesOfKeyVersions(name, given), mostKeys, target, given),
      ),
      ['vault-key-unknown'],
    )
    const facts = (found ?? []).map((one) => factsOf(one, answersAbout(name)))
    return facts.sort((one, other) => timeOf(one) - timeOf(other))
  }
  const deletedKey: KeyVault['deletedKey'] = async (name, options) => {
    checkedKeyName(name, target)
    const asked = askedFor(`reading the deleted key ${name}`, 'keys/read', name)
    const found = await orNull(
      run(asked, options, (given) => client.getDeletedKey(name, given)),
      ['vault-key-unknown'],
    )
    return found === null ? null : deletedOf(found, answersAbout(name))
  }
  const untilThere = <Found>(
    what: string,
    options: VaultWaitOptions | undefined,
    look: (given: VaultCallOptions) => Promise<Found | null>,
  ): Promise<Found> =>
    until(askedFor(what, 'keys/read', ''), signedIn.means, { timeoutMs: waitMs, ...options }, (signal) =>
      look({ signal }),
    )

  return {
    ref,
    identity,
    principal: signedIn.principal,
    key,
    versions,
    deletedKey,
    keys: async (options) => {
      const found = await run(askedFor('listing keys', 'keys/read', ''), options, (given) =>
        allOf(client.listPropertiesOfKeys(given), mostKeys, target, given),
      )
      return found.map((one) => factsOf(one, answersAbout(null)))
    },
    marked: async (name, mark, options) =>
      (await versions(name, options)).findLast((version) => version.mark === mark) ?? null,
    createKey: async (request, options) => {
      const name = checkedKeyName(request.name, target)
      const asked = askedFor(`creating the key ${name}`, 'keys/create/action', name, false)
      const wanted = creation(request)
      const made = await run(asked, options, (given) =>
        client.createKey(name, request.type, { ...wanted, ...given }),
      )
      return keyOf(made, answersAbout(name))
    },
    importKey: async (request, options) => {
      const name = checkedKeyName(request.name, target)
      const asked = askedFor(`importing the key ${name}`, 'keys/import/action', name, false)
      const wanted = importing(request)
      const made = await withMaterial(request, target, (material) =>
        // What the vault says may repeat the request: a private key, or a transfer file, which is encrypted.
        run({ ...asked, quotable: request.material.kind === 'transfer' }, options, (given) =>
          client.importKey(name, material, { ...wanted, ...given }),
        ),
      )
      return keyOf(made, answersAbout(name))
    },
    change: async (name, version, wanted, options) => {
      checkedKeyName(name, target)
      const at = checkedVersion(version, target)
      const sent = change(name, wanted)
      const asked = askedFor(`changing the key ${name}`, 'keys/update/action', name)
      const changed = await run(asked, options, (given) =>
        client.updateKeyProperties(name, at, { ...(sent as object), ...given }),
      )
      return factsOf(changed.properties, answersAbout(name, at))
    },
    backUpKey: async (name, options) => {
      checkedKeyName(name, target)
      const asked = askedFor(`backing up the key ${name}`, 'keys/backup/action', name)
      const blob = await run(asked, options, (given) => client.backupKey(name, given))
      if (blob === undefined || blob.length === 0) throw strange({ target }, 'an empty backup')
      return blob
    },
    restoreKey: async (blob, options) => {
      const asked = askedFor('restoring a key', 'keys/restore/action', '', false)
      return keyOf(
        await run(asked, options, (given) => client.restoreKeyBackup(blob, given)),
        answersAbout(null),
      )
    },
    recoverKey: async (name, options) => {
      checkedKeyName(name, target)
      const what = `recovering the key ${name}`
      const asked = askedFor(what, 'keys/recover/action', name)
      await run(asked, { timeoutMs: waitMs, ...options }, async (given) => {
        await client.beginRecoverDeletedKey(name, given)
      })
      return untilThere(what, options, (given) => key(name, undefined, given))
    },
    deleteKey: async (name, options) => {
      checkedKeyName(name, target)
      const what = `deleting the key ${name}`
      const asked = askedFor(what, 'keys/delete', name)
      await run(asked, { timeoutMs: waitMs, ...options }, async (given) => {
        await client.beginDeleteKey(name, given)
      })
      return untilThere(what, options, (given) => deletedKey(name, given))
    },
    rotationPolicy: async (name, options) => {
      checkedKeyName(name, target)
      const asked = askedFor(`reading the rotation policy of ${name}`, 'keyrotationpolicies/read', name)
      return policyOf(await run(asked, options, (given) => client.getKeyRotationPolicy(name, given)))
    },
    probeWrap: async (name, version, options) => {
      checkedKeyName(name, target)
      const at = version === undefined ? undefined : checkedVersion(version, target)
      // The library itself refuses such a key before it asks, with words of its own. Without the right to read, the vault says it.
      const known = await orNull(key(name, at, options), [...mayNotList])
      if (known !== null) refuseUseless(known, target, clock.now())
      return probe(client, { name, at, askedFor, run, options, now: () => clock.now(), target, host })
    },
    close: () => {
      opened.close()
      return Promise.resolve()
    },
  }
}

const refuseUseless = (key: VaultKey, target: string, now: Date): void => {
  const { name, notBefore, expires, uses } = key
  const what = `wrapping with the key ${name}`
  const early = notBefore !== null && Date.parse(notBefore) > now.getTime()
  const late = expires !== null && Date.parse(expires) <= now.getTime()
  if (early || late) throw new KeyturnError('vault-key-dates', { target, key: name, what })
  const missing = (['wrapKey', 'unwrapKey'] as const).filter((use) => !uses.includes(use))
  if (missing.length > 0) {
    throw new KeyturnError('vault-refused', { target, what, said: `its uses lack ${missing.join(' and ')}` })
  }
}

const timeOf = ({ created }: VaultKeyFacts): number => (created === null ? 0 : Date.parse(created))

interface Probe {
  name: string
  at: string | undefined
  askedFor: (what: string, permission: string, key: string) => Asked
  run: <Answer>(
    asked: Asked,
    options: VaultCallOptions | undefined,
    send: (given: { abortSignal: AbortSignal }) => Promise<Answer>,
  ) => Promise<Answer>
  options: VaultCallOptions | undefined
  now: () => Date
  target: string
  host: string
}

/** RSA-OAEP-256 is the one wrapping that the library never does by itself with the public part. */
const algorithm = 'RSA-OAEP-256'

const probe = async (client: KeyClient, given: Probe): Promise<WrapProof> => {
  const { name, at, askedFor, run, options, now, target, host } = given
  const requestIds: string[] = []
  const onResponse = ({ headers }: { headers: { get(name: string): string | undefined } }): void => {
    const id = headers.get('x-ms-request-id')
    if (id !== undefined) requestIds.push(id.slice(0, 64))
  }
  const plain = randomBytes(32)
  try {
    const wrapping = client.getCryptographyClient(name, at === undefined ? {} : { keyVersion: at })
    const wrapped = await run(
      askedFor(`wrapping with the key ${name}`, 'keys/wrap/action', name),
      options,
      (call) => wrapping.wrapKey(algorithm, plain, { ...call, onResponse }),
    )
    const { version } = idOf(wrapped.keyID ?? '', { target, host, key: name, version: at })
    if (version === null) throw strange({ target }, 'a wrapped value without the version of its key')
    const unwrapping = client.getCryptographyClient(name, { keyVersion: version })
    const unwrapped = await run(
      askedFor(`unwrapping with the key ${name}`, 'keys/unwrap/action', name),
      options,
      (call) => unwrapping.unwrapKey(algorithm, wrapped.result, { ...call, onResponse }),
    )
    const same = unwrapped.result.length === plain.length && timingSafeEqual(unwrapped.result, plain)
    if (!same) throw new KeyturnError('vault-probe-differs', { target, key: name })
    return { name, version, requestIds, at: now().toISOString() }
  } finally {
    plain.fill(0)
  }
}
