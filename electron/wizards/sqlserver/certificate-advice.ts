import { expiryProblem } from '../../../shared/forms/draft-parts.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Blocker, Plan, ReliedFact, Warning } from '../../../shared/model/plan.ts'
import { generatedKeyBits, todayOf } from './certificate-rules.ts'
import type { CertificateFact, RightsFact, SecretFacts, ServerFacts } from './facts-model.ts'
import { copiesText, note } from './words.ts'

/** What stands around plans that make, export or bring in certificates. All of it is pure. */

/** First version that reads and writes `.pfx` (SQL Server 2022). */
const firstPfxMajor = 16

export const certificateNamed = (facts: ServerFacts, name: string): CertificateFact | undefined =>
  facts.certificates.read ? facts.certificates.value.find((one) => one.name === name) : undefined

/** A private key comes under the master key of master, so that one has to be there and to open by itself (SQL 15581). */
export const masterKeyBlockers = (facts: ServerFacts, screen: string): Blocker[] => {
  const key = facts.masterKey
  const server = facts.target.name
  const limit = 'A database master key in master that the server opens by itself. Create or repair it first'
  if (!key.read) {
    return [
      {
        what: `The master key of ${server} was not read`,
        measured: key.because,
        limit: 'The plan needs it',
        screen,
      },
    ]
  }
  if (key.value === null) {
    return [
      {
        what: `master of ${server} has no database master key`,
        measured: `${key.source}: no row`,
        limit,
        screen,
      },
    ]
  }
  return key.value.opensByItself
    ? []
    : [
        {
          what: `The master key of ${server} does not open by itself`,
          measured: `${copiesText(key.value.serviceMasterKeyCopies)} under the service master key`,
          limit,
          screen,
        },
      ]
}

export const notReadBlocker = (facts: ServerFacts, screen: string): Blocker[] =>
  facts.certificates.read
    ? []
    : [
        {
          what: `Certificates of ${facts.target.name} were not read`,
          measured: facts.certificates.because,
          limit: 'The plan needs them',
          screen,
        },
      ]

export const nameBlockers = (facts: ServerFacts, name: string, screen: string): Blocker[] => {
  const { certificates } = facts
  if (!certificates.read) return notReadBlocker(facts, screen)
  const taken = certificates.value.find((one) => one.name.toLowerCase() === name.toLowerCase())
  return taken === undefined
    ? []
    : [
        {
          what: `The name ${name} is taken`,
          measured: `${certificates.source}: ${taken.name}, until ${taken.expiresOn}`,
          limit: 'A name that master does not have (names that differ only by case count as the same)',
          screen,
        },
      ]
}

export const expiryBlockers = (facts: ServerFacts, expiry: string, screen: string): Blocker[] => {
  const problem = expiryProblem(expiry, todayOf(facts))
  return problem === null
    ? []
    : [
        {
          what: 'The expiry of the new certificate can’t be used',
          measured: problem,
          limit: 'A later day',
          screen,
        },
      ]
}

export const rightBlocker = (
  facts: ServerFacts,
  right: keyof RightsFact,
  permission: string,
  why: string,
  screen: string,
): Blocker[] => {
  const { rights } = facts
  if (!rights.read) {
    return [{ what: 'Rights were not read', measured: rights.because, limit: 'The plan needs them', screen }]
  }
  return rights.value.sysadmin === true || rights.value[right] !== false
    ? []
    : [
        {
          what: `${facts.principal} has no ${permission} on ${facts.target.name}`,
          measured: `${rights.source}: 0`,
          limit: why,
          screen,
        },
      ]
}

export const pfxBlockers = (facts: ServerFacts, screen: string): Blocker[] =>
  facts.server.read && facts.server.value.major < firstPfxMajor
    ? [
        {
          what: `${facts.target.name} does not read or write .pfx files`,
          measured: `Version ${facts.server.value.version}`,
          limit: 'SQL Server 2022 (16) or later; a .cer with its .pvk instead',
          screen,
        },
      ]
    : []

export const folderBlockers = (
  folder: { read: true; value: boolean; source: string } | { read: false } | null,
  path: string,
  screen: string,
): Blocker[] =>
  folder?.read === true && !folder.value
    ? [
        {
          what: `The server does not see the folder ${path}`,
          measured: `${folder.source}: no such folder`,
          limit: 'A folder that is there before the run',
          screen,
        },
      ]
    : []

