import { execFileSync } from 'node:child_process'
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answers } from '../../shared/forms/form.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { Program } from '../../electron/program.ts'
import type { KeyVault, VaultKey } from '../../electron/ports/key-vault.ts'
import { wrapPadded } from './openssl-wrap.ts'

export const firstHost = 'ktr-vault-weu.vault.azure.net'
export const secondHost = 'ktr-vault-neu.vault.azure.net'

/** A premium vault in a second region, which the operator may use. Made once for each rehearsal. */
export const makeSecondVault = async (azure: Program['azure'], ref: TargetRef): Promise<void> => {
  const control = await azure.controls.open(ref)
  const { tenantId, objectId } = control.principal
  const keys = [
    'get',
    'list',
    'create',
    'import',
    'delete',
    'backup',
    'restore',
    'wrapkey',
    'unwrapkey',
    'sign',
  ]
  await control.createVault({
    name: 'ktr-vault-neu',
    group: 'ktr-rg-neu',
    region: 'northeurope',
    tier: 'premium',
    rights: 'access-policies',
    retentionDays: 90,
    purgeProtection: true,
    network: { publicAccess: true, otherwise: 'allow', trustedServices: true, addresses: [], subnets: [] },
    accessPolicies: [{ tenantId, objectId, keys }],
  })
}

/** Lends the vault at a host. */
export const atVault = async <Value>(
  azure: Program['azure'],
  ref: TargetRef,
  host: string,
  work: (vault: KeyVault) => Promise<Value>,
): Promise<Value> => {
  const vault = await azure.vaults.at(ref, host)
  try {
    return await work(vault)
  } finally {
    await vault.close()
  }
}

/** The key for imports of a vault; made where it is not there. */
export const exchangeKey = (azure: Program['azure'], ref: TargetRef, host: string): Promise<VaultKey> =>
  atVault(
    azure,
    ref,
    host,
    async (vault) =>
      (await vault.key('ktr-kek')) ??
      vault.createKey({ name: 'ktr-kek', type: 'RSA-HSM', bits: 2048, mark: 'test', uses: ['import'] }),
  )

export interface OwnKey {
  pkcs8: Buffer
  /** PEM. */
  publicKey: string
}

/** A key pair that OpenSSL makes. */
export const ownKey = (algorithm: 'rsa-2048' | 'rsa-3072' | 'ec' = 'rsa-2048'): OwnKey => {
  const kind =
    algorithm === 'ec'
      ? ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
      : ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${algorithm.slice(4)}`]
  const openssl = (words: string[], input: Buffer = Buffer.of()): Buffer =>
    execFileSync('openssl', words, { input, stdio: ['pipe', 'pipe', 'ignore'] })
  const pkcs8 = openssl(['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'], openssl(['genpkey', ...kind]))
  const publicKey = openssl(['pkey', '-inform', 'DER', '-pubout'], pkcs8)
  return { pkcs8, publicKey: publicKey.toString('latin1') }
}

export interface TransferWish {
  kek: VaultKey
  pkcs8: Buffer
  /** Changes to the file before it is written down as JSON. */
  header?: Partial<Record<'kid' | 'alg' | 'enc', string>>
  change?: (ciphertext: Buffer) => Buffer
  generator?: string
}

/** A transfer file by OpenSSL and Node alone: none of the program's own writing. */
export const transferFile = ({ kek, pkcs8, header = {}, change, generator }: TransferWish): Buffer => {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  const { modulus, exponent } = kek.publicKey ?? { modulus: Buffer.of(), exponent: Buffer.of() }
  const key = createPublicKey({
    key: { kty: 'RSA', n: text(modulus), e: text(exponent) },
    format: 'jwk',
  })
  const aes = randomBytes(32)
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
  const ciphertext = Buffer.concat([publicEncrypt(oaep, aes), wrapPadded(aes, pkcs8)])
  return Buffer.from(
    JSON.stringify({
      schema_version: '1.0.0',
      header: { kid: kek.id, alg: 'dir', enc: 'CKM_RSA_AES_KEY_WRAP', ...header },
      ciphertext: (change?.(ciphertext) ?? ciphertext).toString('base64url'),
      generator: generator ?? 'OpenSSL; test',
    }),
  )
}

/** Where two parts of a transfer file for a key of 2,048 bits meet. */
export const seam = 256

export const putFiles = (folder: string, files: Readonly<Record<string, Buffer | string>>): void => {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
}

/** A transfer into one vault, compared with `public.pem`; both in the folder `place`. */
export const transferAnswers = (azure: string, place: string, changes: Answers = {}): Answers => ({
  azure,
  task: 'transfer',
  vault: firstHost,
  second: false,
  keyName: 'KTR-TDE-OWN',
  place,
  file: 'first.byok',
  origin: 'file',
  publicPlace: place,
  publicFile: 'public.pem',
  ...changes,
})
