import { bringsProtector, concernsLog, type TdeDraft } from '../../../shared/forms/tde-draft.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import { keySizeProblem } from '../../formats/key-files.ts'
import {
  certificateNamed,
  expiryBlockers,
  folderBlockers,
  masterKeyBlockers,
  nameBlockers,
  notReadBlocker,
  pfxBlockers,
  placeBlockers,
  rightBlocker,
  secretBlockers,
} from '../sqlserver/certificate-advice.ts'
import { hasTde } from '../sqlserver/editions.ts'
import type { CertificateFact } from '../sqlserver/facts-model.ts'
import { databaseRefusal } from './database-rules.ts'
import type { Facts } from './facts-model.ts'
import { keyOf, scansShown } from '../sqlserver/tde-facts.ts'
import { protectorOf } from './facts-words.ts'
import { logNeed } from '../sqlserver/log-rule.ts'
import { replicaBlockers } from './replicas.ts'

export const blockersOn = (draft: TdeDraft, facts: Facts, plan: Plan): Blocker[] => [
  ...editionBlockers(draft, facts),
  ...rightBlocker(facts, 'viewServerState', 'VIEW SERVER STATE', 'Needed to see keys and scans', 'task'),
  ...databaseBlockers(draft, facts),
  ...(bringsProtector(draft.task) ? protectorBlockers(draft, facts, plan) : []),
  ...replicaBlockers(draft, facts),
  ...(concernsLog(draft.task) &&
  plan.steps.some(({ kind }) => kind === 'log-backup' || kind === 'full-backup')
    ? folderBlockers(facts.backupFolder, draft.backupFolder, 'files')
    : []),
]

/** Why this edition has no TDE (SQL 33117), or null. */
export const editionRefusal = ({ server }: Facts): string | null =>
  server.read && !hasTde(server.value) ? `${server.value.edition}, version ${server.value.version}` : null

const editionBlockers = (draft: TdeDraft, facts: Facts): Blocker[] => {
  const edition = editionRefusal(facts)
  return [
    ...(edition !== null && draft.task === 'turn-on'
      ? [
          {
            what: `The edition of ${facts.target.name} has no TDE (SQL 33117)`,
            measured: edition,
            limit: 'Enterprise or Developer; Standard from SQL Server 2019 on',
            screen: 'task',
          },
        ]
      : []),
    ...(['suspend', 'resume'].includes(draft.task) && facts.server.read && !scansShown(facts)
      ? [
          {
            what: `${facts.target.name} can’t suspend a scan`,
            measured: `Version ${facts.server.value.version}`,
            limit: 'SQL Server 2019 (15) or later',
            screen: 'task',
          },
        ]
      : []),
  ]
}

const databaseBlockers = (draft: TdeDraft, facts: Facts): Blocker[] => {
  const { databases } = facts
  if (!databases.read) {
    return [
      {
        what: 'Databases were not read',
        measured: databases.because,
        limit: 'The plan needs them',
        screen: 'task',
      },
    ]
  }
  return draft.databases.flatMap((name) => {
    const database = databases.value.find((one) => one.name === name)
    const reason =
      database === undefined
        ? 'not there, or not visible with this login'
        : databaseRefusal(facts, database, draft.task)
    return [
      ...(reason === null
        ? []
        : [
            {
              what: `${name} can’t be chosen for this task`,
              measured: reason,
              limit: 'Take it out, or choose another task',
              screen: 'task',
            },
          ]),
      ...runningBlockers(draft, facts, name),
      ...logBlockers(draft, facts, name),
    ]
  })
}

const switches = ['turn-on', 'turn-off', 'suspend', 'resume']

const runningBlockers = ({ task }: TdeDraft, { runningBackups }: Facts, database: string): Blocker[] =>
  switches.includes(task) && runningBackups.read && runningBackups.value.includes(database)
    ? [
        {
          what: `A backup of ${database} is running`,
          measured: `${runningBackups.source}: BACKUP`,
          limit: 'No backup while encryption is switched (SQL 3023). Wait for its end, then read again',
          screen: 'task',
        },
      ]
    : []

/** Who takes log backups by another job, is waited for. A CHECKPOINT is planned whoever takes them. */
const logBlockers = ({ task, logBackups }: TdeDraft, facts: Facts, database: string): Blocker[] => {
  const changes = task === 'regenerate' || task === 'rotate-protector'
  const need = changes && logBackups === 'mine' ? logNeed(facts, database) : null
  return need?.remedy !== 'log-backup'
    ? []
    : [
        {
          what: `The log of ${database} has to be backed up before its key is changed again`,
          measured: need.because,
          limit:
            'A log backup after the last change of the key (SQL 33122). Take it, then read again; or let this run take it',
          screen: 'files',
        },
      ]
}