/** A handle that is gone: the keyring was locked, or the secret was dropped with its connection. */
export const secretBlockers = (
  plan: Plan,
  known: SecretFacts,
  screenOf: (hole: string) => string,
): Blocker[] =>
  plan.secrets
    .filter(({ handle }) => known[handle] === undefined)
    .map(({ hole }) => ({
      what: `The secret «${hole}» is not kept any more`,
      measured: 'Not in the keyring',
      limit: 'Enter it again',
      screen: screenOf(hole),
    }))

export const placeBlockers = (place: string | null, label: string | null, screen: string): Blocker[] =>
  place !== null && label === null
    ? [
        {
          what: 'Your folder is not known any more',
          measured: 'Not among the picked folders',
          limit: 'Pick it again',
          screen,
        },
      ]
    : []

/** From this many days on an expiry is called short: the next one has to be planned within a year. */
const shortValidityDays = 366

export const shortExpiry = (
  name: string,
  expiry: string,
  readAt: string,
  screen: string | null,
): Warning[] => {
  const days = (Date.parse(`${expiry}T00:00:00Z`) - Date.parse(readAt)) / 86_400_000
  if (Number.isNaN(days) || days > shortValidityDays) return []
  return [
    {
      what: `After ${expiry} (UTC) no new backup can be taken with ${name}`,
      why:
        days <= 0
          ? 'That day has passed: new backups are refused (SQL 3096). Restores and TDE go on working'
          : `That is in ${Math.floor(days)} days. Restores and TDE go on working; a schedule that uses it will fail (SQL 3096) until it names another certificate`,
      screen,
    },
  ]
}

/** The version decides the size of a key that it makes; nobody can ask for another. */
export const keySizeNote = (facts: ServerFacts): Evidence =>
  note(
    facts.server,
    'Key of the new certificate',
    ({ major }) =>
      `RSA ${generatedKeyBits(major)} bits: CREATE CERTIFICATE takes no size, the version decides`,
  )

export const smallKeyWarnings = (facts: ServerFacts): Warning[] =>
  facts.server.read && generatedKeyBits(facts.server.value.major) < 2048
    ? [
        {
          what: `The new key has ${generatedKeyBits(facts.server.value.major)} bits`,
          why: 'This version makes no longer one. A pair made elsewhere with 2,048 bits or more can be imported instead',
          screen: null,
        },
      ]
    : []

/** Which replicas the catalog names for databases of this server, without those that a plan reaches. */
export const replicasLeft = (facts: ServerFacts, reached: readonly string[]): string[] => {
  if (!facts.replicas.read) return []
  const known = reached.map((name) => name.toLowerCase())
  return [...new Set(facts.replicas.value.map(({ replica }) => replica))].filter(
    (replica) => !known.includes(replica.toLowerCase()),
  )
}

export const replicaWarnings = (facts: ServerFacts, reached: readonly string[]): Warning[] => {
  if (!facts.replicas.read) {
    return [
      {
        what: 'Availability replicas: not read',
        why: `${facts.replicas.because}. Each replica that takes or restores these backups, or opens these databases, needs the certificate too`,
        screen: null,
      },
    ]
  }
  const left = replicasLeft(facts, reached)
  return left.length === 0
    ? []
    : [
        {
          what: `Not reached: ${left.join(', ')}`,
          why: 'The catalog names them as replicas. Without the certificate they can neither take these backups after a failover nor restore them. This plan does not bring it there',
          screen: null,
        },
      ]
}

/** What makes such a plan wrong when it changes. No times, nothing that moves by itself. */
export const reliedOnServer = (facts: ServerFacts, certificates: readonly string[]): ReliedFact[] => {
  const target = facts.target.name
  const fact = (name: string, value: string): ReliedFact => ({ target, fact: name, value })
  const key = facts.masterKey
  return [
    fact('login', facts.principal),
    fact('version', facts.server.read ? facts.server.value.version : facts.server.because),
    fact(
      'database master key of master',
      !key.read
        ? key.because
        : key.value === null
          ? 'none'
          : `${key.value.keyGuid}, ${key.value.opensByItself ? 'opens by itself' : 'opens only with its password'}`,
    ),
    ...certificates.map((name) => {
      const found = certificateNamed(facts, name)
      return fact(
        `certificate ${name}`,
        !facts.certificates.read
          ? facts.certificates.because
          : found === undefined
            ? 'none'
            : `${found.thumbprint ?? 'no thumbprint'}, private key ${found.privateKey}, until ${found.expiresOn}`,
      )
    }),
  ]
}
