import type { DoctorFinding, DoctorTestId } from '../../shared/model/ekm-doctor.ts'
import { dayIn, daysUntil } from '../wizards/azure/key-rules.ts'
import { roles } from '../wizards/azure/roles.ts'
import { networkText } from '../wizards/azure/words.ts'
import type { DoctorFacts, KeyApplication, PlacedKey, VaultSide } from './facts-model.ts'
import { each, findingOf, judged, nobodyAsked, notApplicable, type Verdict } from './findings.ts'
import { clockLimit, clockText, keyDays, mostClockSeconds, secretDays } from './limits.ts'

const noVault = 'no credential and no key of the server names a vault'
const noPlace = 'the server names no key in it'

/** A test about each vault that the server names. */
const perVault = (
  test: DoctorTestId,
  { vaults }: DoctorFacts,
  findings: (side: VaultSide) => DoctorFinding[],
): DoctorFinding[] =>
  vaults.length === 0 ? [notApplicable(test, noVault, nobodyAsked)] : vaults.flatMap(findings)

/** A test about each key that the server has in a vault. */
const perKey = (
  test: DoctorTestId,
  facts: DoctorFacts,
  findings: (key: PlacedKey, side: VaultSide) => DoctorFinding[],
): DoctorFinding[] =>
  perVault(test, facts, (side) =>
    side.keys.length === 0
      ? [notApplicable(test, noPlace, { ...nobodyAsked, about: side.host })]
      : side.keys.flatMap((key) => findings(key, side)),
  )

const keyAt = ({ serverKey, name }: PlacedKey, { host }: VaultSide): string =>
  `${serverKey} (${name}, ${host})`

export const vaultNetwork = (facts: DoctorFacts): DoctorFinding[] =>
  perVault('vault-network', facts, ({ host, settings }) =>
    judged(
      'vault-network',
      settings,
      (found): Verdict => {
        if (found === null)
          return { measured: 'no key vault of a connected subscription', instead: 'not-read' }
        const { network, privateEndpoints } = found
        const approved = privateEndpoints.filter(({ state }) => /^approved$/i.test(state)).length
        const nobody =
          approved === 0 &&
          (!network.publicAccess ||
            (network.otherwise === 'deny' && network.addresses.length + network.subnets.length === 0))
        return {
          measured: `${networkText(network)}; ${approved} private endpoints. Whether the server comes from there is not read`,
          limit: 'the server’s own address or network is let in',
          remedy: nobody
            ? {
                cause:
                  'The firewall lets nobody in but Azure’s own listed services, and SQL Server’s connector is none of them (code 3077, 3113)',
                byHand: 'The vault’s page Networking in the Azure portal',
                fix: 'Let the server’s address or subnet in, or give the vault a private endpoint that the server reaches',
                job: 'vault',
              }
            : null,
        }
      },
      host,
    ),
  )

export const azureClock = (facts: DoctorFacts): DoctorFinding[] =>
  perVault('azure-clock', facts, ({ host, clock }) =>
    judged(
      'azure-clock',
      clock,
      (azure): Verdict => {
        if (!facts.clock.read) return { measured: facts.clock.because, instead: 'not-read' }
        const apart = azure - facts.clock.value
        return {
          measured: clockText(apart, facts.target.name),
          limit: clockLimit,
          remedy:
            Math.abs(apart) <= mostClockSeconds
              ? null
              : {
                  cause: 'The server’s clock is wrong: Entra refuses its sign-ins',
                  byHand: 'Compare SELECT SYSUTCDATETIME(); with the Date that any page of Azure answers',
                  fix: 'Let Windows take its time from the domain or a time server',
                  job: null,
                },
        }
      },
      host,
    ),
  )

export const vaultKey = (facts: DoctorFacts): DoctorFinding[] =>
  perKey('vault-key', facts, (key, side) =>
    judged(
      'vault-key',
      key.key,
      (found) => ({
        measured: found === null ? `not there: ${key.uri}` : `there, version ${found.version}`,
        limit: 'the key and version of KeyUri',
        remedy:
          found === null
            ? {
                cause:
                  'It was deleted, or the vault is another one than when the key was opened (code 3076, 3112)',
                byHand: `az keyvault key show --vault-name ${side.host.split('.')[0] ?? ''} --name ${key.name}`,
                fix: 'Recover the deleted key, or restore it from its backup under the same name',
                job: 'vault',
              }
            : null,
      }),
      keyAt(key, side),
    ),
  )