/** Why the server can't use it for TDE, or null. Its expiry does not matter. */
export const protectorRefusal = (certificate: CertificateFact): string | null => {
  if (certificate.privateKey === 'NA') return 'no private key on this server (SQL 33101)'
  if (certificate.privateKey === 'PW') {
    return 'private key under a password, so the server can’t open it by itself (SQL 33101)'
  }
  if (certificate.privateKey !== 'MK') return 'private key not under the master key (SQL 33101)'
  return certificate.thumbprint === null ? 'its thumbprint could not be read' : null
}

const protectorBlockers = (draft: TdeDraft, facts: Facts, plan: Plan): Blocker[] => [
  ...notReadBlocker(facts, 'key'),
  ...masterKeyBlockers(facts, 'key'),
  ...replicasUnread(facts),
  ...(draft.certificateMode === 'create' ? newBlockers(draft, facts) : usedBlockers(draft, facts)),
  ...otherProtectorBlockers(draft, facts),
  ...rightBlocker(facts, 'controlMaster', 'CONTROL on master', 'Needed to export a private key', 'key'),
  ...(draft.proveOnServer
    ? rightBlocker(facts, 'createDatabase', 'CREATE ANY DATABASE', 'Needed for the scratch database', 'files')
    : []),
  ...folderBlockers(facts.keyFolder, draft.keyFolder, 'files'),
  ...(draft.format === 'pfx' ? pfxBlockers(facts, 'files') : []),
  ...placeBlockers(draft.localCopy, facts.localCopyLabel, 'files'),
  ...secretBlockers(plan, facts.secrets, () => 'files'),
]

/** A replica that is not seen stops when the key is made, without the certificate. */
const replicasUnread = ({ replicas, target }: Facts): Blocker[] =>
  replicas.read
    ? []
    : [
        {
          what: `Whether ${target.name} has availability replicas was not read`,
          measured: replicas.because,
          limit: 'Each replica needs the certificate before the key is made',
          screen: 'key',
        },
      ]

const newBlockers = (draft: TdeDraft, facts: Facts): Blocker[] => {
  const replicas = facts.replicas.read
    ? facts.replicas.value.filter(({ database }) => draft.databases.includes(database))
    : []
  return [
    ...(facts.certificates.read ? nameBlockers(facts, draft.certificateName, 'key') : []),
    ...expiryBlockers(facts, draft.certificateExpiry, 'key'),
    ...rightBlocker(
      facts,
      'createCertificate',
      'CREATE CERTIFICATE',
      'Needed to add a certificate to master',
      'key',
    ),
    ...(replicas.length === 0
      ? []
      : [
          {
            what: 'Replicas need the certificate before the key is made',
            measured: replicas.map(({ replica, database }) => `${replica} holds ${database}`).join('; '),
            limit: 'Create and copy the certificate with the job “Certificate”, then choose it here',
            screen: 'key',
          },
        ]),
  ]
}

const usedBlockers = (draft: TdeDraft, facts: Facts): Blocker[] => {
  if (!facts.certificates.read) return []
  const chosen = certificateNamed(facts, draft.certificateName)
  const reason = chosen === undefined ? 'not there, or not visible with this login' : protectorRefusal(chosen)
  const bits = facts.certificateBits?.read === true ? facts.certificateBits.value : null
  const size = bits === null ? null : keySizeProblem(bits, true)
  return [
    ...(reason === null
      ? []
      : [
          {
            what: `${draft.certificateName} can’t protect a database key`,
            measured: reason,
            limit: 'A certificate of master whose private key is under the master key',
            screen: 'key',
          },
        ]),
    ...(size === null
      ? []
      : [
          {
            what: `The key of ${draft.certificateName} is too large`,
            measured: `${bits ?? 0} bits`,
            limit: size,
            screen: 'key',
          },
        ]),
  ]
}

/** A key that is there already stays under its protector when TDE is turned on, and needs another one to rotate to. */
const otherProtectorBlockers = (draft: TdeDraft, facts: Facts): Blocker[] =>
  draft.databases.flatMap((database) => {
    if (keyOf(facts, database) === undefined) return []
    const protector = protectorOf(facts, database)?.name ?? 'a protector that this login does not see'
    const same = draft.certificateMode === 'use' && protector === draft.certificateName
    if (draft.task === 'turn-on') {
      return same
        ? []
        : [
            {
              what: `${database} has a database encryption key under ${protector}`,
              measured: `thumbprint ${keyOf(facts, database)?.thumbprint ?? 'not shown'}`,
              limit: 'Choose that certificate, or drop the key by hand (nothing is encrypted with it)',
              screen: 'key',
            },
          ]
    }
    return same
      ? [
          {
            what: `${database} is under ${protector} already`,
            measured: `thumbprint ${keyOf(facts, database)?.thumbprint ?? 'not shown'}`,
            limit: 'Another certificate, or a new one',
            screen: 'key',
          },
        ]
      : []
  })
