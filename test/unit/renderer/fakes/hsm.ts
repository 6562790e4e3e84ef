import type { ConnectionView } from '../../../../shared/ipc/schemas.ts'
import { asHandleId, asRunId, asTargetId } from '../../../../shared/model/ids.ts'
import type { TokenKeyRow } from '../../../../shared/model/token-key.ts'
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

export const tokenConnection: ConnectionView = {
  connection: {
    id: asTargetId('t-hsm'),
    kind: 'hsm',
    name: 'token-1',
    environment: 'test',
    module: { path: softHsm.path, sha256: 'ab'.repeat(32), owner: 'root', configuration: {} },
    serial: shownToken.serial,
    label: shownToken.label,
    pin: asHandleId('h-pin'),
    identity: null,
  },
  state: 'connected',
  account: 'the token’s user',
  lastRead: at,
  problem: null,
  clockDifferenceSeconds: null,
}

const pair: TokenKeyRow = {
  mark: 'a1-rsa',
  target: 't-hsm',
  token: 'token-1',
  label: 'SQLPROD-TDE-2026',
  id: 'a1',
  kind: 'key pair',
  algorithm: 'RSA 3072',
  print: 'ab'.repeat(32),
  leaves: 'no longer',
  attributes: [
    { label: 'Id', value: 'a1' },
    { label: 'Can it be read', value: 'no' },
  ],
  notices: [],
  open: null,
  refusal: null,
  copies: null,
  readAt: at,
}

/** Keys of a token: one in order, one that a run left open, one whose id another has too. */
export const tokenRows: readonly TokenKeyRow[] = [
  pair,
  {
    ...pair,
    mark: 'b1-rsa',
    id: 'b1',
    label: 'LEFT-OPEN',
    leaves: 'yes',
    open: { run: asRunId('abcdefghjkmn'), decided: false },
    copies: {
      vaults: [{ host: 'kv.vault.azure.net', kid: 'https://kv.vault.azure.net/keys/k/1', enabled: true }],
      servers: [],
      packages: [],
    },
  },
  {
    ...pair,
    mark: 'c1-rsa',
    id: 'c1',
    label: 'TWICE',
    notices: ['1 other key of this token has the same id'],
    refusal: 'More than one key of the token has this id',
  },
]

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
  'hsm.look': () => ({ pin: 'ok' as const, pinPad: false, pinKept: true }),
  'hsm.readKeys': () => ({ at }),
  'hsm.keys': () => ({
    rows: [...tokenRows],
    total: tokenRows.length,
    asOf: at,
    missing: [],
    by: 'SoftHSM project SoftHSM v2, firmware 2.6, serial 5f2a9c3d1b7e8a40',
    changedBy: null,
    compared: null,
  }),
  'hsm.compareKeys': () => ({ by: null, changedBy: null, compared: { at, asked: [], notAsked: [] } }),
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