export const keyType = (facts: DoctorFacts): DoctorFinding[] =>
  perKey('key-type', facts, (key, side) =>
    judged(
      'key-type',
      key.key,
      (found): Verdict =>
        found === null
          ? { measured: 'not there', instead: 'not-applicable' }
          : {
              measured: `${found.type} ${found.bits ?? found.curve ?? ''}`.trim(),
              limit: 'RSA or RSA-HSM of 2,048 or 3,072 bits',
              remedy:
                (found.type === 'RSA' || found.type === 'RSA-HSM') &&
                (found.bits === 2048 || found.bits === 3072)
                  ? null
                  : {
                      cause: 'The connector takes no other key (code 3)',
                      byHand: `az keyvault key show --id ${key.uri} --query key.kty`,
                      fix: 'Make a key that the connector takes, and put the database under it',
                      job: 'vault-key-rotation',
                    },
            },
      keyAt(key, side),
    ),
  )

export const keyUsable = (facts: DoctorFacts): DoctorFinding[] =>
  perKey('key-usable', facts, (key, side) =>
    judged(
      'key-usable',
      key.key,
      (found): Verdict => {
        if (found === null) return { measured: 'not there', instead: 'not-applicable' }
        const now = new Date(facts.readAt)
        const { enabled, notBefore, expires, uses } = found
        const left = daysUntil(expires, now)
        const early = notBefore !== null && Date.parse(notBefore) > now.getTime()
        const missing = (['wrapKey', 'unwrapKey'] as const).filter((use) => !uses.includes(use))
        const cause = !enabled
          ? 'Somebody disabled this version: what is under it opens no more after a restart'
          : early
            ? 'The key begins later: it wraps nothing before that day'
            : left !== null && left < 0
              ? 'The key has ended: it wraps nothing new, and the connector may refuse it'
              : left !== null && left < keyDays
                ? `The key ends in ${left} days`
                : missing.length > 0
                  ? `It may not be used for ${missing.join(' and ')}`
                  : null
        return {
          measured: [
            enabled ? 'enabled' : 'disabled',
            notBefore === null ? 'no first day' : `from ${dayIn(notBefore)}`,
            expires === null ? 'no end' : `until ${dayIn(expires)}`,
            `for ${uses.join(', ')}`,
          ].join('; '),
          limit: `enabled, in its dates for ${keyDays} days more, for wrapKey and unwrapKey`,
          remedy:
            cause === null
              ? null
              : {
                  cause,
                  byHand: `az keyvault key show --id ${key.uri} --query "[attributes, key.keyOps]"`,
                  fix: 'Enable the version, or take its end away, before the service is restarted',
                  job: 'vault',
                },
        }
      },
      keyAt(key, side),
    ),
  )

export const applicationRights = (facts: DoctorFacts): DoctorFinding[] =>
  perKey('application-rights', facts, (key, side) =>
    judged(
      'application-rights',
      key.applications,
      (all): readonly Verdict[] => {
        const about = keyAt(key, side)
        const may = all.filter(({ rights, missing }) => rights.length > 0 && missing.length === 0)
        const limit = `${roles.cryptoServiceEncryptionUser.name} on the key or above, or get, list, wrapKey and unwrapKey by policy`
        if (may.length > 0)
          return may.map(({ name, rights, enabled }) => ({
            about,
            measured: `${name}: ${rights.join(', ')}${enabled ? '' : '; disabled in Entra'}`,
            limit,
            remedy: enabled ? null : disabledApplication(name),
          }))
        const less = all.filter(({ missing }) => missing.length > 0)
        return [
          {
            about,
            measured:
              less.length > 0
                ? less.map(({ name, missing }) => `${name} lacks ${missing.join(', ')}`).join('; ')
                : facts.application === null
                  ? 'no application with a secret has a right on it'
                  : `${all[0]?.name ?? facts.application} has no right on it`,
            limit,
            remedy: {
              cause: 'The role was never given, was taken away, or is held to another key (code 3077, 3113)',
              byHand: `az role assignment list --scope <id of the vault>/keys/${key.name} --include-inherited`,
              fix: 'Give the application the role on the key, and wait some minutes',
              job: 'vault',
            },
          },
        ]
      },
      keyAt(key, side),
    ),
  )

