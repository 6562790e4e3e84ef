import type { CertificateFact } from '../sqlserver/facts-model.ts'
import {
  openAndCloseMasterKey,
  addServiceMasterKeyCopy,
  dropServiceMasterKeyCopy,
} from '../../scripts/tsql/master-key.ts'
import { showPublicCertificate } from '../../scripts/tsql/certificate.ts'
import { copySteps, serverImportSteps } from '../sqlserver/plan-imports.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { certificateThere, type MoveContext } from './plan-context.ts'

const once = { stopNow: null } as const
const readsOnly = { can: false, because: 'It changes nothing', leaves: 'nothing' } as const

/** What comes to the destination before the database: certificates, and the comparison that lets the rest begin. */
export const keySteps = (context: MoveContext): Draftstep[] => [
  ...tryKey(context),
  ...bring(context, context.tdeCertificate, context.draft.certificateFrom),
  ...(context.backupCertificate?.thumbprint === context.tde
    ? []
    : bring(context, context.backupCertificate, 'connection')),
  match(context),
]

const bring = (
  { draft, facts, destination }: MoveContext,
  certificate: CertificateFact | null,
  from: 'connection' | 'files',
): Draftstep[] => {
  if (certificate === null || certificate.thumbprint === null) return []
  if (certificateThere(destination, certificate.thumbprint) !== null) return []
  if (from === 'connection') {
    return copySteps({
      certificate: certificate.name,
      thumbprint: certificate.thumbprint,
      from: facts.target,
      to: [destination],
    })
  }
  return serverImportSteps({
    certificate: draft.certificateName,
    folder: draft.keyFolder,
    certificateFile: draft.serverCertificateFile,
    privateKeyFile: draft.serverPrivateKeyFile === '' ? null : draft.serverPrivateKeyFile,
    forTde: true,
  }).map((step) => ({ ...step, target: destination.target }))
}

export const protectorsOf = ({ draft, facts, there, tde, backupCertificate }: MoveContext) => ({
  database: draft.database,
  source: facts.target.id,
  destination: there.id,
  tde,
  backup: backupCertificate?.thumbprint ?? null,
})

const match = (context: MoveContext): Draftstep => {
  const { draft, facts, there, tdeCertificate, tde } = context
  const name = tdeCertificate?.name ?? draft.certificateName
  return {
    kind: 'match-protectors',
    target: there,
    title: `Compare thumbprints on ${facts.target.name} and ${there.name}`,
    now: 'Not compared',
    after:
      tde === null
        ? `${draft.database} is still not under TDE; what encrypts the backup is on ${there.name}`
        : `${there.name} has the certificate that ${draft.database} is under, its private key under a master key that opens by itself. Until then nothing on the source is touched`,
    scripts: tde === null ? [] : [showPublicCertificate(name)],
    params: protectorsOf(context),
    permission: 'VIEW SERVER STATE on the source; VIEW DEFINITION on the certificate on the destination',
    undo: readsOnly,
    resume: 'named',
    ...once,
  }
}

const opensKey = ({ draft, databaseKey }: MoveContext): boolean =>
  databaseKey !== null && draft.databaseKeyPassword !== null

/** A wrong password shows on the source, before anything moves. */
const tryKey = (context: MoveContext): Draftstep[] => {
  const { draft, databaseKey } = context
  if (databaseKey === null || !opensKey(context)) return []
  return [
    {
      kind: 'try-database-key',
      title: `Open the master key of ${draft.database} with its password`,
      now: 'Not tried',
      after: 'Opened and closed again on the source',
      scripts: [openAndCloseMasterKey(draft.database)],
      params: { database: draft.database, keyGuid: databaseKey.keyGuid },
      permission: `CONTROL on ${draft.database}`,
      undo: readsOnly,
      resume: 'named',
      ...once,
    },
  ]
}

/** The copy under a service master key that the move left behind or took away. */
export const reopenKey = (context: MoveContext, where: 'source' | 'destination'): Draftstep[] => {
  const { draft, facts, there, databaseKey } = context
  if (databaseKey === null || !opensKey(context)) return []
  if (where === 'source' && !databaseKey.opensByItself) return []
  const database = where === 'source' ? draft.database : draft.newName
  const target = where === 'source' ? facts.target : there
  return [
    {
      kind: 'repair-master-key',
      target,
      title: `Let ${target.name} open the master key of ${database} by itself`,
      now:
        where === 'source'
          ? 'After it was attached again, master does not know the key'
          : 'It opens only with its password: the service master key is another one here',
      after: 'A copy of it is under the service master key',
      scripts: [addServiceMasterKeyCopy(database)],
      params: { keyGuid: databaseKey.keyGuid, database },
      permission: `CONTROL on ${database}`,
      undo:
        where === 'source'
          ? { can: false, because: 'It was so before the move' }
          : {
              can: true,
              action: 'Remove the copy; the key opens only with its password again',
              script: dropServiceMasterKeyCopy(database),
            },
      resume: 'before-image',
      ...once,
    },
  ]
}
