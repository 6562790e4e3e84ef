import type { HsmAbility, HsmCapabilities, HsmCapability, HsmMechanism } from '../../ports/hsm.ts'
import type { Gives } from './messages.ts'

interface Need {
  ability: HsmAbility
  /** One of them is enough. */
  oneOf: readonly string[]
  /** A size that it has to reach, as the mechanism counts: bits, or bytes for AES. */
  size?: { bits: number; bytes?: number }
  yes: string
  no: string
  /** The mechanism being listed does not say what it does. */
  toBeProven?: string
}

const needs: readonly Need[] = [
  {
    ability: 'rsa-2048',
    oneOf: ['CKM_RSA_PKCS_KEY_PAIR_GEN', 'CKM_RSA_X9_31_KEY_PAIR_GEN'],
    size: { bits: 2048 },
    yes: 'Makes RSA keys of 2048 bits, for TDE protectors and vault imports',
    no: 'Does not make RSA keys of 2048 bits',
  },
  {
    ability: 'rsa-3072',
    oneOf: ['CKM_RSA_PKCS_KEY_PAIR_GEN', 'CKM_RSA_X9_31_KEY_PAIR_GEN'],
    size: { bits: 3072 },
    yes: 'Makes RSA keys of 3072 bits, for TDE protectors and vault imports',
    no: 'Does not make RSA keys of 3072 bits',
  },
  {
    ability: 'aes-256',
    oneOf: ['CKM_AES_KEY_GEN'],
    size: { bits: 256, bytes: 32 },
    yes: 'Makes AES keys of 256 bits, which carry other keys out',
    no: 'Makes no AES keys of 256 bits: no key can be carried out to a vault or into escrow',
  },
  {
    ability: 'ec-p256',
    oneOf: ['CKM_EC_KEY_PAIR_GEN'],
    size: { bits: 256 },
    yes: 'Makes EC keys (P-256) for signatures',
    no: 'Makes no EC keys (P-256)',
  },
  {
    ability: 'wrap-oaep-sha1',
    oneOf: ['CKM_RSA_PKCS_OAEP'],
    yes: '',
    no: 'Has no RSA-OAEP: no key can be carried out to a vault or into escrow',
    toBeProven: 'Lists RSA-OAEP; whether with SHA-1, which Azure’s import asks for, the probe shows',
  },
  {
    ability: 'wrap-oaep-sha256',
    oneOf: ['CKM_RSA_PKCS_OAEP'],
    yes: '',
    no: 'Has no RSA-OAEP with SHA-256',
    toBeProven: 'Lists RSA-OAEP; whether with SHA-256 too, the probe shows',
  },
  {
    ability: 'wrap-kwp',
    oneOf: ['CKM_AES_KEY_WRAP_KWP', 'CKM_AES_KEY_WRAP_PAD'],
    yes: '',
    no: 'Has no AES key wrap with padding: no RSA key can be carried out to a vault or into escrow',
    toBeProven: 'Lists AES key wrap with padding; whether it is that of RFC 5649, the probe shows',
  },
  {
    ability: 'sign-rsa-sha256',
    oneOf: ['CKM_SHA256_RSA_PKCS'],
    yes: 'Signs with RSA (PKCS #1, SHA-256)',
    no: 'Does not sign with RSA (PKCS #1, SHA-256)',
  },
  {
    ability: 'sign-rsa-pss-sha256',
    oneOf: ['CKM_SHA256_RSA_PKCS_PSS'],
    yes: 'Signs with RSA-PSS (SHA-256)',
    no: 'Does not sign with RSA-PSS (SHA-256)',
  },
  {
    ability: 'sign-ecdsa',
    oneOf: ['CKM_ECDSA'],
    yes: 'Signs with ECDSA',
    no: 'Does not sign with ECDSA',
  },
]

/** What a token's mechanisms mean for Keyturn's jobs. */
export const abilitiesOf = (mechanisms: readonly HsmMechanism[]): HsmCapability[] =>
  needs.map(({ ability, oneOf, size, yes, no, toBeProven }) => {
    const listed = mechanisms.filter(({ name }) => oneOf.includes(name))
    const able = listed.some(({ largest }) => size === undefined || reaches(largest, size))
    const verdict = !able ? 'no' : toBeProven === undefined ? 'yes' : 'to-be-proven'
    const words = { yes, no, 'to-be-proven': toBeProven ?? '' }[verdict]
    return {
      ability,
      verdict,
      words,
      mechanisms: listed.length > 0 ? listed.map(({ name }) => name) : [...oneOf],
    }
  })

/** Tokens count AES sizes in bytes or in bits; one that says no size is taken to have it. */
const reaches = (largest: number | null, { bits, bytes }: { bits: number; bytes?: number }): boolean =>
  largest === null || largest >= (bytes ?? bits)

export const capabilitiesOf = ({ token, mechanisms }: Gives<'mechanisms'>): HsmCapabilities => ({
  token,
  mechanisms,
  abilities: abilitiesOf(mechanisms),
})
