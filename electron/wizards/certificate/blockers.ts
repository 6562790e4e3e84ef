import {
  isImport,
  makesFiles,
  readsLocalFiles,
  type CertificateDraft,
} from '../../../shared/forms/certificate-draft.ts'
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
import type { CertificateFact, ServerFacts } from '../sqlserver/facts-model.ts'
import type { Facts } from './facts-model.ts'

export const blockersFor = (draft: CertificateDraft, facts: Facts, plan: Plan): Blocker[] => {
  const { task, certificateName: name } = draft
  return [
    ...(task === 'create' || isImport(task)
      ? [
          ...masterKeyBlockers(facts, 'task'),
          ...nameBlockers(facts, name, 'certificate'),
          ...mayCreate(facts, 'task'),
        ]
      : existingBlockers(draft, facts)),
    ...(task === 'create' ? expiryBlockers(facts, draft.certificateExpiry, 'certificate') : []),
    ...(makesFiles(task) ? exportBlockers(draft, facts) : []),
    ...(task === 'import-server'
      ? [
          ...folderBlockers(facts.keyFolder, draft.keyFolder, 'places'),
          ...(draft.serverPrivateKeyFile === '' ? pfxBlockers(facts, 'places') : []),
        ]
      : []),
    ...(readsLocalFiles(task) ? localBlockers(draft, facts) : []),
    ...(task === 'copy' ? copyBlockers(draft, facts) : []),
    ...secretBlockers(plan, facts.secrets, () => 'places'),
  ]
}

const mayCreate = (facts: ServerFacts, screen: string): Blocker[] =>
  rightBlocker(
    facts,
    'createCertificate',
    'CREATE CERTIFICATE',
    'Needed to add a certificate to master',
    screen,
  )

/** Why the pair of it can't be taken out of the server, or null. Its expiry does not matter for that. */
export const exportRefusal = ({ privateKey, thumbprint }: CertificateFact): string | null => {
  if (privateKey === 'NA') return 'no private key on this server'
  if (privateKey === 'PW') return 'private key under a password, not under the master key'
  if (privateKey !== 'MK') return 'private key not under the master key'
  return thumbprint === null ? 'its thumbprint could not be read' : null
}

export const compareRefusal = ({ thumbprint }: CertificateFact): string | null =>
  thumbprint === null ? 'its thumbprint could not be read' : null

const existingBlockers = (draft: CertificateDraft, facts: Facts): Blocker[] => {
  const unread = notReadBlocker(facts, 'certificate')
  if (unread.length > 0) return unread
  const found = certificateNamed(facts, draft.certificateName)
  const reason =
    found === undefined
      ? 'not there, or not visible with this login'
      : draft.task === 'compare'
        ? compareRefusal(found)
        : exportRefusal(found)
  return [
    ...(reason === null
      ? []
      : [
          {
            what: `Certificate ${draft.certificateName} can’t be used for this`,
            measured: reason,
            limit:
              draft.task === 'compare' ? 'A certificate of master' : 'A private key under the master key',
            screen: 'certificate',
          },
        ]),
    ...(draft.task === 'compare'
      ? []
      : [
          ...masterKeyBlockers(facts, 'task'),
          ...rightBlocker(
            facts,
            'controlMaster',
            'CONTROL on master',
            'Needed to export a private key',
            'task',
          ),
        ]),
  ]
}

const exportBlockers = (draft: CertificateDraft, facts: Facts): Blocker[] => [
  ...folderBlockers(facts.keyFolder, draft.keyFolder, 'places'),
  ...(draft.format === 'pfx' ? pfxBlockers(facts, 'places') : []),
  ...placeBlockers(draft.localCopy, facts.localCopyLabel, 'places'),
  ...(draft.task === 'create'
    ? rightBlocker(facts, 'controlMaster', 'CONTROL on master', 'Needed to export a private key', 'task')
    : []),
  ...(draft.proveOnServer
    ? rightBlocker(
        facts,
        'createDatabase',
        'CREATE ANY DATABASE',
        'Needed for the scratch database',
        'places',
      )
    : []),
]

const localBlockers = (draft: CertificateDraft, facts: Facts): Blocker[] => {
  const block = (what: string, measured: string, limit: string): Blocker => ({
    what,
    measured,
    limit,
    screen: 'places',
  })
  const { local } = facts
  if (local === null) return [block('No folder of yours is picked', 'No answer', 'The folder with the files')]
  if (!local.read) return [block('Your folder was not read', local.because, 'Pick it again')]
  const { certificate, privateKey, label } = local.value
  if (certificate === null) {
    return [block(`${draft.sourceCertificateFile} is not there`, label, 'A file of the picked folder')]
  }
  const found: Blocker[] = []
  if (draft.sourcePrivateKeyFile !== '' && privateKey === null) {
    found.push(block(`${draft.sourcePrivateKeyFile} is not there`, label, 'A file of the picked folder'))
  }
  if (certificate.problem !== null) {
    found.push(
      block(`${certificate.name} can’t be used`, certificate.problem, 'A certificate in DER, or a .pfx'),
    )
  }
  if (certificate.certificate === null || draft.task !== 'import-local') return found
  const { bits, thumbprint, selfSigned, issuer } = certificate.certificate
  if (!selfSigned) {
    found.push(
      block(
        `${certificate.name} was signed by another issuer`,
        issuer,
        'A self-signed certificate, or a .pfx: only of those a changed bit is found',
      ),
    )
  }
  const size = keySizeProblem(bits, draft.keyUse === 'tde')
  if (size !== null)
    found.push(block(`The key of ${certificate.name} has ${bits} bits`, `${bits} bits`, size))
  const twin = facts.certificates.read
    ? facts.certificates.value.find((one) => one.thumbprint === thumbprint)
    : undefined
  if (twin !== undefined) {
    found.push(
      block(
        `master has this certificate already, as ${twin.name}`,
        thumbprint,
        'A certificate that master does not have: the server holds each once (SQL 15232)',
      ),
    )
  }
  return found
}

const copyBlockers = (draft: CertificateDraft, facts: Facts): Blocker[] => {
  const wanted = certificateNamed(facts, draft.certificateName)?.thumbprint ?? null
  return facts.others.flatMap((other): Blocker[] => {
    if (!other.answered) {
      return [
        {
          what: `A chosen server did not answer: ${other.target.name}`,
          measured: other.problem.title,
          limit: 'Every chosen server, or one fewer chosen',
          screen: 'places',
        },
      ]
    }
    const server = other.facts
    const name = server.target.name
    const differs = (what: string, measured: string): Blocker => ({
      what,
      measured,
      limit: 'The same key under the same name, or neither of them',
      screen: 'places',
    })
    const taken = certificateNamed(server, draft.certificateName)
    const twin = server.certificates.read
      ? server.certificates.value.find(
          (one) => one.thumbprint === wanted && one.name !== draft.certificateName,
        )
      : undefined
    return [
      ...notReadBlocker(server, 'places'),
      ...masterKeyBlockers(server, 'places'),
      ...mayCreate(server, 'places'),
      ...(taken !== undefined && taken.thumbprint !== wanted
        ? [differs(`${name} has another certificate ${taken.name}`, taken.thumbprint ?? 'no thumbprint')]
        : []),
      ...(taken !== undefined && taken.thumbprint === wanted && taken.privateKey !== 'MK'
        ? [
            differs(
              `${name} has ${taken.name} without a private key under its master key`,
              `private key ${taken.privateKey}`,
            ),
          ]
        : []),
      ...(twin === undefined ? [] : [differs(`${name} has this key as ${twin.name}`, twin.thumbprint ?? '')]),
    ]
  })
}
