import type { HsmTokenShown } from '../../../../shared/model/hsm.ts'

const at = '2026-11-22T08:15:00.000Z'

const softHsm = { id: 'm-softhsm', path: '/usr/lib/softhsm/libsofthsm2.so', product: 'SoftHSM' }

export const shownToken: HsmTokenShown = {
  label: 'ktr-token (test only)',
  serial: '5f2a9c3d1b7e8a40',
  manufacturer: 'SoftHSM project',
  model: 'SoftHSM v2',
  hardware: '2.6',
  firmware: '2.6',
  initialised: true,
  pin: 'few-tries-left',
  officerPin: 'ok',
  pinPad: false,
  writeProtected: false,
}

/** What main says of one module and its token. */
export const hsmAnswers = {
  'hsm.modules': () => ({ modules: [softHsm] }),
  'hsm.browse': ({ picker }: { picker: string | null }) => ({
    picker: picker ?? 'mp-1',
    label: '/usr/lib/softhsm',
    entries: [],
    files: [{ id: 'e-module', name: 'libsofthsm2.so' }],
    parent: null,
    current: 'e-softhsm',
    problem: null,
  }),
  'hsm.choose': () => ({ ...softHsm, id: 'm-chosen', product: null }),
  'hsm.inspect': () => ({
    ...softHsm,
    realPath: softHsm.path,
    sha256: 'ab'.repeat(32),
    bytes: 722_664,
    format: 'elf',
    owner: 'root',
    configuration: {},
  }),
  'hsm.load': () => ({
    manufacturer: 'SoftHSM',
    description: 'Implementation of PKCS11',
    cryptoki: '2.40',
    version: '2.6',
    slots: [
      { description: 'SoftHSM slot ID 0x1', token: shownToken },
      { description: 'SoftHSM slot ID 0x2', token: null },
    ],
  }),
  'hsm.report': () => ({
    token: shownToken,
    mechanisms: ['CKM_RSA_PKCS_KEY_PAIR_GEN', 'CKM_AES_KEY_WRAP_PAD'],
    abilities: [
      {
        verdict: 'yes' as const,
        words: 'Makes RSA keys of 3072 bits',
        mechanisms: ['CKM_RSA_PKCS_KEY_PAIR_GEN'],
      },
      { verdict: 'to-be-proven' as const, words: 'Lists AES key wrap with padding', mechanisms: [] },
    ],
  }),
  'hsm.probe': () => ({
    probe: {
      moduleSha256: 'ab'.repeat(32),
      manufacturer: 'SoftHSM project',
      model: 'SoftHSM v2',
      firmware: '2.6',
      use: { mechanism: 'CKM_AES_KEY_WRAP_PAD', verdict: 'zero-padded' as const },
      oaep: { sha1: true, sha256: false },
      at,
    },
  }),
}
