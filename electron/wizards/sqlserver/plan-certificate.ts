import { fileNamePart, inServerFolder, scratchPrefix } from '../../../shared/forms/names.ts'
import * as tsql from '../../scripts/tsql/certificate.ts'
import { createScratch, dropScratch } from '../../scripts/tsql/database.ts'
import { restoreMasterKeyInto } from '../../scripts/tsql/master-key.ts'
import type { FileProbe } from '../../scripts/tsql/queries.ts'
import type { StepKind } from '../../scripts/runbook/step-params.ts'
import type { Draftstep, UndoPlan } from './plan-parts.ts'

/** Names that a run gives to the files of one pair, and to the database that opens them. All hold its mark. */
export interface PairNames {
  scratch: string
  /** Name of the certificate inside the scratch database. */
  imported: string
  certificateFile: string
  privateKeyFile: string
  /** Instead of the two, from SQL Server 2022 on. */
  pfxFile: string
  /** File names (no folder) of the pair in the person's own folder. */
  localCertificateFile: string
  localPrivateKeyFile: string
}

export const pairNames = (
  certificate: string,
  folder: string,
  plannedOn: string,
  mark: string,
): PairNames => {
  const pair = `${fileNamePart(certificate)}_${plannedOn}_${mark}`
  return {
    scratch: `${scratchPrefix}${mark}`,
    imported: 'KT_proof',
    certificateFile: inServerFolder(folder, `${pair}.cer`),
    privateKeyFile: inServerFolder(folder, `${pair}.pvk`),
    pfxFile: inServerFolder(folder, `${pair}.pfx`),
    localCertificateFile: `${pair}.cer`,
    localPrivateKeyFile: `${pair}.pvk`,
  }
}

/** A certificate and the files on the server that it is exported to. */
export interface CertificateExport {
  certificate: string
  /** Of one that is there; null: this run makes it. */
  thumbprint: string | null
  files: tsql.KeyPairPaths
  probe: FileProbe
}

const once = { stopNow: null } as const

export const fileStays = (paths: readonly string[]): UndoPlan => ({
  can: false,
  because: `T-SQL can’t delete files. Stays on the server: ${paths.join(', ')}`,
})

export const pathsOf = ({ certificate, privateKey }: tsql.KeyPairPaths): string[] =>
  privateKey === null ? [certificate] : [certificate, privateKey]

/**
 * `usedBy`: the kind of step after whose first effect the certificate stays; null: as long as nothing needs it. `final`:
 * it stays even where that step is undone, because something that nobody can list may need it then.
 */
export const createCertificateStep = (spec: {
  certificate: string
  subject: string
  expiry: string
  usedBy: StepKind | null
  final?: true
}): Draftstep => {
  const { certificate, subject, expiry, usedBy, final } = spec
  const undo = { action: `Drop certificate ${certificate}`, script: tsql.dropCertificate(certificate) }
  return {
    kind: 'create-certificate',
    title: `Create certificate ${certificate}`,
    now: 'No certificate of that name in master',
    after: `It is there, its private key under the master key, until ${expiry} (UTC)`,
    scripts: [tsql.createCertificate({ name: certificate, subject, expiry })],
    params: { certificate, subject, expiry },
    permission: 'CREATE CERTIFICATE in master',
    undo:
      usedBy === null
        ? { can: true, ...undo }
        : { can: 'until-first', of: usedBy, ...undo, ...(final === true ? { final } : {}) },
    resume: 'named',
    ...once,
  }
}

export const exportCertificateStep = ({
  certificate,
  thumbprint,
  files,
  probe,
}: CertificateExport): Draftstep => ({
  kind: 'back-up-certificate',
  title: `Export certificate ${certificate} with its private key`,
  now: 'No files of this run',
  after: `The server has written ${pathsOf(files).join(' and ')}`,
  scripts: [tsql.backupCertificate(certificate, files)],
  params: {
    certificate,
    thumbprint,
    certificateFile: files.certificate,
    privateKeyFile: files.privateKey,
    probe,
  },
  permission: `CONTROL on certificate ${certificate}`,
  undo: fileStays(pathsOf(files)),
  resume: 'marked',
  ...once,
})

/** Opens the exported files with the server itself, in a database of their own that is dropped again. */
export const proveOnServerSteps = (
  spec: CertificateExport & {
    names: Pick<PairNames, 'scratch' | 'imported'>
    /** Opened with them; null: the run wrote none. */
    masterKeyFile: string | null
  },
): Draftstep[] => {
  const { certificate, thumbprint, files, masterKeyFile } = spec
  const { scratch, imported } = spec.names
  return [
    {
      kind: 'prove-on-server',
      title: 'Open the exported files in a scratch database',
      now: `No database ${scratch}`,
      after:
        masterKeyFile === null
          ? 'It holds the certificate that came out of the files; the thumbprint is compared'
          : 'It holds the certificate and a master key that came out of the files; the thumbprint is compared',
      scripts: [
        createScratch(scratch),
        tsql.importCertificateInto(scratch, imported, files),
        ...(masterKeyFile === null ? [] : [restoreMasterKeyInto(scratch, masterKeyFile)]),
      ],
      params: {
        scratch,
        imported,
        certificate,
        thumbprint,
        certificateFile: files.certificate,
        privateKeyFile: files.privateKey,
        masterKeyFile,
      },
      permission: 'CREATE ANY DATABASE',
      undo: { can: true, action: `Drop database ${scratch}`, script: dropScratch(scratch) },
      resume: 'marked',
      ...once,
    },
    {
      kind: 'drop-scratch',
      title: 'Drop the scratch database',
      now: `Database ${scratch} holds copies of the keys under a throw-away password`,
      after: 'It is gone',
      scripts: [dropScratch(scratch)],
      params: { scratch },
      permission: 'Owner of the scratch database (its creator)',
      undo: { can: false, because: 'Nothing of value was in it', leaves: 'nothing' },
      resume: 'named',
      ...once,
    },
  ]
}

/** The pair over the connection into the person's folder, read again from there and opened. */
export const fetchPairStep = (
  spec: Pick<CertificateExport, 'certificate' | 'thumbprint'> & {
    server: string
    place: string
    names: Pick<PairNames, 'localCertificateFile' | 'localPrivateKeyFile'>
  },
): Draftstep => {
  const { certificate, thumbprint, server, place } = spec
  const { localCertificateFile, localPrivateKeyFile } = spec.names
  return {
    kind: 'fetch-certificate-pair',
    title: `Fetch the pair of ${certificate} and open it here`,
    now: 'No files of this run in your folder',
    after: `${localCertificateFile} and ${localPrivateKeyFile} are written, read again and opened with the kept password`,
    scripts: [tsql.fetchKeyPair(certificate)],
    params: {
      certificate,
      thumbprint,
      place,
      certificateFile: localCertificateFile,
      privateKeyFile: localPrivateKeyFile,
    },
    permission: `CONTROL on certificate ${certificate} on ${server}; write access to your folder`,
    undo: {
      can: false,
      because: `A copy of a key is not deleted by an undo. Stays in your folder: ${localCertificateFile}, ${localPrivateKeyFile}`,
    },
    resume: 'marked',
    ...once,
  }
}
