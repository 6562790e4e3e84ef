import { inServerFolder } from '../../../shared/forms/names.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import * as tsql from '../../scripts/tsql/certificate.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import type { ServerFacts } from './facts-model.ts'
import type { Draftstep } from './plan-parts.ts'

/** Steps that bring a pair into master, or look at one. */

const once = { stopNow: null } as const
const mayCreate = 'CREATE CERTIFICATE in master'
const readsOnly = { can: false, because: 'It changes nothing', leaves: 'nothing' } as const

const dropUndo = (certificate: string) =>
  ({
    can: true,
    action: `Drop certificate ${certificate}`,
    script: tsql.dropCertificate(certificate),
  }) as const

interface LocalSpec {
  certificate: string
  forTde: boolean
  files: Omit<ParamsOf<'open-key-files'>, 'forTde'>
}

const namesOf = ({ certificateFile, privateKeyFile }: LocalSpec['files']): string =>
  privateKeyFile === null ? certificateFile : `${certificateFile} and ${privateKeyFile}`

/** Opened here first; then the pair is sent as bytes. */
export const localImportSteps = ({ certificate, forTde, files }: LocalSpec): Draftstep[] => [
  {
    kind: 'open-key-files',
    title: `Open ${namesOf(files)} here`,
    now: 'Nothing was sent to the server',
    after: 'The private key opened, belongs to the certificate, and has a size that the server takes',
    scripts: [],
    params: { ...files, forTde },
    permission: 'Read access to your folder',
    undo: readsOnly,
    resume: 'named',
    ...once,
  },
  {
    kind: 'import-key-files',
    title: `Import certificate ${certificate}`,
    now: 'No certificate of that name in master',
    after: 'It is there with the thumbprint of the file, its private key under the master key',
    scripts: [tsql.importCertificateBytes(certificate)],
    params: { ...files, forTde, certificate },
    permission: mayCreate,
    undo: dropUndo(certificate),
    resume: 'named',
    ...once,
  },
]

export const serverImportSteps = (spec: {
  certificate: string
  folder: string
  certificateFile: string
  /** Null: a .pfx. */
  privateKeyFile: string | null
  forTde: boolean
}): Draftstep[] => {
  const { certificate, folder, forTde } = spec
  const files = {
    certificate: inServerFolder(folder, spec.certificateFile),
    privateKey: spec.privateKeyFile === null ? null : inServerFolder(folder, spec.privateKeyFile),
  }
  return [
    {
      kind: 'import-server-files',
      title: `Import certificate ${certificate} from the server’s disk`,
      now: 'No certificate of that name in master',
      after: 'It is there, its private key under the master key; thumbprint and size are read back',
      scripts: [tsql.importCertificateFiles(certificate, files)],
      params: {
        certificate,
        certificateFile: files.certificate,
        privateKeyFile: files.privateKey,
        forTde,
      },
      permission: `${mayCreate}; the service account reads the files`,
      undo: dropUndo(certificate),
      resume: 'named',
      ...once,
    },
  ]
}

/** `inMaster` null: the certificate is not there, and the review says so; then there is nothing to do. */
export const compareSteps = ({
  certificate,
  files,
  inMaster,
  withPassword,
}: LocalSpec & { inMaster: string | null; withPassword: boolean }): Draftstep[] =>
  inMaster === null
    ? []
    : [
        {
          kind: 'compare-certificate',
          title: `Compare ${namesOf(files)} with certificate ${certificate}`,
          now: 'Not compared',
          after: withPassword
            ? 'Thumbprints are compared, and the private key of the file is opened and matched'
            : 'Thumbprints are compared; a private key file is not opened without its password',
          scripts: [tsql.showPublicCertificate(certificate)],
          params: { ...files, certificate, inMaster, withPassword },
          permission: `VIEW DEFINITION on certificate ${certificate}; read access to your folder`,
          undo: readsOnly,
          resume: 'named',
          ...once,
        },
      ]

/** One step per server. `thumbprint` null: the certificate is not on the first server, and the review says so. */
export const copySteps = (spec: {
  certificate: string
  thumbprint: string | null
  from: TargetRef
  to: readonly ServerFacts[]
}): Draftstep[] => {
  const { certificate, thumbprint, from } = spec
  if (thumbprint === null) return []
  return spec.to.map((server): Draftstep => {
    const there =
      server.certificates.read && server.certificates.value.some((one) => one.thumbprint === thumbprint)
    return {
      kind: 'copy-certificate',
      target: server.target,
      title: `Copy certificate ${certificate} from ${from.name} to ${server.target.name}`,
      now: there
        ? `${server.target.name} has this thumbprint already`
        : `Not in master of ${server.target.name}`,
      after: `It is there with the thumbprint that ${from.name} has, its private key under that master key`,
      scripts: [tsql.fetchKeyPairOnce(certificate), tsql.importCertificateBytes(certificate)],
      params: { certificate, thumbprint, from: from.id },
      permission: `CONTROL on the certificate on ${from.name}, where the first statement runs; ${mayCreate} of ${server.target.name}, where the second runs`,
      undo: dropUndo(certificate),
      resume: 'named',
      ...once,
    }
  })
}
