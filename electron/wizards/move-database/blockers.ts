import type { MoveDraft } from '../../../shared/forms/move-database-draft.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import {
  certificateNamed,
  masterKeyBlockers,
  notReadBlocker,
  pfxBlockers,
  rightBlocker,
  secretBlockers,
} from '../sqlserver/certificate-advice.ts'
import { hasTde } from '../sqlserver/editions.ts'
import type { CertificateFact, ServerFacts } from '../sqlserver/facts-model.ts'
import { volumeOf } from '../sqlserver/volumes.ts'
import { bytesText } from '../sqlserver/words.ts'
import type { Facts, MovedDatabase } from './facts-model.ts'
import { certificateThere, valueOf, type MoveContext } from './plan-context.ts'

const onServers = (what: string, measured: string, limit: string): Blocker => ({
  what,
  measured,
  limit,
  screen: 'servers',
})

export const blockersOn = (
  draft: MoveDraft,
  facts: Facts,
  plan: Plan,
  context: MoveContext | null,
): Blocker[] => [
  ...sourceBlockers(draft, facts),
  ...destinationBlockers(draft, facts),
  ...(context === null ? [] : [...keyBlockers(context), ...placeBlockers(context)]),
  ...secretBlockers(plan, facts.secrets, () => 'keys'),
]

const sourceBlockers = (draft: MoveDraft, facts: Facts): Blocker[] => {
  const { databases, moved, encryption, replicas, databaseKey } = facts
  const found = valueOf(databases)?.find(({ name }) => name === draft.database)
  if (!databases.read)
    return [onServers('Databases of the source were not read', databases.because, 'The plan needs them')]
  if (found === undefined || found.state !== 'ONLINE')
    return [
      onServers(
        `${draft.database} can’t be moved as it is`,
        found === undefined ? 'not there, or not visible with this login' : `its state is ${found.state}`,
        'An ONLINE database',
      ),
    ]
  const list: Blocker[] = []
  if (found.snapshot)
    list.push(onServers(`${draft.database} is a snapshot`, 'It has a source database', 'The database itself'))
  const partners = valueOf(replicas)?.filter(({ database }) => database === draft.database) ?? []
  if (partners.length > 0)
    list.push(
      onServers(
        `${draft.database} is in an availability group`,
        `Replicas: ${partners.map(({ replica }) => replica).join(', ')}`,
        'A database in no group: take it out first, or add the destination as a replica',
      ),
    )
  if (!replicas.read)
    list.push(
      onServers(
        `Whether ${draft.database} is in an availability group was not read`,
        replicas.because,
        'A database in no group',
      ),
    )
  if (databaseKey?.read === false)
    list.push(
      onServers(
        `Whether ${draft.database} has a master key of its own was not read`,
        databaseKey.because,
        'The plan needs it',
      ),
    )
  if (moved?.read !== true || moved.value === null)
    list.push(
      onServers(
        'Files of the database were not read',
        moved?.read === false ? moved.because : 'no row',
        'The plan needs them',
      ),
    )
  else list.push(...movedBlockers(draft, moved.value))
  if (encryption?.read === false)
    list.push(
      onServers('Encryption of the database was not read', encryption.because, 'VIEW SERVER STATE shows it'),
    )
  const key = valueOf(encryption)
  if (key !== null && !key.byCertificate)
    list.push(
      onServers(
        `${draft.database} is under a key of a vault or device`,
        `Thumbprint ${key.thumbprint ?? 'not read'}`,
        'A database under a certificate: this job moves no keys of providers',
      ),
    )
  if (key !== null && [2, 4, 5, 6].includes(key.state))
    list.push(
      onServers(
        'A change of its encryption is under way',
        `Encryption state ${key.state}`,
        'State 1 or 3: wait until the scan has ended',
      ),
    )
  return list
}

