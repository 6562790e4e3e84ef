import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { inServerFolder } from '../../../shared/forms/names.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import {
  createThrowAwayMasterKey,
  dropDrillCertificate,
  importDrillCertificate,
  type DrillKey,
  type KeyFiles,
} from '../../scripts/tsql/drill.ts'
import { createMasterKey, dropMasterKey } from '../../scripts/tsql/master-key.ts'
import type { DrillAround } from '../../scripts/runbook/drill-params.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { drillCertificateName } from './plan-names.ts'

/** One pair of key files of the draft. */
export interface GivenKey {
  key: DrillKey
  certificate: string
  files: KeyFiles
  paths: readonly string[]
  passwordFrom: 'typed' | 'kept'
  /** Null: not typed yet (preview). */
  handle: string | null
}

/** The key files that the draft names, first and second. */
export const givenKeys = (draft: RestoreDrillDraft, runId: RunId): GivenKey[] => [
  ...givenKey(draft, runId, 0, {
    key: 'first',
    kind: draft.keyFiles,
    certificate: draft.certificateFile,
    privateKey: draft.privateKeyFile,
    from: draft.passwordFrom,
    typed: draft.keyPassword,
  }),
  ...givenKey(draft, runId, 1, {
    key: 'second',
    kind: draft.secondKeyFiles,
    certificate: draft.secondCertificateFile,
    privateKey: draft.secondPrivateKeyFile,
    from: draft.secondPasswordFrom,
    typed: draft.secondKeyPassword,
  }),
]

interface Answered {
  key: DrillKey
  kind: RestoreDrillDraft['keyFiles']
  certificate: string
  privateKey: string
  from: string
  typed: string | null
}

const givenKey = (
  draft: RestoreDrillDraft,
  runId: RunId,
  index: number,
  { key, kind, certificate, privateKey, from, typed }: Answered,
): GivenKey[] => {
  if (kind === 'none') return []
  const path = (file: string): string => inServerFolder(draft.keyFolder, file)
  const files: KeyFiles =
    kind === 'pfx'
      ? { pfx: path(certificate) }
      : { certificate: path(certificate), privateKey: path(privateKey) }
  return [
    {
      key,
      certificate: drillCertificateName(runId, index),
      files,
      paths: 'pfx' in files ? [files.pfx] : [files.certificate, files.privateKey],
      passwordFrom: from === 'typed' ? 'typed' : 'kept',
      handle: from === 'typed' ? typed : from,
    },
  ]
}

const controlMaster = 'CONTROL on master'
const once = { stopNow: null } as const

export const masterKeyStep = (draft: RestoreDrillDraft): Draftstep[] => {
  if (draft.masterKeyMode === 'use') return []
  const common = {
    now: 'master has no database master key',
    after: 'It has one that the server opens by itself; the drill removes it at its end',
    permission: controlMaster,
    undo: { can: true, action: 'Drop the database master key', script: dropMasterKey() },
    resume: 'before-image',
    ...once,
  } as const
  return draft.masterKeyMode === 'password'
    ? [
        {
          kind: 'create-master-key',
          title: 'Create a master key on the drill server',
          scripts: [createMasterKey()],
          params: { database: 'master' },
          ...common,
        },
      ]
    : [
        {
          kind: 'create-drill-master-key',
          title: 'Create a master key on the drill server, under a throw-away password',
          scripts: [createThrowAwayMasterKey()],
          params: {},
          ...common,
        },
      ]
}

export const importSteps = (keys: readonly GivenKey[], around: DrillAround): Draftstep[] =>
  keys.map(({ key, certificate, files, paths, passwordFrom }) => ({
    kind: 'import-drill-certificate',
    title: `Import the certificate from ${paths.join(' and ')}`,
    now: 'Not on the drill server',
    after: `There as ${certificate}, its private key under the master key`,
    scripts: [importDrillCertificate(certificate, files, key)],
    params: { ...around, certificate, files: [...paths], passwordFrom },
    permission: 'CREATE CERTIFICATE in master; the service account reads the files',
    undo: {
      can: true,
      action: `Drop certificate ${certificate}`,
      script: dropDrillCertificate(certificate),
    },
    resume: 'named',
    ...once,
  }))

const removal = { can: false, because: 'It only removes what this drill made', leaves: 'nothing' } as const

export const removeKeySteps = (keys: readonly GivenKey[], draft: RestoreDrillDraft): Draftstep[] => [
  ...keys.map(({ certificate }): Draftstep => ({
    kind: 'drop-drill-certificate',
    title: `Remove certificate ${certificate}`,
    now: 'On the drill server, imported by this drill',
    after: 'Not there any more; the key files are as they were',
    scripts: [dropDrillCertificate(certificate)],
    params: { certificate },
    permission: `CONTROL on certificate ${certificate}`,
    undo: removal,
    resume: 'named',
    ...once,
  })),
  ...(draft.masterKeyMode === 'use'
    ? []
    : [
        {
          kind: 'drop-drill-master-key',
          title: 'Remove the master key that this drill made',
          now: 'On the drill server, made by this drill',
          after: 'master has no database master key, as before',
          scripts: [dropMasterKey()],
          params: {},
          permission: controlMaster,
          undo: removal,
          resume: 'before-image',
          ...once,
        } satisfies Draftstep,
      ]),
]
