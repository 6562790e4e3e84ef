import type { CertificateDraft } from '../../../shared/forms/certificate-draft.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, PlanTarget, ReliedFact, SecretUse } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import { certificateNamed, reliedOnServer } from '../sqlserver/certificate-advice.ts'
import type { ServerFacts } from '../sqlserver/facts-model.ts'
import {
  createCertificateStep,
  exportCertificateStep,
  fetchPairStep,
  pairNames,
  proveOnServerSteps,
  type CertificateExport,
} from '../sqlserver/plan-certificate.ts'
import { copySteps, compareSteps, localImportSteps, serverImportSteps } from '../sqlserver/plan-imports.ts'
import { namedSecret, numbered, secretsOf, type Draftstep } from '../sqlserver/plan-parts.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planCertificate = (draft: CertificateDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const steps = numbered(stepsOf(draft, facts, runId), facts.target)
  const plan: Plan = {
    format: 1,
    job: 'certificate',
    runId,
    title: titleOf(draft, facts),
    targets: [facts, ...reachedBy(facts)].map(({ target, identity }): PlanTarget => ({
      ref: target,
      identity: { ...identity },
    })),
    steps,
    secrets: secretsFor(draft, facts, steps),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts, plan, runMark(runId)) }
}

/** The servers that get a copy and answered. */
export const reachedBy = (facts: Facts): ServerFacts[] =>
  facts.others.flatMap((other) => (other.answered ? [other.facts] : []))

const stepsOf = (draft: CertificateDraft, facts: Facts, runId: RunId): Draftstep[] => {
  const { task, certificateName: certificate } = draft
  switch (task) {
    case 'create':
    case 'export':
      return exportSteps(draft, facts, runId)
    case 'import-local':
      return localImportSteps(localSpec(draft, facts))
    case 'import-server':
      return serverImportSteps({
        certificate,
        folder: draft.keyFolder,
        certificateFile: draft.serverCertificateFile,
        privateKeyFile: draft.serverPrivateKeyFile === '' ? null : draft.serverPrivateKeyFile,
        forTde: draft.keyUse === 'tde',
      })
    case 'compare':
      return compareSteps({
        ...localSpec(draft, facts),
        inMaster: certificateNamed(facts, certificate)?.thumbprint ?? null,
        withPassword: draft.certificateFilePassword !== null,
      })
    case 'copy':
      return copySteps({
        certificate,
        thumbprint: certificateNamed(facts, certificate)?.thumbprint ?? null,
        from: facts.target,
        to: reachedBy(facts),
      })
  }
}

const exportSteps = (draft: CertificateDraft, facts: Facts, runId: RunId): Draftstep[] => {
  const { certificateName: certificate, format, localCopy } = draft
  const names = pairNames(certificate, draft.keyFolder, facts.plannedOn, runMark(runId))
  const spec: CertificateExport = {
    certificate,
    thumbprint: draft.task === 'create' ? null : (certificateNamed(facts, certificate)?.thumbprint ?? null),
    files:
      format === 'pfx'
        ? { certificate: names.pfxFile, privateKey: null }
        : { certificate: names.certificateFile, privateKey: names.privateKeyFile },
    probe: fileProbeFor(majorOf(facts)),
  }
  return [
    ...(draft.task === 'create'
      ? [
          createCertificateStep({
            certificate,
            subject: draft.certificateSubject,
            expiry: draft.certificateExpiry,
            usedBy: null,
          }),
        ]
      : []),
    exportCertificateStep(spec),
    ...(draft.proveOnServer ? proveOnServerSteps({ ...spec, names, masterKeyFile: null }) : []),
    ...(localCopy === null
      ? []
      : [fetchPairStep({ ...spec, names, server: facts.target.name, place: localCopy })]),
  ]
}

const localSpec = (draft: CertificateDraft, facts: Facts) => {
  const files = facts.local?.read === true ? facts.local.value : null
  return {
    certificate: draft.certificateName,
    forTde: draft.keyUse === 'tde',
    files: {
      place: draft.sourceFolder ?? '',
      certificateFile: draft.sourceCertificateFile,
      privateKeyFile: draft.sourcePrivateKeyFile === '' ? null : draft.sourcePrivateKeyFile,
      sha256: {
        certificate: files?.certificate?.sha256 ?? '',
        privateKey: draft.sourcePrivateKeyFile === '' ? null : (files?.privateKey?.sha256 ?? ''),
      },
      thumbprint: files?.certificate?.certificate?.thumbprint ?? null,
    },
  }
}

/** Files of the person are opened here, so no statement has a hole for their password. */
const secretsFor = (draft: CertificateDraft, facts: Facts, steps: Plan['steps']): SecretUse[] => {
  const handle = draft.certificateFilePassword
  if (handle === null) return []
  if (draft.task === 'import-local' || draft.task === 'compare') {
    return [
      namedSecret(
        'certificate_file_password',
        'sql.key-file-password',
        { handle, target: facts.target },
        facts.secrets,
      ),
    ]
  }
  return secretsOf(
    steps,
    (hole) => (hole === 'certificate_file_password' ? { handle, target: facts.target } : null),
    facts.secrets,
  )
}

const titleOf = ({ task, certificateName: name, replicas }: CertificateDraft, { target }: Facts): string => {
  switch (task) {
    case 'create':
      return `Certificate ${name} on ${target.name}`
    case 'export':
      return `Export of certificate ${name} of ${target.name}`
    case 'import-local':
    case 'import-server':
      return `Import of certificate ${name} to ${target.name}`
    case 'compare':
      return `Comparison of files with certificate ${name} of ${target.name}`
    case 'copy':
      return `Copy of certificate ${name} from ${target.name} to ${replicas.length === 1 ? '1 server' : `${replicas.length} servers`}`
  }
}

const reliedOn = (draft: CertificateDraft, facts: Facts): ReliedFact[] => {
  const files = facts.local?.read === true ? facts.local : null
  return [
    ...reliedOnServer(facts, [draft.certificateName]),
    ...[files?.value.certificate, files?.value.privateKey].flatMap((file) =>
      file == null || files === null
        ? []
        : [{ target: files.value.label, fact: `SHA-256 of ${file.name}`, value: file.sha256 }],
    ),
    ...reachedBy(facts).flatMap((other) => reliedOnServer(other, [draft.certificateName])),
  ]
}