const movedBlockers = (draft: MoveDraft, moved: MovedDatabase): Blocker[] => {
  const strange = moved.files.filter(({ type }) => type !== 0 && type !== 1)
  const list: Blocker[] = []
  if (strange.length > 0)
    list.push(
      onServers(
        `${draft.database} has files that are no rows and no log`,
        strange.map(({ logical }) => logical).join(', '),
        'FILESTREAM and full-text containers are moved by hand',
      ),
    )
  if (draft.way === 'detach' && moved.userAccess === 'SINGLE_USER')
    list.push(
      onServers(`${draft.database} is in single user mode`, 'SINGLE_USER', 'MULTI_USER or RESTRICTED_USER'),
    )
  return list
}

const destinationBlockers = (draft: MoveDraft, facts: Facts): Blocker[] => {
  const { destination } = facts
  if (destination === null)
    return [onServers('The destination was not read', 'none is chosen', 'A second connected server')]
  if (!destination.answered)
    return [
      onServers(
        `${destination.target.name} did not answer`,
        destination.problem.title,
        'It must answer for the plan',
      ),
    ]
  const there = destination.facts
  const [from, to] = [valueOf(facts.server), valueOf(there.server)]
  const list: Blocker[] = []
  if (from === null || to === null) {
    list.push(onServers('The versions were not read', 'not visible with this login', 'The plan needs them'))
  } else {
    if (to.major < from.major)
      list.push(
        onServers(
          `${there.target.name} is older than the source`,
          `${to.version} after ${from.version}`,
          'The same version or a later one (SQL 3169, 948)',
        ),
      )
    if (valueOf(facts.encryption) !== null && !hasTde(to))
      list.push(
        onServers(
          `The edition of ${there.target.name} has no TDE`,
          to.edition,
          'Enterprise or Developer, or Standard from SQL Server 2019 on (SQL 33117)',
        ),
      )
  }
  if (!there.databases.read)
    list.push(
      onServers(
        `Databases of ${there.target.name} were not read`,
        there.databases.because,
        'The plan needs them',
      ),
    )
  const taken = valueOf(there.databases)?.find(
    ({ name }) => name.toLowerCase() === draft.newName.toLowerCase(),
  )
  if (taken !== undefined)
    list.push({
      what: `The name ${draft.newName} is taken on ${there.target.name}`,
      measured: `sys.databases: ${taken.name}, ${taken.state}`,
      limit: 'A name that no database there has',
      screen: 'way',
    })
  return [
    ...list,
    ...rightBlocker(there, 'createDatabase', 'CREATE ANY DATABASE', 'Needed to restore or attach', 'servers'),
  ]
}

const keyBlockers = (context: MoveContext): Blocker[] => {
  const { draft, facts, destination, tde, tdeCertificate, backupCertificate } = context
  const list: Blocker[] = []
  const needs = [tde, backupCertificate?.thumbprint ?? null].filter((one) => one !== null)
  if (needs.length > 0)
    list.push(...masterKeyBlockers(destination, 'servers'), ...notReadBlocker(destination, 'servers'))
  const tdeThere = tde !== null && certificateThere(destination, tde) !== null
  if (tde !== null && !tdeThere) {
    if (draft.certificateFrom === 'connection') {
      list.push(
        ...(tdeCertificate === null
          ? [
              {
                what: 'The certificate of the database is not visible on the source',
                measured: facts.certificates.read
                  ? `master shows none with thumbprint ${tde}`
                  : facts.certificates.because,
                limit: 'CONTROL on it; or bring it from key files',
                screen: 'keys',
              },
            ]
          : travelBlockers(facts, destination, tdeCertificate)),
      )
    } else {
      if (/\.(pfx|p12)$/i.test(draft.serverCertificateFile)) list.push(...pfxBlockers(destination, 'keys'))
      if (certificateNamed(destination, draft.certificateName) !== undefined)
        list.push(nameTaken(destination, draft.certificateName))
      if (draft.certificateFilePassword === null)
        list.push({
          what: 'The password of the private key file is missing',
          measured: 'none kept',
          limit: 'The one that it was written with',
          screen: 'keys',
        })
    }
    list.push(
      ...rightBlocker(
        destination,
        'createCertificate',
        'CREATE CERTIFICATE',
        'Needed for the certificate',
        'servers',
      ),
    )
  }
  if (draft.way === 'backup' && draft.backupCertificate !== '') {
    if (backupCertificate === null || backupCertificate.thumbprint === null)
      list.push({
        what: `The certificate ${draft.backupCertificate} is not on the source`,
        measured: facts.certificates.read ? 'master shows none of that name' : facts.certificates.because,
        limit: 'One of its certificates',
        screen: 'way',
      })
    else if (
      certificateThere(destination, backupCertificate.thumbprint) === null &&
      backupCertificate.thumbprint !== tde
    )
      list.push(...travelBlockers(facts, destination, backupCertificate))
  }
  return list
}

