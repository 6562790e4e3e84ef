import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import { certificateNamed } from '../sqlserver/certificate-advice.ts'
import type { CertificateFact } from '../sqlserver/facts-model.ts'
import type { Facts, KeptPassword, PublicHalf } from './facts-model.ts'

export type PlannedItem = ParamsOf<'write-escrow-package'>['items'][number]

/** Name of a kept password among the secrets of the run. */
export const holeOf = (index: number): string => `kept_password_${String(index + 1).padStart(2, '0')}`

/** What the package will hold: certificates in the order of their choice, then passwords. What is missing is left out. */
export const itemsOf = (draft: EscrowExportDraft, facts: Facts): PlannedItem[] => [
  ...draft.certificates.flatMap((name) => {
    const found = certificateNamed(facts, name)
    const half = facts.publicHalves.read
      ? facts.publicHalves.value.find((one) => one.name === name)
      : undefined
    return found === undefined || half === undefined ? [] : [certificateItem(found, half, facts)]
  }),
  ...draft.keptPasswords.flatMap((handle, index) => {
    const kept = facts.kept.find((one) => one.handle === handle)
    return kept === undefined ? [] : [passwordItem(kept, holeOf(index), facts)]
  }),
]

/** What this server knows of its use; null: nothing. A key that only signs shows no use here. */
export const useOf = ({ backups, protects }: CertificateFact): string | null => {
  const uses = [
    ...((backups ?? 0) > 0 ? [`opens ${backups} backups on record`] : []),
    ...((protects ?? []).length > 0 ? [`guards the databases ${(protects ?? []).join(', ')}`] : []),
  ]
  return uses.length === 0 ? null : uses.join('; ')
}

const longestName = 120
const longestText = 400
const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text
/** Names of servers, databases and labels in a manifest: one line, nothing that hides. */
const plain = (text: string, most = longestText): string =>
  cut(text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ').trim() || '-', most)

const fromServer = ({ target, identity }: Facts) => ({
  target: plain(target.name),
  identity: plain(identity.serverName || target.name),
})

const certificateItem = (found: CertificateFact, { facts: half }: PublicHalf, facts: Facts): PlannedItem => {
  const expired = half.notAfter.toISOString() <= facts.readAt
  return {
    kind: 'certificate',
    certificate: found.name,
    thumbprint: half.thumbprint,
    spkiSha256: half.publicKeySpkiSha256.toLowerCase(),
    bits: half.bits,
    name: plain(`Certificate ${found.name}`, longestName),
    from: fromServer(facts),
    purpose: plain(useOf(found) ?? 'encrypts, as the operator says; nothing on record uses it'),
    // What it opened it still opens: an expired key protects nothing new.
    state: expired ? 'deactivated' : 'active',
    sqlNames: [plain(`${facts.identity.serverName || facts.target.name}.master.${found.name}`)],
    originatorPeriod: { from: half.notBefore.toISOString(), to: half.notAfter.toISOString() },
    recipientPeriod: { from: half.notBefore.toISOString(), to: null },
  }
}

const opens = {
  'sql.key-file-password': 'opens private key files of this server',
  'sql.dmk-password': 'opens a database master key of this server',
  'sql.smk-file-password': 'opens a file with the service master key of this server',
} as const

const passwordItem = (kept: KeptPassword, hole: string, facts: Facts): PlannedItem => ({
  kind: 'passphrase-record',
  hole,
  generation: null,
  name: plain(`Password: ${kept.label}`, longestName),
  from: {
    target: plain(facts.target.name),
    identity: plain(`keyring, generation ${kept.generation}, kept ${kept.keptAt}`),
  },
  purpose: opens[kept.purpose as keyof typeof opens] ?? 'opens something of this server',
  state: 'active',
  sqlNames: [],
  originatorPeriod: { from: null, to: null },
  recipientPeriod: { from: null, to: null },
})
