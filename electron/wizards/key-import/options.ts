import { isBackupName, isTransferName } from '../../../shared/forms/key-import-draft.ts'
import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import type { ManagedHsmState, VaultSettings } from '../../ports/azure-control.ts'
import { hsmRefusal, principalText } from '../azure/words.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { shownOf } from '../sqlserver/words.ts'
import type { Facts, VaultSide } from './facts-model.ts'

export interface Asked {
  screen: string
  answers: Answers
  facts: Facts | null
  /** The connected subscriptions, tokens and servers. */
  targets: readonly FactOption[]
  tokens: readonly FactOption[]
  servers: readonly FactOption[]
  now: string
}

/** What one screen shows of the facts. With no subscription chosen yet, only the lists of connections. */
export const formFacts = ({ screen, answers, facts, targets, tokens, servers, now }: Asked): FormFacts => {
  const lists = { targets, tokenTargets: tokens, sqlTargets: servers }
  if (facts === null) return { options: lists, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  const hardware = answers['task'] === 'transfer' || answers['task'] === 'exchange-key'
  return {
    options: {
      ...lists,
      vaults: vaultRows(facts, hardware),
      sources: vaultRows(facts, false),
      transferFiles: fileRows(facts.names, isTransferName),
      backupFiles: fileRows(facts.names, isBackupName),
      publicFiles: fileRows(facts.publicNames, () => true),
      tokenKeys: tokenRows(facts),
      sqlKeys:
        facts.server?.read === true
          ? facts.server.value.keys.map(({ name, thumbprint, provider }) =>
              row(name, name, null, { Thumbprint: thumbprint, Provider: provider ?? 'not said' }),
            )
          : [],
    },
    shown: screen === 'vaults' ? signedIn(facts) : keyShown(facts),
    flags: {},
    suggested: suggestionsFor(facts),
    checks: screen === 'vaults' ? [] : [...facts.sides.flatMap(fileChecks), ...reachChecks(facts)],
    readAt: facts.readAt,
  }
}

const row = (
  value: string,
  label: string,
  reason: string | null,
  facts: Record<string, string>,
): FactOption => ({ value, label, usable: reason === null, ...(reason === null ? {} : { reason }), facts })

const vaultRows = ({ vaults, managedHsms }: Facts, hardware: boolean): FactOption[] => [
  ...(vaults.read ? vaults.value.map((vault) => vaultRow(vault, hardware)) : []),
  ...(managedHsms.read ? managedHsms.value.map(hsmRow) : []),
]

const vaultRow = ({ host, name, region, tier }: VaultSettings, hardware: boolean): FactOption =>
  row(
    host,
    name,
    hardware && tier !== 'premium' ? 'its tier is standard: it keeps no keys in hardware' : null,
    {
      Region: region,
      Tier: tier,
    },
  )

const hsmRow = (hsm: ManagedHsmState): FactOption =>
  row(hsm.host, hsm.name, hsmRefusal(hsm), { Region: hsm.region, Tier: 'managed HSM' })

const fileRows = (names: Read<readonly string[]> | null, fits: (name: string) => boolean): FactOption[] =>
  names?.read === true ? names.value.filter(fits).map((name) => row(name, name, null, {})) : []

const tokenRows = ({ token }: Facts): FactOption[] =>
  token?.read !== true
    ? []
    : token.value.keys.map(({ id, label, bits, spki }) =>
        row(
          id,
          label === '' ? id : label,
          spki === null
            ? 'the token does not show its public key'
            : bits === 2048 || bits === 3072
              ? null
              : `it has ${bits ?? 'an unknown number of'} bits; SQL Server’s connector takes 2,048 and 3,072`,
          { Size: `${bits ?? '?'} bits`, Id: id.slice(0, 24) },
        ),
      )

const signedIn = (facts: Facts): FormFacts['shown'] => [
  {
    label: 'Signed in as',
    value: principalText(facts.principal),
    source: facts.target.name,
    at: facts.readAt,
  },
]

const keyShown = (facts: Facts): FormFacts['shown'] => [
  ...(facts.origin === null
    ? []
    : [
        {
          label: 'Public key, SHA-256',
          value: `${facts.origin.spkiSha256} (${facts.origin.words}, ${facts.origin.bits} bits)`,
          source: 'Keyturn',
          at: facts.readAt,
        },
      ]),
  ...facts.sides.flatMap(({ name, file }) =>
    file?.ok === true
      ? [
          {
            label: `File for ${name}`,
            value: `wrapped for ${file.value.kid}`,
            source: `Keyturn, ${file.value.name}`,
            at: facts.readAt,
          },
        ]
      : [],
  ),
  ...(facts.source === null
    ? []
    : [shownOf(facts.source, 'Versions in the other vault', ({ versions }) => String(versions.length))]),
]

const fileChecks = ({ field, name, kek }: VaultSide): FormFacts['checks'] =>
  kek === null
    ? []
    : [
        {
          name: `Key of ${name} that opens the file`,
          state: !kek.read ? 'unknown' : kek.value?.refusal === null ? 'ok' : 'failed',
          detail: !kek.read
            ? kek.because
            : kek.value === null
              ? 'that version is not there, or no RSA key'
              : (kek.value.refusal ?? `${kek.value.name}, ${kek.value.bits} bits, for import alone`),
          at: kek.at,
          field: field === 'vault' ? 'file' : 'secondFile',
        },
      ]

/** What was asked and gave no answer. */
const reachChecks = ({ names, publicNames, token, server, source }: Facts): FormFacts['checks'] =>
  (
    [
      ['Folder of the files', names, 'place'],
      ['Folder of the public key', publicNames, 'publicPlace'],
      ['Token', token, 'hsm'],
      ['SQL Server', server, 'sql'],
      ['Vault of the backup', source, 'backupOf'],
    ] as const
  ).flatMap(([name, read, field]) =>
    read === null || read.read
      ? []
      : [{ name, state: 'unknown' as const, detail: read.because, at: read.at, field }],
  )

const suggestionsFor = (facts: Facts): FormFacts['suggested'] => ({
  exchangeName: { value: `import-${facts.plannedAt.slice(0, 4)}`, because: 'Says what it is for' },
  exchangeBits: { value: '4096', because: 'Not weaker than any key that is wrapped for it' },
  origin: { value: 'token', because: 'The token itself is the nearest witness' },
})
