import type { TdeDraft } from '../../../shared/forms/tde-draft.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import * as tsql from '../../scripts/tsql/tde.ts'
import type { StepKind } from '../../scripts/runbook/step-params.ts'
import { certificateNamed } from '../sqlserver/certificate-advice.ts'
import {
  createCertificateStep,
  exportCertificateStep,
  fetchPairStep,
  pairNames,
  proveOnServerSteps,
  type CertificateExport,
} from '../sqlserver/plan-certificate.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import type { Facts } from './facts-model.ts'
import { turnOnStep, watchReplicaSteps, watchStep } from '../sqlserver/plan-tde.ts'
import { keyOf, replicasOf, scansShown } from '../sqlserver/tde-facts.ts'
import { logPlan, protectorOf } from './facts-words.ts'
import { logStepsBeforeChange } from '../sqlserver/plan-log.ts'

/** The certificate, and everything that proves its copies; nothing is put under it before. */
const protectorSteps = (
  draft: TdeDraft,
  facts: Facts,
  mark: string,
  firstUse: StepKind,
): { steps: Draftstep[]; certificate: string; thumbprint: string | null } => {
  const { certificateName: certificate, format, certificateMode } = draft
  const names = pairNames(certificate, draft.keyFolder, facts.plannedOn, mark)
  const thumbprint =
    certificateMode === 'use' ? (certificateNamed(facts, certificate)?.thumbprint ?? null) : null
  const spec: CertificateExport = {
    certificate,
    thumbprint,
    files:
      format === 'pfx'
        ? { certificate: names.pfxFile, privateKey: null }
        : { certificate: names.certificateFile, privateKey: names.privateKeyFile },
    probe: fileProbeFor(majorOf(facts)),
  }
  const steps = [
    ...(certificateMode === 'create'
      ? [
          createCertificateStep({
            certificate,
            subject: draft.certificateSubject,
            expiry: draft.certificateExpiry,
            usedBy: firstUse,
            final: true,
          }),
        ]
      : []),
    exportCertificateStep(spec),
    ...(draft.proveOnServer ? proveOnServerSteps({ ...spec, names, masterKeyFile: null }) : []),
    fetchPairStep({ ...spec, names, server: facts.target.name, place: draft.localCopy ?? '' }),
  ]
  return { steps, certificate, thumbprint }
}

/** Databases that are to be turned on and have a key already (state 1) keep it: it is not made again. */
export const stepsToTurnOn = (draft: TdeDraft, facts: Facts, mark: string): Draftstep[] => {
  const { databases, algorithm } = draft
  const scans = scansShown(facts)
  const { steps, certificate, thumbprint } = protectorSteps(draft, facts, mark, 'set-encryption-on')
  return [
    ...steps,
    ...databases
      .filter((database) => keyOf(facts, database) === undefined)
      .map((database): Draftstep => ({
        kind: 'create-database-key',
        title: `Create the encryption key of ${database}`,
        now: 'No database encryption key',
        after: `${algorithm}, under certificate ${certificate}; nothing is encrypted with it yet`,
        scripts: [tsql.createDatabaseKey(database, algorithm, { certificate })],
        params: {
          database,
          scans,
          certificate,
          thumbprint,
          algorithm,
          replicas: replicasOf(facts, database).map(({ target }) => target.id),
        },
        permission: `CONTROL on ${database}, VIEW DEFINITION on certificate ${certificate}`,
        undo: {
          can: true,
          action: 'Drop the database encryption key, once its state is 1',
          script: tsql.dropDatabaseKey(database),
        },
        resume: 'before-image',
        stopNow: null,
      })),
    ...databases.map((database) => turnOnStep(facts, database)),
    ...databases.map((database) => watchStep(facts, database, 3)),
    ...watchReplicaSteps(facts, databases, 3, thumbprint),
  ]
}

export const stepsToRotate = (draft: TdeDraft, facts: Facts, mark: string): Draftstep[] => {
  const scans = scansShown(facts)
  const { steps, certificate, thumbprint } = protectorSteps(draft, facts, mark, 'change-protector')
  return [
    ...steps,
    ...logStepsBeforeChange(logPlan(draft, facts), facts, mark),
    ...draft.databases.flatMap((database): Draftstep[] => {
      const old = protectorOf(facts, database)
      // Blocked on the review: without it there is nothing that the step could compare with.
      if (old === undefined || old.thumbprint === null) return []
      const from = { certificate: old.name, thumbprint: old.thumbprint }
      return [
        {
          kind: 'change-protector',
          title: `Put the key of ${database} under ${certificate}`,
          now: `Under ${old.name}`,
          after: `The same key, under ${certificate}; no page is rewritten`,
          scripts: [tsql.changeProtector(database, { certificate })],
          params: {
            database,
            scans,
            certificate,
            thumbprint,
            from,
            replicas: replicasOf(facts, database).map(({ target }) => target.id),
          },
          permission: `CONTROL on ${database}, VIEW DEFINITION on certificate ${certificate}`,
          undo: {
            can: true,
            action: `Put the key under ${old.name} again`,
            script: tsql.changeProtector(database, { certificate: old.name }),
          },
          resume: 'before-image',
          stopNow: null,
        },
      ]
    }),
    ...watchReplicaSteps(facts, draft.databases, 3, thumbprint),
    ...keepSteps(facts, draft.databases),
  ]
}

/** One for each certificate that protects the keys of these databases now. */
export const keepSteps = (facts: Facts, databases: readonly string[]): Draftstep[] => {
  const byName = new Map<string, { thumbprint: string; databases: string[] }>()
  for (const database of databases) {
    const protector = protectorOf(facts, database)
    if (protector === undefined || protector.thumbprint === null) continue
    const known = byName.get(protector.name) ?? { thumbprint: protector.thumbprint, databases: [] }
    known.databases.push(database)
    byName.set(protector.name, known)
  }
  return [...byName].map(([certificate, { thumbprint, databases: users }]) => ({
    kind: 'keep-protector',
    title: `Keep certificate ${certificate}, and list what may need it`,
    now: `${certificate} is in master`,
    after: `It is there as it was, with its private key: backups and log of ${users.join(', ')} from before need it`,
    scripts: [],
    params: { certificate, thumbprint, databases: users },
    permission: 'VIEW DEFINITION on the certificate; SELECT in msdb to list backups',
    undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
    resume: 'named',
    stopNow: null,
  }))
}
