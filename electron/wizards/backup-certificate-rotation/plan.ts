import type { RotationDraft } from '../../../shared/forms/backup-certificate-rotation.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import { certificateNamed, reliedOnServer } from '../sqlserver/certificate-advice.ts'
import {
  createCertificateStep,
  exportCertificateStep,
  fetchPairStep,
  pairNames,
  proveOnServerSteps,
  type CertificateExport,
} from '../sqlserver/plan-certificate.ts'
import { numbered, secretsOf, type Draftstep } from '../sqlserver/plan-parts.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts.ts'

/** Pure: the same draft, facts and run id give the same plan. Nothing in it touches the old certificate. */
export const planRotation = (draft: RotationDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const { certificateName: certificate, oldCertificate, format } = draft
  const names = pairNames(certificate, draft.keyFolder, facts.plannedOn, runMark(runId))
  const spec: CertificateExport = {
    certificate,
    thumbprint: null,
    files:
      format === 'pfx'
        ? { certificate: names.pfxFile, privateKey: null }
        : { certificate: names.certificateFile, privateKey: names.privateKeyFile },
    probe: fileProbeFor(majorOf(facts)),
  }
  const old = certificateNamed(facts, oldCertificate)?.thumbprint ?? null
  const steps = numbered(
    [
      createCertificateStep({
        certificate,
        subject: draft.certificateSubject,
        expiry: draft.certificateExpiry,
        usedBy: null,
      }),
      exportCertificateStep(spec),
      ...(draft.proveOnServer ? proveOnServerSteps({ ...spec, names, masterKeyFile: null }) : []),
      fetchPairStep({ ...spec, names, server: facts.target.name, place: draft.localCopy }),
      ...(old === null ? [] : [keepStep(oldCertificate, old, certificate)]),
    ],
    facts.target,
  )
  const handle = draft.certificateFilePassword
  const plan: Plan = {
    format: 1,
    job: 'backup-certificate-rotation',
    runId,
    title: `Rotation of the backup certificate of ${facts.target.name}: ${oldCertificate} to ${certificate}`,
    targets: [{ ref: facts.target, identity: { ...facts.identity } }],
    steps,
    secrets: secretsOf(
      steps,
      (hole) =>
        hole === 'certificate_file_password' && handle !== '' ? { handle, target: facts.target } : null,
      facts.secrets,
    ),
    relied: reliedOnServer(facts, [oldCertificate, certificate]),
  }
  return { plan, advice: adviceOn(draft, facts, plan, runMark(runId)) }
}

const keepStep = (certificate: string, thumbprint: string, replacedBy: string): Draftstep => ({
  kind: 'keep-old-certificate',
  title: `Keep certificate ${certificate}, and list what needs it`,
  now: `${certificate} is in master`,
  after: `It is there as it was, with its private key; its backups and the jobs that name it are listed`,
  scripts: [],
  params: { certificate, thumbprint, replacedBy },
  permission: 'VIEW DEFINITION on the certificate; SELECT in msdb to list backups and jobs',
  undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
  resume: 'named',
  stopNow: null,
})
