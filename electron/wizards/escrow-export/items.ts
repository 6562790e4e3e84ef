import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import { certificateNamed } from '../sqlserver/certificate-advice.ts'
import type { CertificateFact } from '../sqlserver/facts-model.ts'
import { sideOf } from '../escrow/azure-side.ts'
import { vaultKeyItems } from './vault-items.ts'
import type { Facts, KeptPassword, KeyFile, PublicHalf } from './facts-model.ts'

export type PlannedItem = ParamsOf<'write-escrow-package'>['items'][number]

/** Passwords that the run needs: those that become items, and those that only open a file here. */
export const passwordsOf = (draft: EscrowExportDraft): string[] => [
  ...new Set(
    [...draft.keptPasswords, ...masterKeyPasswords(draft), pairPassword(draft)].filter((one) => one !== null),
  ),
]

/** Of the chosen files alone: an answer to a field that is not asked any more counts for nothing. */
const masterKeyPasswords = (draft: EscrowExportDraft): (string | null)[] => [
  draft.masterKeyFile === '' ? null : draft.masterKeyPassword,
  draft.serviceKeyFile === '' ? null : draft.serviceKeyPassword,
]

const pairPassword = ({ certificateFile, pairPassword: handle }: EscrowExportDraft): string | null =>
  certificateFile === '' ? null : handle

/** Name of a kept password among the secrets of the run. */
export const holeOf = (draft: EscrowExportDraft, handle: string): string =>
  `kept_password_${String(passwordsOf(draft).indexOf(handle) + 1).padStart(2, '0')}`

export const passphraseHole = 'escrowed_passphrase'

/** What the package will hold, in the order of the screens. What is missing is left out: the review blocks on it. */
export const itemsOf = (draft: EscrowExportDraft, facts: Facts): PlannedItem[] => {
  const keys = [
    ...draft.certificates.flatMap((name) => {
      const found = certificateNamed(facts, name)
      const half = facts.publicHalves.read
        ? facts.publicHalves.value.find((one) => one.name === name)
        : undefined
      return found === undefined || half === undefined ? [] : [certificateItem(found, half, facts)]
    }),
    ...pairItem(draft, facts),
  ]
  const handles = escrowedPasswords(draft).filter((handle) => facts.kept.some((one) => one.handle === handle))
  const masterKeys = [
    [draft.masterKeyFile, draft.masterKeyPassword, 'master-key'],
    [draft.serviceKeyFile, draft.serviceKeyPassword, 'service-master-key'],
  ] as const
  return [
    ...keys,
    ...handles.flatMap((handle) => {
      const kept = facts.kept.find((one) => one.handle === handle)
      return kept === undefined ? [] : [passwordItem(kept, holeOf(draft, handle), facts)]
    }),
    ...masterKeys.flatMap(([name, password, what]) => {
      const file = chosenFile(facts, name)
      const at = handles.indexOf(password ?? '')
      return file === undefined || at < 0 ? [] : [keyFile(draft, facts, file, what, keys.length + at + 1)]
    }),
    ...vaultKeyItems(sideOf(facts.azure), plain),
    ...draft.vaultBackups.flatMap((name) => {
      const file = chosenFile(facts, name)
      return file === undefined ? [] : [keyFile(draft, facts, file, 'vault-key-backup', null)]
    }),
    ...passphraseItem(draft, facts),
  ]
}

export const chosenFile = ({ files }: Pick<Facts, 'files'>, name: string): KeyFile | undefined =>
  files?.read === true && name !== ''
    ? files.value.chosen.find((one) => one.name === name && one.problem === null)
    : undefined

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

const noPeriods = {
  originatorPeriod: { from: null, to: null },
  recipientPeriod: { from: null, to: null },
}
const asTheOperatorSays = 'encrypts, as the operator says; nothing on record uses it'

const fromServer = ({ target, identity }: Facts) => ({
  target: plain(target.name),
  identity: plain(identity.serverName || target.name),
})

const fromFile = (name: string, { sha256 }: { sha256: string }) => ({
  target: plain(`file ${name}`),
  identity: `SHA-256 ${sha256}`,
})

