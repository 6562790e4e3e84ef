import { renewingText } from '../../../shared/forms/certificate.ts'
import type { RotationDraft } from '../../../shared/forms/backup-certificate-rotation.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Blocker, Plan, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import { stillNeededText } from '../../../shared/model/retention.ts'
import {
  certificateNamed,
  expiryBlockers,
  folderBlockers,
  keySizeNote,
  masterKeyBlockers,
  nameBlockers,
  notReadBlocker,
  pfxBlockers,
  placeBlockers,
  replicaWarnings,
  rightBlocker,
  secretBlockers,
  shortExpiry,
  smallKeyWarnings,
} from '../sqlserver/certificate-advice.ts'
import { editionRefusal, firstEncryptingMajor } from '../sqlserver/certificate-rules.ts'
import type { CertificateFact } from '../sqlserver/facts-model.ts'
import { agentStepText } from '../sqlserver/read-certificate-users.ts'
import { note } from '../sqlserver/words.ts'
import type { Facts } from './facts.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: RotationDraft, facts: Facts, plan: Plan, mark: string): PlanAdvice => ({
  satisfied: [],
  blockers: blockersFor(draft, facts, plan),
  warnings: warningsOn(draft, facts),
  notes: notesOn(draft, facts, mark),
  factsAt: facts.readAt,
})

/** Why it is no certificate that can be kept for its backups, or null. Its expiry does not matter. */
export const oldRefusal = ({ privateKey, thumbprint }: CertificateFact): string | null => {
  if (privateKey === 'NA') return 'no private key on this server: no backup can have been taken with it here'
  return thumbprint === null ? 'its thumbprint could not be read' : null
}

const blockersFor = (draft: RotationDraft, facts: Facts, plan: Plan): Blocker[] => {
  const { oldCertificate, certificateName: name } = draft
  const old = certificateNamed(facts, oldCertificate)
  const reason = old === undefined ? 'not there, or not visible with this login' : oldRefusal(old)
  return [
    ...editionBlockers(facts),
    ...notReadBlocker(facts, 'certificates'),
    ...masterKeyBlockers(facts, 'certificates'),
    ...(facts.certificates.read && reason !== null
      ? [
          {
            what: `Certificate ${oldCertificate} can’t be replaced`,
            measured: reason,
            limit: 'A certificate of master with its private key',
            screen: 'certificates',
          },
        ]
      : []),
    ...(facts.certificates.read ? nameBlockers(facts, name, 'certificates') : []),
    ...expiryBlockers(facts, draft.certificateExpiry, 'certificates'),
    ...rightBlocker(
      facts,
      'createCertificate',
      'CREATE CERTIFICATE',
      'Needed to add a certificate to master',
      'certificates',
    ),
    ...rightBlocker(
      facts,
      'controlMaster',
      'CONTROL on master',
      'Needed to export a private key',
      'certificates',
    ),
    ...(draft.proveOnServer
      ? rightBlocker(
          facts,
          'createDatabase',
          'CREATE ANY DATABASE',
          'Needed for the scratch database',
          'files',
        )
      : []),
    ...folderBlockers(facts.keyFolder, draft.keyFolder, 'files'),
    ...(draft.format === 'pfx' ? pfxBlockers(facts, 'files') : []),
    ...placeBlockers(draft.localCopy, facts.localCopyLabel, 'files'),
    ...secretBlockers(plan, facts.secrets, () => 'files'),
  ]
}

/** Where no encrypted backup can be taken there is no backup certificate to replace. */
const editionBlockers = ({ server }: Facts): Blocker[] => {
  if (!server.read) return []
  const { major, version, edition, engineEdition } = server.value
  const measured =
    major < firstEncryptingMajor ? `Version ${version}` : editionRefusal(edition, engineEdition)
  return measured === null
    ? []
    : [
        {
          what: 'This server does not create encrypted backups',
          measured,
          limit: 'SQL Server 2014 (12) or later; Enterprise, Standard or Developer',
          screen: 'certificates',
        },
      ]
}

const warningsOn = (draft: RotationDraft, facts: Facts): Warning[] => {
  const { oldCertificate, certificateName: name } = draft
  const old = certificateNamed(facts, oldCertificate)
  const { agentSteps } = facts
  return [
    {
      what: `${oldCertificate} must stay: ${old === undefined ? 'what needs it was not read' : usersOf(old)}`,
      why: renewingText,
      screen: 'certificates',
    },
    ...(old !== undefined && (old.protects ?? []).length > 0
      ? [
          {
            what: `${oldCertificate} also guards TDE of ${(old.protects ?? []).join(', ')}`,
            why: 'This plan does not change that. The TDE job rotates the protector of those databases',
            screen: null,
          },
        ]
      : []),
    ...(agentSteps === null
      ? []
      : !agentSteps.read
        ? [
            {
              what: 'SQL Server Agent jobs: not read',
              why: `${agentSteps.because}. Jobs that name ${oldCertificate} go on using it until they are changed, and fail after it expires (SQL 3096)`,
              screen: null,
            },
          ]
        : agentSteps.value.map((step) => ({
            what: `Job ${agentStepText(step)} names ${oldCertificate}`,
            why: `Put ${name} in its place after this run. Keyturn does not change jobs, and does not read their text beyond the name`,
            screen: null,
          }))),
    ...shortExpiry(name, draft.certificateExpiry, facts.readAt, 'certificates'),
    ...smallKeyWarnings(facts),
    ...(draft.proveOnServer
      ? []
      : [
          {
            what: 'The key files on the server are not opened',
            why: 'They are known only as written',
            screen: 'files',
          },
        ]),
    ...replicaWarnings(facts, [facts.identity.serverName]),
  ]
}

const usersOf = (old: CertificateFact): string =>
  old.backups === null
    ? 'its backups are not visible with this login'
    : stillNeededText({ backups: old.backups, keptUntil: old.keptUntil, withoutEnd: old.withoutEnd })

/** Old and new side by side: the new one has no thumbprint before the server made it, and never the old one's. */
const notesOn = (draft: RotationDraft, facts: Facts, mark: string): Evidence[] => {
  const { oldCertificate, certificateName: name } = draft
  const old = certificateNamed(facts, oldCertificate)
  return [
    note(facts.certificates, `Old: ${oldCertificate}`, () =>
      old === undefined
        ? 'not there'
        : `thumbprint ${old.thumbprint ?? 'not read'}, until ${old.expiresOn} (UTC), subject “${old.subject}”`,
    ),
    {
      statement: `New: ${name}`,
      value: `another thumbprint, made by the server in step 1; until ${draft.certificateExpiry} (UTC), subject “${draft.certificateSubject}”`,
      source: 'Keyturn',
      at: facts.readAt,
    },
    note(facts.certificates, `${oldCertificate} is still needed by`, () =>
      old === undefined ? 'not read' : usersOf(old),
    ),
    ...(facts.agentSteps === null
      ? []
      : [
          note(facts.agentSteps, `Job steps that name ${oldCertificate}`, (steps) =>
            steps.length === 0 ? '0' : steps.map(agentStepText).join('; '),
          ),
        ]),
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    keySizeNote(facts),
    {
      statement: 'Mark of this run, in every name that it gives',
      value: mark,
      source: 'Keyturn',
      at: facts.readAt,
    },
  ]
}
