import type {
  DeletedKey,
  KeyProperties,
  KeyRotationPolicy as SdkPolicy,
  KeyVaultKey,
} from '@azure/keyvault-keys'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import {
  markTag,
  type DeletedVaultKey,
  type KeyRotationPolicy,
  type VaultKey,
  type VaultKeyFacts,
  type VaultKeyType,
  type VaultKeyUse,
} from '../../ports/key-vault.ts'
import { dateOrNull, numberOrNull, tagsOf, textOf, textOrNull, textsOf } from '../azure/values.ts'

/** Where an answer has to come from; one about another vault or key is not used. */
export interface Asked {
  target: string
  host: string
  /** Null: any key. */
  key: string | null
  /** Absent: any version. */
  version?: string | undefined
}

export const factsOf = (sdk: KeyProperties, asked: Asked): VaultKeyFacts => {
  const { name, version } = idOf(textOf(sdk.id), asked)
  const tags = tagsOf(sdk.tags)
  return {
    name,
    version,
    id: `https://${asked.host}/keys/${name}${version === null ? '' : `/${version}`}`,
    enabled: sdk.enabled !== false,
    notBefore: dateOrNull(sdk.notBefore),
    expires: dateOrNull(sdk.expiresOn),
    created: dateOrNull(sdk.createdOn),
    updated: dateOrNull(sdk.updatedOn),
    tags,
    mark: textOrNull(tags[markTag]),
    recoveryLevel: textOrNull(sdk.recoveryLevel),
    recoverableDays: numberOrNull(sdk.recoverableDays),
    exportable: sdk.exportable === true,
    hsmPlatform: textOrNull(sdk.hsmPlatform),
    managed: sdk.managed === true,
  }
}

export const keyOf = (sdk: KeyVaultKey, asked: Asked): VaultKey => {
  const facts = factsOf(sdk.properties, asked)
  const type = types.find((one) => one === sdk.keyType)
  if (facts.version === null || type === undefined) throw strange(asked, 'a key without version or type')
  const { n, e, crv } = sdk.key ?? {}
  const publicKey = n instanceof Uint8Array && e instanceof Uint8Array ? { modulus: n, exponent: e } : null
  if (type.startsWith('RSA') && publicKey === null) throw strange(asked, 'an RSA key without its public part')
  return {
    ...facts,
    version: facts.version,
    type,
    bits: publicKey === null ? null : bitsOf(publicKey.modulus),
    curve: textOrNull(crv),
    uses: textsOf(sdk.keyOperations).filter((use): use is VaultKeyUse => uses.includes(use)),
    publicKey,
  }
}

export const deletedOf = ({ properties }: DeletedKey, asked: Asked): DeletedVaultKey => ({
  ...factsOf(properties, asked),
  deletedAt: dateOrNull(properties.deletedOn),
  purgeAt: dateOrNull(properties.scheduledPurgeDate),
})

export const policyOf = (sdk: SdkPolicy): KeyRotationPolicy | null => {
  const actions = (sdk.lifetimeActions ?? []).map((action) => ({
    act: textOf(action.action).toLowerCase() === 'rotate' ? ('rotate' as const) : ('notify' as const),
    afterCreation: textOrNull(action.timeAfterCreate),
    beforeExpiry: textOrNull(action.timeBeforeExpiry),
  }))
  const expiresIn = textOrNull(sdk.expiresIn)
  return actions.length === 0 && expiresIn === null ? null : { expiresIn, actions }
}

const types: readonly VaultKeyType[] = ['RSA', 'RSA-HSM', 'EC', 'EC-HSM', 'oct', 'oct-HSM']
const uses: readonly string[] = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'wrapKey',
  'unwrapKey',
  'import',
  'deriveKey',
] satisfies VaultKeyUse[]

/** Leading zeros don't count. */
const bitsOf = (modulus: Uint8Array): number => {
  const first = modulus.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (modulus.length - first) * 8 - Math.clz32(modulus[first] ?? 0) + 24
}

export const idOf = (id: string, asked: Asked): { name: string; version: string | null } => {
  const [, host = '', name = '', version] =
    /^https:\/\/([^/:]+)(?::443)?\/(?:keys|deletedkeys)\/([0-9A-Za-z-]{1,127})(?:\/([0-9a-f]{32}))?\/?$/i.exec(
      id,
    ) ?? []
  const same = host.toLowerCase() === asked.host && name !== ''
  if (!same || (asked.key !== null && name.toLowerCase() !== asked.key.toLowerCase())) {
    throw strange(asked, 'a key of another vault or name')
  }
  if (asked.version !== undefined && version?.toLowerCase() !== asked.version) {
    throw strange(asked, 'another version of the key')
  }
  return { name, version: version?.toLowerCase() ?? null }
}

export const strange = ({ target }: Pick<Asked, 'target'>, what: string): KeyturnError =>
  new KeyturnError('azure-answer', { target, what })