const disabledApplication = (name: string) => ({
  cause: `${name} is disabled in Entra: it gets no token (code 3303)`,
  byHand: 'The application’s page under Enterprise applications in Entra',
  fix: 'Enable it there, or give another application the role',
  job: 'credential' as const,
})

/** Each application once, whatever number of keys it may use. */
const applicationsOf = ({ vaults }: DoctorFacts): KeyApplication[] => {
  const all = vaults.flatMap(({ keys }) =>
    keys.flatMap(({ applications }) => (applications.read ? [...applications.value] : [])),
  )
  return [
    ...new Map(all.filter(({ rights }) => rights.length > 0).map((one) => [one.clientId, one])).values(),
  ]
}

export const secretExpiry = (facts: DoctorFacts): DoctorFinding[] => {
  const from = facts.vaults
    .flatMap(({ keys }) => keys.map(({ applications }) => applications))
    .find(({ read }) => read)
  const all = applicationsOf(facts)
  if (from === undefined || all.length === 0)
    return perKey('secret-expiry', facts, (key, side) =>
      judged(
        'secret-expiry',
        key.applications,
        () => ({ measured: 'no application with a right on the key is known', instead: 'not-read' as const }),
        keyAt(key, side),
      ),
    )
  const { source, at } = from
  return [
    ...all.map((one) =>
      findingOf('secret-expiry', secretVerdict(one, new Date(facts.readAt)), { source, at }),
    ),
    // What was read of one key's applications says nothing of another's.
    ...facts.vaults.flatMap((side) =>
      side.keys.flatMap((key) => judged('secret-expiry', key.applications, () => [], keyAt(key, side))),
    ),
  ]
}

const secretVerdict = ({ name, secrets }: KeyApplication, now: Date): Verdict => {
  const known = secrets.map(({ name: called, expires, hint }) => ({
    words: `${called || `${hint}…`} until ${expires === null ? 'a day that is not said' : dayIn(expires)}`,
    left: daysUntil(expires, now),
  }))
  const valid = known.filter(({ left }) => left === null || left >= 0)
  const soon = valid.filter(({ left }) => left !== null && left < secretDays)
  return {
    about: name,
    measured:
      known.length === 0
        ? 'it has no secret'
        : `${known.map(({ words }) => words).join('; ')}. Which of them the server has can’t be read`,
    limit: `every valid secret for ${secretDays} days more`,
    remedy:
      valid.length > 0 && soon.length === 0
        ? null
        : {
            cause:
              valid.length === 0
                ? 'No secret of it is valid any more: nothing that it opens comes up after a restart (code 3303, 401)'
                : 'Secrets of applications end: at most 24 months after they were made',
            byHand: 'The application’s page Certificates & secrets in Entra',
            fix: 'Renew the secret: set it on every node, restart, prove it, and only then remove the old one',
            job: 'credential',
          },
  }
}

export const wrap = (facts: DoctorFacts): DoctorFinding[] =>
  perKey('wrap', facts, (key, side) =>
    judged(
      'wrap',
      key.applications,
      (all): readonly Verdict[] =>
        each(
          all.filter(({ rights }) => rights.length > 0),
          {
            about: keyAt(key, side),
            measured: 'no application with a right on the key is known',
            instead: 'not-read',
          },
          (one) => wrapVerdict(one, `${one.name}, ${keyAt(key, side)}`),
        ),
      keyAt(key, side),
    ),
  )

const wrapVerdict = ({ wrap: probe }: KeyApplication, about: string): Verdict => {
  if (probe.state === 'possible')
    return {
      about,
      measured: 'not asked for: it would leave two lines in the vault’s log',
      instead: 'not-read',
    }
  if (probe.state === 'no-secret')
    return { about, measured: 'no secret of the application is kept in the keyring', instead: 'not-read' }
  const limit = '32 random bytes come back as they were'
  return probe.answer.read
    ? { about, measured: `they did, with version ${probe.answer.value.version}`, limit }
    : {
        about,
        measured: probe.answer.because,
        limit,
        remedy: {
          cause: 'Sign-in, role, firewall and key do not fit together for the application',
          byHand:
            'az login --service-principal, then az keyvault key encrypt with the algorithm RSA-OAEP-256',
          fix: 'Mend what the answer names',
          job: 'vault',
        },
      }
}
