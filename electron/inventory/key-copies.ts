import { createHash } from 'node:crypto'
import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import type { EscrowPackage, PackageDrill, ShareGroup } from '../../shared/model/escrow.ts'
import type { PackageId, TargetId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import { rsaSpki } from '../formats/rsa-spki.ts'
import { eachAtOnce } from '../platform/at-once.ts'
import type { AzurePorts } from '../ports/azure.ts'
import type { KeyVault } from '../ports/key-vault.ts'
import type { CopySearch, KeyCopies, PackageCopy, SoughtKey } from '../ports/verdicts.ts'
import { vaultsOf } from './subscription-vaults.ts'
import { eachKey } from './vault-keys.ts'

/** Where copies of keys are looked for. */
export interface CopySources {
  azure: AzurePorts
  /** All connections. */
  targets(): readonly TargetRef[]
  signsInByCode(target: TargetId): boolean
  /** Of a connection of one vault; null: it is none. */
  vaultHost(target: TargetId): string | null
  /** Keys of one server that the connector found below these vaults. Needs sysadmin: the registry is asked. */
  serverKeys(
    server: TargetRef,
    hosts: readonly string[],
  ): Promise<readonly { key: string; place: string | null }[]>
  register: {
    packages(): readonly EscrowPackage[]
    groups(): readonly ShareGroup[]
    lastDrill(id: PackageId): PackageDrill | null
  }
}

type VaultCopy = KeyCopies['vaults'][number] & { print: string }

/** A list says no public keys, so each version is asked for: of as many, then the rest is named. */
const mostVersions = 1_000
/** A vault takes some hundreds of requests a second; a few at a time stay far below. */
const atOnce = 8
const sourcesAtOnce = 4

/** See `Verdicts.copies`. */
export const findCopies = async (sources: CopySources): Promise<CopySearch> => {
  const asked: string[] = []
  const notAsked: string[] = []
  const tell = (source: string, thrown: unknown): void => {
    if (!(thrown instanceof KeyturnError) || thrown.code === 'internal') throw thrown
    notAsked.push(`${source}: ${problemOf(thrown).title}`)
  }
  const vaults = await readVaults(sources, { asked, notAsked, tell })
  const servers: { server: string; key: string; place: string | null }[] = []
  const hosts = [...new Set(vaults.map(({ host }) => host))]
  // A server is asked for what leads to a vault that has keys; without one there is nothing to ask it for.
  const connected = sources.targets().filter(({ kind }) => kind === 'sqlserver')
  await eachAtOnce(hosts.length === 0 ? [] : connected, sourcesAtOnce, async (server) => {
    const source = `${server.name}, keys of providers and the registry of its connector`
    try {
      const keys = await sources.serverKeys(server, hosts)
      servers.push(...keys.map((key) => ({ server: server.name, ...key })))
      asked.push(source)
    } catch (thrown) {
      tell(source, thrown)
    }
  })
  asked.push('the list of escrow packages of this profile')
  const { register } = sources
  return {
    of: (key) => {
      // A vault may be reached by two connections.
      const same = vaults.filter(({ print }) => print === key.spkiSha256)
      const copies = [...new Map(same.map((copy) => [copy.kid, copy])).values()].toSorted((a, b) =>
        a.kid.localeCompare(b.kid),
      )
      return {
        vaults: copies.map(({ host, kid, enabled }) => ({ host, kid, enabled })),
        servers: servers.flatMap(({ server, key: name, place }) => {
          const copy = copies.find(({ kid }) => place !== null && sameKey(place, kid))
          return copy === undefined ? [] : [{ server, key: name, kid: copy.kid }]
        }),
        packages: register.packages().flatMap((one) => packageCopies(one, key, register)),
      }
    },
    asked: asked.toSorted(),
    notAsked: notAsked.toSorted(),
  }
}

/** The registry may write a port, and the host in another case. */
const sameKey = (place: string, kid: string): boolean => {
  const plain = (uri: string): string => uri.toLowerCase().replace(':443/', '/')
  return plain(place) === plain(kid)
}

interface Told {
  asked: string[]
  notAsked: string[]
  tell(source: string, thrown: unknown): void
}

const readVaults = async (sources: CopySources, told: Told): Promise<VaultCopy[]> => {
  const { azure, signsInByCode, vaultHost } = sources
  const targets = sources.targets().filter(({ kind }) => kind === 'keyvault' || kind === 'azure')
  const own = new Set(targets.flatMap(({ id }) => vaultHost(id)?.toLowerCase() ?? []))
  const found: VaultCopy[] = []
  const one = async (source: string, open: () => Promise<KeyVault>, lent: boolean): Promise<void> => {
    try {
      const vault = await open()
      try {
        found.push(...(await readVault(vault, told)))
        told.asked.push(`${vault.identity.host}, RSA keys`)
      } finally {
        if (lent) await vault.close()
      }
    } catch (thrown) {
      told.tell(source, thrown)
    }
  }
  await eachAtOnce(targets, sourcesAtOnce, async (target) => {
    if (signsInByCode(target.id)) {
      told.notAsked.push(`${target.name}: a sign-in there waits for a code, and none was begun`)
    } else if (target.kind === 'keyvault') {
      await one(target.name, () => azure.vaults.open(target), false)
    } else {
      try {
        for (const host of await vaultsOf(azure, target, own))
          await one(host, () => azure.vaults.at(target, host), true)
      } catch (thrown) {
        told.tell(`${target.name}, its vaults`, thrown)
      }
    }
  })
  return found
}

const readVault = async (vault: KeyVault, { notAsked }: Told): Promise<VaultCopy[]> => {
  const { host } = vault.identity
  const versions: { name: string; version: string }[] = []
  await eachKey(vault, (all) => {
    versions.push(...all.flatMap(({ name, version }) => (version === null ? [] : [{ name, version }])))
  })
  const found: VaultCopy[] = []
  await eachAtOnce(versions.slice(0, mostVersions), atOnce, async ({ name, version }) => {
    const key = await vault.key(name, version)
    if (key !== null && key.publicKey !== null)
      found.push({
        host,
        kid: key.id,
        enabled: key.enabled,
        print: createHash('sha256').update(rsaSpki(key.publicKey)).digest('hex'),
      })
  })
  if (versions.length > mostVersions)
    notAsked.push(`${host}: ${versions.length - mostVersions} of its ${versions.length} key versions`)
  return found
}

const packageCopies = (
  { id, group, items, storedAt, replacedBy }: EscrowPackage,
  key: SoughtKey,
  register: CopySources['register'],
): PackageCopy[] => {
  const drill = register.lastDrill(id)
  return items
    .filter((item) =>
      key.spkiSha256 === null
        ? item.hsm !== null &&
          item.hsm.serial === key.serial &&
          item.hsm.keyId === key.id &&
          item.kcv !== null &&
          item.kcv === key.checkValue
        : item.spkiSha256 === key.spkiSha256,
    )
    .map(({ number }) => ({
      id,
      item: number,
      group: register.groups().find((one) => one.id === group)?.name ?? group,
      escrowedAt: storedAt.filter(({ state }) => state === 'escrowed').map(({ label }) => label),
      openedAt: drill?.items.some((one) => one.number === number) === true ? drill.at : null,
      replacedBy,
    }))
}