const certificateItem = (found: CertificateFact, { facts: half }: PublicHalf, facts: Facts): PlannedItem => ({
  kind: 'certificate',
  certificate: found.name,
  thumbprint: half.thumbprint,
  spkiSha256: half.publicKeySpkiSha256.toLowerCase(),
  bits: half.bits,
  name: plain(`Certificate ${found.name}`, longestName),
  from: fromServer(facts),
  purpose: plain(useOf(found) ?? asTheOperatorSays),
  // What it opened it still opens: an expired key protects nothing new.
  state: half.notAfter.toISOString() <= facts.readAt ? 'deactivated' : 'active',
  sqlNames: [plain(`${facts.identity.serverName || facts.target.name}.master.${found.name}`)],
  originatorPeriod: { from: half.notBefore.toISOString(), to: half.notAfter.toISOString() },
  recipientPeriod: { from: half.notBefore.toISOString(), to: null },
})

const pairItem = (draft: EscrowExportDraft, facts: Facts): PlannedItem[] => {
  const certificate = chosenFile(facts, draft.certificateFile)
  const privateKey = chosenFile(facts, draft.privateKeyFile)
  if (certificate === undefined || (draft.privateKeyFile !== '' && privateKey === undefined)) return []
  const shown = certificate.certificate
  const password = pairPassword(draft)
  return [
    {
      kind: 'certificate-file',
      place: draft.fileFolder ?? '',
      certificateFile: certificate.name,
      privateKeyFile: privateKey?.name ?? null,
      sha256: { certificate: certificate.sha256, privateKey: privateKey?.sha256 ?? null },
      hole: password === null ? null : holeOf(draft, password),
      thumbprint: shown?.thumbprint ?? null,
      spkiSha256: shown?.publicKeySpkiSha256.toLowerCase() ?? null,
      name: plain(`Certificate of ${certificate.name}`, longestName),
      from: fromFile(certificate.name, certificate),
      purpose: asTheOperatorSays,
      state: shown !== null && shown.notAfter.toISOString() <= facts.readAt ? 'deactivated' : 'active',
      sqlNames: [],
      ...(shown === null
        ? noPeriods
        : {
            originatorPeriod: { from: shown.notBefore.toISOString(), to: shown.notAfter.toISOString() },
            recipientPeriod: { from: shown.notBefore.toISOString(), to: null },
          }),
    },
  ]
}

const holds = {
  'master-key': { name: 'Database master key', purpose: 'restores a database master key of SQL Server' },
  'service-master-key': {
    name: 'Service master key',
    purpose: 'restores the service master key of a SQL Server',
  },
  'vault-key-backup': {
    name: 'Vault key',
    purpose: 'restores a key into a vault of the same subscription and geography',
  },
} as const

const keyFile = (
  draft: EscrowExportDraft,
  facts: Facts,
  file: KeyFile,
  what: keyof typeof holds,
  passwordItem: number | null,
): PlannedItem => ({
  kind: 'key-file',
  holds: what,
  place: draft.fileFolder ?? '',
  file: file.name,
  sha256: file.sha256,
  passwordItem,
  name: plain(`${holds[what].name}, backup ${file.name}`, longestName),
  from: fromFile(file.name, file),
  purpose: holds[what].purpose,
  state: 'active',
  sqlNames: what === 'vault-key-backup' ? [] : [plain(facts.identity.serverName || facts.target.name)],
  ...noPeriods,
})

const opens = {
  'sql.key-file-password': 'opens private key files of this server',
  'sql.dmk-password': 'opens a database master key of this server',
  'sql.smk-file-password': 'opens a file with the service master key of this server',
} as const

/** Handles of the passwords that become items of their own, in their order. */
const escrowedPasswords = (draft: EscrowExportDraft): string[] => [
  ...new Set([...draft.keptPasswords, ...masterKeyPasswords(draft).filter((one) => one !== null)]),
]

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
  ...noPeriods,
})

const passphraseItem = (draft: EscrowExportDraft, facts: Facts): PlannedItem[] =>
  draft.passphrase === null || facts.secrets[draft.passphrase] === undefined
    ? []
    : [
        {
          kind: 'passphrase-record',
          hole: passphraseHole,
          generation: { number: draft.passphraseGeneration, backupId: plain(draft.passphraseBackup) },
          name: plain(`Passphrase: ${draft.passphraseName}`, longestName),
          from: { target: plain(draft.passphraseName), identity: 'typed by the operator' },
          purpose: 'opens the backup that its generation names',
          state: 'active',
          sqlNames: [],
          ...noPeriods,
        },
      ]
