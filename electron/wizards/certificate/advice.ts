import {
  makesFiles,
  readsLocalFiles,
  type CertificateDraft,
} from '../../../shared/forms/certificate-draft.ts'
import { renewingText } from '../../../shared/forms/certificate.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import {
  certificateNamed,
  keySizeNote,
  replicaWarnings,
  shortExpiry,
  smallKeyWarnings,
} from '../sqlserver/certificate-advice.ts'
import type { CertificateFact } from '../sqlserver/facts-model.ts'
import { note } from '../sqlserver/words.ts'
import { blockersFor } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import { replicasLeftOut, replicaText } from './replicas.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: CertificateDraft, facts: Facts, plan: Plan, mark: string): PlanAdvice => ({
  satisfied: [],
  blockers: blockersFor(draft, facts, plan),
  warnings: warningsOn(draft, facts),
  notes: notesOn(draft, facts, mark),
  factsAt: facts.readAt,
})

const warningsOn = (draft: CertificateDraft, facts: Facts): Warning[] => {
  const { task, certificateName: name } = draft
  const found = certificateNamed(facts, name)
  const server = facts.identity.serverName
  return [
    ...(task === 'create'
      ? [
          ...shortExpiry(name, draft.certificateExpiry, facts.readAt, 'certificate'),
          ...smallKeyWarnings(facts),
          ...renewing(draft, facts),
        ]
      : []),
    ...(makesFiles(task) ? fileWarnings(draft) : []),
    ...(task === 'export' ? neededBy(found) : []),
    ...(readsLocalFiles(task) ? localWarnings(draft, facts) : []),
    ...(task === 'import-server'
      ? [
          {
            what: 'Nothing is known of the files before the run',
            why: 'Only the server can read them. A private key of another certificate, a wrong password or missing rights of the service account show when it tries (SQL 15474, 15465, 15208); nothing is created then',
            screen: 'places',
          },
        ]
      : []),
    ...(task === 'copy'
      ? [...(facts.replicas.read ? [] : replicaWarnings(facts, [])), ...replicasLeftOut(draft, facts)]
      : task === 'compare'
        ? []
        : replicaWarnings(facts, [server])),
  ]
}

/** A new certificate beside one with the same use is often meant as a longer life of the old one. It never is. */
const renewing = (draft: CertificateDraft, facts: Facts): Warning[] => {
  const inUse = facts.certificates.read
    ? facts.certificates.value.filter(
        ({ backups, protects }) => (backups ?? 0) > 0 || (protects ?? []).length > 0,
      )
    : []
  return inUse.length === 0 || draft.keyUse === 'other'
    ? []
    : [
        {
          what: `${inUse.map(({ name }) => name).join(', ')} must stay beside ${draft.certificateName}`,
          why: renewingText,
          screen: 'certificate',
        },
      ]
}

const fileWarnings = (draft: CertificateDraft): Warning[] => [
  ...(draft.proveOnServer
    ? []
    : [
        {
          what: 'The key files on the server are not opened',
          why: 'They are known only as written',
          screen: 'places',
        },
      ]),
  ...(draft.localCopy === null
    ? [
        {
          what: 'No copy of the pair leaves the server',
          why: 'If that server’s disk is lost, the key files and what they open are lost together',
          screen: 'places',
        },
      ]
    : []),
]

const neededBy = (found: CertificateFact | undefined): Warning[] =>
  found === undefined || found.lastExport !== null
    ? []
    : [
        {
          what: `The private key of ${found.name} was never exported, as the catalog says`,
          why: `${found.backups ?? 'An unknown number of'} backups on record need it. This plan exports it for the first time`,
          screen: null,
        },
      ]

const localWarnings = (draft: CertificateDraft, facts: Facts): Warning[] => {
  const file = facts.local?.read === true ? facts.local.value.certificate : null
  const expiry = file?.certificate?.notAfter.toISOString().slice(0, 10)
  return [
    ...(draft.task === 'import-local' && expiry !== undefined
      ? shortExpiry(draft.certificateName, expiry, facts.readAt, null)
      : []),
    ...(file?.pfx === true && draft.task === 'import-local'
      ? [
          {
            what: `What is in ${file.name} shows only when it is opened`,
            why: 'The first step of the run opens it here. If its key is too large, or is in master under another name, nothing is sent',
            screen: null,
          },
        ]
      : []),
    ...(draft.task === 'compare' && draft.certificateFilePassword === null
      ? [
          {
            what: 'The private key file is not opened',
            why: 'Without its password only the certificate is compared',
            screen: 'places',
          },
        ]
      : []),
  ]
}

const notesOn = (draft: CertificateDraft, facts: Facts, mark: string): Evidence[] => {
  const { task, certificateName: name } = draft
  const file = facts.local?.read === true ? facts.local.value.certificate : null
  const own = (statement: string, value: string): Evidence => ({
    statement,
    value,
    source: facts.local?.source ?? 'Keyturn',
    at: facts.readAt,
  })
  return [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    ...(task === 'create' ? [keySizeNote(facts)] : []),
    ...(task === 'create' || task === 'import-local' || task === 'import-server'
      ? []
      : [
          note(
            facts.certificates,
            `Thumbprint of ${name}`,
            () => certificateNamed(facts, name)?.thumbprint ?? 'not there',
          ),
        ]),
    ...(file === null || file.certificate === null
      ? []
      : [
          own(`Thumbprint of ${file.name}`, file.certificate.thumbprint),
          own(`Key of ${file.name}`, `${file.certificate.bits} bits`),
        ]),
    ...(task === 'copy'
      ? [
          note(
            facts.replicas,
            'Replicas that the catalog names',
            () => facts.replicasNamed.map(replicaText).join('; ') || 'none',
          ),
        ]
      : []),
    ...(makesFiles(task)
      ? [
          {
            statement: 'Mark of this run, in every name that it gives',
            value: mark,
            source: 'Keyturn',
            at: facts.readAt,
          },
        ]
      : []),
  ]
}
