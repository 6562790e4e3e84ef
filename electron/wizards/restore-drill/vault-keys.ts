import type { Blocker, Warning } from '../../../shared/model/plan.ts'
import { isAsymmetric } from '../../ports/sql-rows.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { EkmFacts, ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import { loginOfKey } from '../sqlserver/ekm-links.ts'
import type { Chain } from './chains.ts'
import type { DrillServerFacts, Facts } from './facts-model.ts'

/** Keys in vaults that a restore asks for: the backup's own, and the protector of a database under TDE. Pure. */
export interface VaultKeyNeed {
  thumbprint: string
  /** For a person: what asks for it. */
  what: string
}

const keyOf = (ekm: EkmFacts | null, thumbprint: string): ProviderKeyFact | undefined =>
  ekm?.keys.read === true ? ekm.keys.value.find((key) => key.thumbprint === thumbprint) : undefined

/** Protector of a database under TDE, where it is a key in a vault, as the source shows it now. */
export const vaultProtector = ({ sourceEkm }: Facts, database: string): string | null => {
  if (sourceEkm?.databases.read !== true) return null
  const key = sourceEkm.databases.value.find(({ name }) => name === database)?.key
  return key !== null && key !== undefined && isAsymmetric(key.encryptorType) ? key.thumbprint : null
}

export const vaultKeysOf = (chains: readonly Chain[], facts: Facts): VaultKeyNeed[] => {
  const needs = new Map<string, string[]>()
  const add = (thumbprint: string, what: string): void => {
    const known = needs.get(thumbprint) ?? []
    if (!known.includes(what)) needs.set(thumbprint, [...known, what])
  }
  for (const { sets } of chains)
    for (const { database, encryptor, thumbprint } of sets) {
      if (encryptor === 'asymmetric-key' && thumbprint !== null) add(thumbprint, `the backup of ${database}`)
      const protector = vaultProtector(facts, database)
      if (protector !== null) add(protector, `TDE of ${database}`)
    }
  return [...needs]
    .map(([thumbprint, whats]) => ({ thumbprint, what: whats.join(', ') }))
    .sort((one, other) => (one.thumbprint < other.thumbprint ? -1 : 1))
}

const placeText = (facts: Facts, thumbprint: string): string => {
  const key = keyOf(facts.sourceEkm, thumbprint)
  const place = key?.place.read === true ? key.place.value : null
  const source = facts.source.target.name
  return key === undefined
    ? `${source} shows no key of this thumbprint any more`
    : `on ${source} it is ${key.name}${place === null ? '' : `, in the vault ${place}`}`
}

/** What the drill server lacks to open what is under keys in vaults, and which job makes it. */
export const vaultKeyBlockers = (facts: Facts, needs: readonly VaultKeyNeed[]): Blocker[] => {
  const { drill } = facts
  if (drill === null || needs.length === 0) return []
  const on = (what: string, measured: string, limit: string): Blocker => ({
    what,
    measured,
    limit,
    screen: 'server',
  })
  const { ekm } = drill
  const server = drill.target.name
  if (ekm === null || !ekm.keys.read)
    return [
      on(
        `Keys of providers on ${server} were not read`,
        ekm === null || ekm.keys.read ? 'not read yet' : ekm.keys.because,
        'VIEW DEFINITION on master',
      ),
    ]
  return [
    ...(ekm.option.read && !ekm.option.value.inUse
      ? [
          on(
            `Extensible key management is off on ${server}`,
            `${ekm.option.source}: 0`,
            'Turn it on there: job TDE with a vault key does it',
          ),
        ]
      : []),
    ...needs.flatMap(({ thumbprint, what }) => {
      const key = keyOf(ekm, thumbprint)
      if (key === undefined)
        return [
          on(
            `${server} has no key object for ${what}`,
            `${missing(ekm)}; needed: ${thumbprint}, ${placeText(facts, thumbprint)}`,
            'A provider whose connector is of the same generation, a credential for the vault, and a key object of this thumbprint. Jobs Credential and TDE with a vault key make them there',
          ),
        ]
      return providerOff(ekm, key)
        ? [
            on(
              `The provider of ${key.name} on ${server} is disabled`,
              key.provider ?? 'no provider',
              'An enabled provider',
            ),
          ]
        : []
    }),
  ]
}

const providerOff = ({ providers }: EkmFacts, key: ProviderKeyFact): boolean =>
  providers.read && !providers.value.some(({ name, enabled }) => name === key.provider && enabled)

/** What is there of provider, credential and keys. */
const missing = (ekm: EkmFacts): string => {
  const providers = ekm.providers.read
    ? ekm.providers.value.map(({ name, version }) => `${name} ${version}`)
    : null
  const credentials = ekm.credentials.read
    ? ekm.credentials.value.filter(({ provider }) => provider !== null).map(({ name }) => name)
    : null
  const keys = ekm.keys.read ? ekm.keys.value.map(({ name, thumbprint }) => `${name} ${thumbprint}`) : null
  const words = (names: readonly string[] | null): string =>
    names === null ? 'not read' : names.length === 0 ? 'none' : names.join(', ')
  return `provider: ${words(providers)}; credential for one: ${words(credentials)}; keys: ${words(keys)}`
}

export const vaultKeyWarnings = (facts: Facts, needs: readonly VaultKeyNeed[]): Warning[] => {
  const { drill } = facts
  if (needs.length === 0) return []
  const unknown = needs.filter(({ thumbprint }) => {
    const ekm = drill?.ekm ?? null
    const key = keyOf(ekm, thumbprint)
    return key !== undefined && ekm !== null && loginOfKey(ekm, key.name) === null
  })
  return [
    {
      what: 'The drill uses the vault as it is now',
      why: 'It shows that the key opens these backups. It does not show that they could be restored if the vault were lost: for that its key backup is needed, in the same geography',
      screen: null,
    },
    ...(unknown.length === 0
      ? []
      : [
          {
            what: 'Which login of the drill server is made from the key is not known',
            why: 'Without one that has a credential for the vault the restore is refused (SQL 33121)',
            screen: 'server',
          },
        ]),
  ]
}

export const vaultKeyStep = (needs: readonly VaultKeyNeed[], drill: DrillServerFacts | null): Draftstep[] =>
  needs.length === 0
    ? []
    : [
        {
          kind: 'check-drill-vault-keys',
          title: 'Check that the drill server has the keys of the vault',
          now: 'Read when this plan was made',
          after: 'Read again: a key object of each thumbprint, of an enabled provider',
          scripts: [],
          params: { keys: needs.map(({ thumbprint, what }) => ({ thumbprint, what })) },
          permission: `VIEW DEFINITION on master of ${drill?.target.name ?? 'the drill server'}`,
          undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
          resume: 'named',
          stopNow: null,
        },
      ]
