import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import {
  certificateNamed,
  masterKeyBlockers,
  notReadBlocker,
  rightBlocker,
  secretBlockers,
} from '../sqlserver/certificate-advice.ts'
import type { CertificateFact } from '../sqlserver/facts-model.ts'
import { groupBlockers, placeBlockers, recipientBlockers } from '../escrow/blockers.ts'
import type { Facts } from './facts-model.ts'
import { itemsOf, passphraseHole, passwordsOf, useOf, type PlannedItem } from './items.ts'

export const blockersFor = (draft: EscrowExportDraft, facts: Facts, plan: Plan): Blocker[] => [
  ...(draft.certificates.length === 0 ? [] : certificateBlockers(draft, facts)),
  ...fileBlockers(draft, facts),
  ...sameKeyBlockers(itemsOf(draft, facts)),
  ...passwordsOf(draft).flatMap((handle) =>
    facts.kept.some((one) => one.handle === handle)
      ? []
      : [block('A chosen password is not kept any more', 'Not in the keyring', 'Choose again', 'keys')],
  ),
  ...groupBlockers(draft, facts),
  ...recipientBlockers(draft, facts),
  ...placeBlockers(facts.places, 'places'),
  ...secretBlockers(plan, facts.secrets, (hole) => (hole === passphraseHole ? 'files' : 'keys')),
]

const block = (what: string, measured: string, limit: string, screen: string): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

/** Why the pair of it can’t be taken out of the server, or null. Its expiry does not matter for that. */
export const exportRefusal = ({ privateKey, thumbprint }: CertificateFact): string | null => {
  if (privateKey === 'NA') return 'no private key on this server'
  if (privateKey === 'PW') return 'private key under a password, not under the master key'
  if (privateKey !== 'MK') return 'private key not under the master key'
  return thumbprint === null ? 'its thumbprint could not be read' : null
}

const certificateBlockers = (draft: EscrowExportDraft, facts: Facts): Blocker[] => {
  const unread = notReadBlocker(facts, 'keys')
  if (unread.length > 0) return unread
  return [
    ...masterKeyBlockers(facts, 'keys'),
    ...rightBlocker(facts, 'controlMaster', 'CONTROL on master', 'Needed to export a private key', 'keys'),
    ...draft.certificates.flatMap((name) => oneCertificate(name, draft, facts)),
  ]
}

const oneCertificate = (name: string, draft: EscrowExportDraft, facts: Facts): Blocker[] => {
  const found = certificateNamed(facts, name)
  const half = facts.publicHalves.read ? facts.publicHalves.value.find((one) => one.name === name) : undefined
  const reason =
    found === undefined
      ? 'not there, or not visible with this login'
      : (exportRefusal(found) ??
        (half === undefined
          ? facts.publicHalves.read
            ? 'the server does not give its public half'
            : facts.publicHalves.because
          : null))
  if (reason !== null) {
    const limit = 'A certificate of master whose private key is under the master key'
    return [block(`Certificate ${name} can’t be escrowed`, reason, limit, 'keys')]
  }
  return found !== undefined && useOf(found) === null && !draft.othersEncrypt
    ? [
        block(
          `Nothing on record uses certificate ${name}: its key may be one that signs`,
          `${found.backups ?? 'unknown'} backups, ${found.protects === null ? 'TDE not visible' : 'no TDE database'}`,
          'A key that encrypts. If it does, say so beside the list; a key that signs is replaced when it is lost, not escrowed',
          'keys',
        ),
      ]
    : []
}

const fileBlockers = (draft: EscrowExportDraft, facts: Facts): Blocker[] => {
  const wanted = [
    draft.certificateFile,
    draft.privateKeyFile,
    draft.masterKeyFile,
    ...draft.vaultBackups,
  ].filter((name) => name !== '')
  if (wanted.length === 0) return []
  const { files } = facts
  if (files === null || !files.read)
    return [
      block(
        'The folder with the key files was not read',
        files === null ? 'No folder is picked' : files.because,
        'Pick it again',
        'files',
      ),
    ]
  return [
    ...wanted.flatMap((name) => {
      const found = files.value.chosen.find((one) => one.name === name)
      if (found === undefined)
        return [block(`${name} is not there`, files.value.label, 'A file of the picked folder', 'files')]
      const limit = 'A file of at most 1 MB; a certificate: self-signed in DER, or a .pfx'
      return found.problem === null ? [] : [block(`${name} can’t be used`, found.problem, limit, 'files')]
    }),
    ...(draft.certificateFile === '' || draft.othersEncrypt
      ? []
      : [
          block(
            `Nothing says what the key of ${draft.certificateFile} is for: it may be one that signs`,
            'A file says nothing of its use',
            'A key that encrypts. If it does, say so beside the list of certificates; a key that signs is replaced when it is lost, not escrowed',
            'keys',
          ),
        ]),
  ]
}

/** A server takes a certificate once: a drill that restores the second one would end there. */
const sameKeyBlockers = (items: readonly PlannedItem[]): Blocker[] =>
  items.flatMap((item, index) => {
    const key = 'spkiSha256' in item ? item.spkiSha256 : null
    const before = items
      .slice(0, index)
      .find((one) => key !== null && 'spkiSha256' in one && one.spkiSha256 === key)
    return before === undefined
      ? []
      : [
          block(
            `${item.name} has the key of ${before.name}`,
            `Public key, SHA-256 ${key ?? ''}`,
            'Each key once in a package',
            item.kind === 'certificate-file' ? 'files' : 'keys',
          ),
        ]
  })
