import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import {
  mostKeys,
  namedPairs,
  pairsIn,
  passwordsOf,
  type KeyPair,
} from '../../../shared/forms/restore-drill-keys.ts'
import { inServerFolder } from '../../../shared/forms/names.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import { dropDrillCertificate, importDrillCertificate, type KeyFiles } from '../../scripts/tsql/drill.ts'
import type { DrillAround } from '../../scripts/runbook/drill-params.ts'
import { removeCertificateStep, removeMasterKeySteps } from '../sqlserver/plan-drill.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts } from './facts-model.ts'
import { drillCertificateName } from '../sqlserver/drill-names.ts'

/** One pair of key files, and under which name the drill imports it. */
export interface GivenKey {
  certificate: string
  files: KeyFiles
  paths: readonly string[]
}

/** The key files of the drill: those that are named, or all that are in the folders, in the order of their names. */
export const givenKeys = (draft: RestoreDrillDraft, facts: Facts, runId: RunId): GivenKey[] =>
  pairsOf(draft, facts).map(({ certificate, privateKey }, index) => ({
    certificate: drillCertificateName(runId, index),
    files: privateKey === null ? { pfx: certificate } : { certificate, privateKey },
    paths: privateKey === null ? [certificate] : [certificate, privateKey],
  }))

/** With whole paths. */
const pairsOf = (draft: RestoreDrillDraft, { drill }: Facts): KeyPair[] => {
  switch (draft.keyFiles) {
    case 'none':
      return []
    case 'named':
      return namedPairs(draft.keyNames).pairs.map((pair) => inFolder(draft.keyFolder, pair))
    case 'search':
      return (drill?.keyFolders ?? [])
        .flatMap(({ folder, files }) =>
          files?.read === true ? pairsIn(files.value).pairs.map((pair) => inFolder(folder, pair)) : [],
        )
        .slice(0, mostKeys)
  }
}

const inFolder = (folder: string, { certificate, privateKey }: KeyPair): KeyPair => {
  const path = (file: string): string => (/[\\/]/.test(file) ? file : inServerFolder(folder, file))
  return { certificate: path(certificate), privateKey: privateKey === null ? null : path(privateKey) }
}

const once = { stopNow: null } as const

/**
 * One step for each pair, with a statement for each password: the next is sent only where the one before did not open
 * the file. `needed`: how many certificates the backups may ask for; what was found beyond that may stay closed.
 */
export const importSteps = (
  keys: readonly GivenKey[],
  draft: RestoreDrillDraft,
  around: DrillAround,
  needed: number,
): Draftstep[] => {
  const passwords = passwordsOf(draft)
  const spare = draft.keyFiles === 'search' && keys.length > Math.max(1, needed)
  return keys.map(({ certificate, files, paths }) => ({
    kind: 'import-drill-certificate',
    title: `Import the certificate from ${paths.join(' and ')}`,
    now: 'Not on the drill server',
    after: `There as ${certificate}, its private key under the master key${
      passwords.length > 1
        ? '. Each statement tries another password; one is sent only where that before it did not open the file'
        : ''
    }${spare ? '. Files that do not open are named, and passed over: more are here than the backups ask for' : ''}`,
    scripts: (passwords.length === 0 ? [0] : passwords.map((_, index) => index)).map((index) =>
      importDrillCertificate(certificate, files, index),
    ),
    params: { ...around, certificate, files: [...paths], passwordFrom: fromOf(draft), spare },
    permission: 'CREATE CERTIFICATE in master; the service account reads the files',
    undo: {
      can: true,
      action: `Drop certificate ${certificate}`,
      script: dropDrillCertificate(certificate),
    },
    resume: 'named',
    ...once,
  }))
}

const fromOf = (draft: RestoreDrillDraft): 'typed' | 'kept' | 'typed or kept' => {
  const from = new Set(passwordsOf(draft).map((password) => password.from))
  return from.size === 2 ? 'typed or kept' : from.has('kept') ? 'kept' : 'typed'
}

export const removeKeySteps = (keys: readonly GivenKey[], draft: RestoreDrillDraft): Draftstep[] => [
  ...keys.map(({ certificate }) =>
    removeCertificateStep(certificate, {
      server: 'the drill server',
      came: 'imported',
      source: 'the key files are as they were',
    }),
  ),
  ...removeMasterKeySteps(draft.masterKeyMode, 'the drill server'),
]