/** Over the connections: the private key must be readable on the source, and the name free on the destination. */
const travelBlockers = (
  source: ServerFacts,
  destination: ServerFacts,
  certificate: CertificateFact,
): Blocker[] => [
  ...(certificate.privateKey === 'MK'
    ? []
    : [
        {
          what: `The private key of ${certificate.name} can’t be fetched`,
          measured: `Its private key reads ${certificate.privateKey} on ${source.target.name}`,
          limit: 'Under the master key of master; or bring it from key files',
          screen: 'keys',
        },
      ]),
  ...(certificateNamed(destination, certificate.name) === undefined
    ? []
    : [nameTaken(destination, certificate.name)]),
  ...(valueOf(destination.certificates)?.some(
    ({ thumbprint, name }) => thumbprint === certificate.thumbprint && name !== certificate.name,
  ) === true
    ? [
        {
          what: `${destination.target.name} has this certificate, but can’t open its private key by itself`,
          measured: `Thumbprint ${certificate.thumbprint ?? ''}`,
          limit: 'Its private key under the master key of master there',
          screen: 'keys',
        },
      ]
    : []),
  ...rightBlocker(source, 'controlMaster', 'CONTROL on master', 'Needed to read the private key', 'keys'),
]

const nameTaken = (destination: ServerFacts, name: string): Blocker => ({
  what: `${destination.target.name} has another certificate ${name}`,
  measured: `Thumbprint ${certificateNamed(destination, name)?.thumbprint ?? 'not read'}`,
  limit: 'A free name: bring it from key files under another one',
  screen: 'keys',
})

const placeBlockers = ({ draft, facts, destination, files }: MoveContext): Blocker[] => {
  const list: Blocker[] = []
  const there = facts.destination?.answered === true ? facts.destination : null
  const unseen = (read: Facts['backupFolder'], path: string, server: string): void => {
    if (read?.read === true && !read.value)
      list.push({
        what: `${server} does not see the folder ${path}`,
        measured: `${read.source}: no such folder`,
        limit: 'A folder that is there before the run',
        screen: 'way',
      })
  }
  unseen(there?.dataFolder ?? null, draft.dataFolder, destination.target.name)
  if (draft.way === 'backup') {
    unseen(facts.backupFolder, draft.backupFolder, facts.target.name)
    unseen(there?.readFolder ?? null, draft.readFolder || draft.backupFolder, destination.target.name)
  } else {
    const paths = files.map(({ to }) => to.toLowerCase())
    if (new Set(paths).size !== paths.length)
      list.push({
        what: 'Two files of the database have the same name',
        measured: files.map(({ from }) => from).join(', '),
        limit: 'Different names: one folder can’t hold both. Backup and restore names them apart',
        screen: 'way',
      })
    if (files.some(({ from, to }) => from.startsWith('\\\\') && from.toLowerCase() === to.toLowerCase()))
      list.push({
        what: 'The destination would open the source’s own files',
        measured: files.map(({ to }) => to).join(', '),
        limit: 'Another folder: both servers need files of their own',
        screen: 'way',
      })
  }
  const bytes = files.reduce((sum, { pages }) => sum + pages * 8192, 0)
  const volume = volumeOf(draft.dataFolder, valueOf(destination.volumes) ?? [])
  if (volume !== null && volume.availableBytes < bytes)
    list.push({
      what: `${destination.target.name} has no room for the database`,
      measured: `${bytesText(volume.availableBytes)} free on ${volume.mountPoint}`,
      limit: `${bytesText(bytes)} for its files`,
      screen: 'way',
    })
  return list
}
