import { compareVersions, lastUnsupported } from '../../shared/model/connector-version.ts'
import type { DoctorFinding, DoctorRemedy, DoctorTestId } from '../../shared/model/ekm-doctor.ts'
import { providerKey, type HostAnswer } from '../../shared/model/host-calls.ts'
import type { Read } from '../wizards/sqlserver/facts-model.ts'
import { accountName, registryProblem, runtimeFor, runtimeThere } from '../wizards/sqlserver/host-rules.ts'
import type { DoctorFacts, HostParts } from './facts-model.ts'
import { each, judged, nobodyAsked, notRead, type Verdict } from './findings.ts'
import { clockLimit, clockText, mostClockSeconds } from './limits.ts'
import { keyAddressOf, placeOf } from './places.ts'
import { isConnector, keysOf } from './of-connector.ts'

/** A test that only the Windows host can answer. */
const onHost =
  <Value>(
    test: DoctorTestId,
    part: (parts: HostParts) => Read<Value>,
    judge: (value: Value, facts: DoctorFacts) => Verdict | readonly Verdict[],
  ) =>
  (facts: DoctorFacts): DoctorFinding[] => {
    const { host } = facts
    return host.parts === null
      ? [notRead(test, host.reach.because, nobodyAsked)]
      : judged(test, part(host.parts), (value) => judge(value, facts))
  }

export const hostSystem = onHost(
  'host-system',
  ({ system }) => system,
  ({ computer, windows, powerShell, is64Bit, administrator }) => ({
    measured: `${computer}, Windows ${windows}, PowerShell ${powerShell}, ${is64Bit ? '64' : '32'}-bit, ${
      administrator ? 'administrator' : 'no administrator'
    }`,
    limit: '64-bit, as an administrator',
    remedy:
      is64Bit && administrator
        ? null
        : {
            cause: 'Keyturn was started without administrator rights, or a 32-bit PowerShell answered',
            byHand: '[Environment]::Is64BitProcess in a PowerShell that was opened as an administrator',
            fix: 'Start Keyturn on the host as an administrator, or run the script of this page there',
            job: null,
          },
  }),
)

export const service = onHost(
  'service',
  (parts) => parts.service,
  (found, { identity }) =>
    found === null
      ? {
          measured: 'no such service',
          limit: 'the service of this instance',
          remedy: {
            cause: 'The instance has another name on this host, or runs on another node of a cluster',
            byHand: 'Get-Service MSSQL*',
            fix: `Compare with what the server says: ${identity.machineName}, instance ${identity.instanceName || 'default'}`,
            job: null,
          },
        }
      : {
          measured: `${found.service} runs as ${found.account}; ${found.state}${
            found.startedAt === null ? '' : ` since ${found.startedAt}`
          }`,
        },
)

export const libraryFile = (facts: DoctorFacts): DoctorFinding[] =>
  perLibrary('library-file', facts, (found, registered) => {
    if (found === null) return { measured: 'no file is there', limit: 'there', remedy: notInstalled }
    const order = registered === '' ? null : compareVersions(found.version, registered)
    const old = compareVersions(found.version, lastUnsupported)
    return {
      measured: `version ${found.version}${registered === '' ? '' : `; registered as ${registered}`}`,
      limit: `the registered version, after ${lastUnsupported}`,
      remedy: old !== null && old <= 0 ? tooOld : order !== null && order !== 0 ? otherVersion : null,
    }
  })

const notInstalled: DoctorRemedy = {
  cause: 'The connector is not installed there, or in another folder (SQL 33027 at the next load)',
  byHand: 'Test-Path for the path that sys.cryptographic_providers names, on the host',
  fix: 'Install the connector on the host, on every node of a group or cluster',
  job: 'connector-upgrade',
}
const tooOld: DoctorRemedy = {
  cause: 'Microsoft gives no support for this version any more',
  byHand: 'Properties of the library in Windows, page Details',
  fix: 'Change the connector: the job says first which backups that touches',
  job: 'connector-upgrade',
}
const otherVersion: DoctorRemedy = {
  cause:
    'The connector was changed, and the provider was not registered from the new library (SQL 33030 may follow)',
  byHand: 'Compare the version of the file with sys.cryptographic_providers',
  fix: 'ALTER CRYPTOGRAPHIC PROVIDER … FROM FILE, and look at every encrypted database',
  job: 'connector-upgrade',
}

export const librarySignature = (facts: DoctorFacts): DoctorFinding[] =>
  perLibrary('library-signature', facts, (found) =>
    found === null
      ? { measured: 'no file is there', instead: 'not-applicable' }
      : {
          measured: `${signatureWords[found.signature.state]}${found.signature.signer === null ? '' : `: ${found.signature.signer}`}`,
          limit: 'a signature that Windows trusts',
          remedy:
            found.signature.state === 'valid'
              ? null
              : {
                  cause:
                    'The file is not the one that was delivered, or the host lacks the root certificate (SQL 33081)',
                  byHand: 'Get-AuthenticodeSignature for the library, on the host',
                  fix: 'Install the connector again from Microsoft’s package; bring the root certificate to the host',
                  job: 'connector-upgrade',
                },
        },
  )

const signatureWords: Readonly<
  Record<NonNullable<HostAnswer<'read-library'>>['signature']['state'], string>
> = {
  valid: 'signed, and trusted by Windows',
  'not-signed': 'not signed',
  changed: 'changed after it was signed',
  'not-trusted': 'signed by somebody whom Windows does not trust',
  'not-known': 'Windows does not say',
}

const perLibrary = (
  test: DoctorTestId,
  { host, ekm }: DoctorFacts,
  judge: (found: HostAnswer<'read-library'>, registered: string) => Verdict,
): DoctorFinding[] => {
  if (host.parts === null) return [notRead(test, host.reach.because, nobodyAsked)]
  const providers = ekm.providers.read ? ekm.providers.value.filter(isConnector) : []
  const versionOf = (path: string): string =>
    providers.find(({ dllPath: library }) => library === path)?.version ?? ''
  return host.parts.libraries.flatMap(({ path, dll: library }) =>
    judged(test, library, (found) => judge(found, versionOf(path)), path),
  )
}

export const runtime = onHost(
  'runtime',
  (parts) => parts.runtime,
  (found, { server }) => {
    const wanted = runtimeFor(server.read ? server.value.major : newestMajor)
    const there = runtimeThere(found, wanted)
    return {
      measured: found.map(({ name }) => name).join(', ') || 'none is installed',
      limit: `Visual C++ ${wanted}${wanted >= 2015 ? ' or later' : ''}, 64-bit`,
      remedy: there
        ? null
        : {
            cause: 'The runtime was not installed with the connector: its library does not load (SQL 33027)',
            byHand: 'Installed apps in Windows: Microsoft Visual C++ … Redistributable (x64)',
            fix: `Install the Visual C++ ${wanted} runtime for 64-bit on the host, then register the provider again`,
            job: null,
          },
    }
  },
)
/** Where the version of the server was not read. */
const newestMajor = 17

export const installed = onHost(
  'installed',
  (parts) => parts.connector,
  (found, { host }): Verdict => {
    const file = host.parts?.libraries
      .map(({ dll: library }) => (library.read ? library.value : null))
      .find((one) => one !== null)
    const orders = found.map(({ version }) =>
      file === undefined ? null : compareVersions(version, file.version),
    )
    // Without a library, or of a version that is none, there is only their number to judge.
    const limit =
      orders.includes(null) || file === undefined ? 'one entry' : 'one entry, of the library’s version'
    if (found.length === 0) return { measured: 'none', limit, remedy: notInstalled }
    const differs = orders.every((order) => order !== null && order !== 0)
    return {
      measured: found.map(({ name, version }) => `${name} ${version}`).join(', '),
      limit,
      remedy:
        found.length === 1 && !differs
          ? null
          : {
              cause:
                found.length > 1
                  ? 'An older connector was left beside the new one'
                  : `The library is ${file?.version ?? ''}: files were copied, or a setup broke off`,
              byHand: 'Installed apps in Windows, and the version of the library',
              fix: 'Uninstall what is left, and install one connector',
              job: 'connector-upgrade',
            },
    }
  },
)

export const registryKey = onHost(
  'registry-key',
  ({ registry }) => registry,
  (found) => ({
    measured: found === null ? 'not there' : `there, with ${found.keys.length - 1} keys below it`,
    limit: `HKLM\\${providerKey}`,
    remedy: found === null ? registryRemedy : null,
  }),
)

const registryRemedy: DoctorRemedy = {
  cause: 'The connector may not make the key itself: opening a key ends in 33049 with its code 2058',
  byHand: 'Open regedit (64-bit) on the host and look at the key and its permissions',
  fix: 'Make the key, give the service account Full Control of it, restart the service',
  job: 'tde-vault-key',
}

export const registryRights = onHost(
  'registry-rights',
  ({ registry }) => registry,
  (found, { host, identity }): Verdict => {
    const account = host.parts?.service.read === true ? host.parts.service.value : null
    if (found === null) return { measured: 'the key is not there', instead: 'not-applicable' }
    if (account === null) return { measured: 'the service account was not read', instead: 'not-read' }
    const computer = identity.machineName
    const own = found.access.filter(
      (one) =>
        (account.sid !== null && one.sid === account.sid) ||
        accountName(one.account, computer) === accountName(account.account, computer),
    )
    const problem = registryProblem(
      { service: account, registry: found },
      { account: account.account, computer },
    )
    return {
      about: account.account,
      measured:
        own.length === 0
          ? 'no entry for it (groups are not looked into)'
          : own.map(({ kind, rights }) => `${kind} ${rights}`).join(', '),
      limit: 'Allow FullControl, and no Deny',
      remedy: problem === null ? null : registryRemedy,
    }
  },
)

export const keyPlace = (facts: DoctorFacts): DoctorFinding[] => {
  const keys = keysOf(facts.ekm)
  if (!keys.read || keys.value.length === 0)
    return judged('key-place', keys, () => ({
      measured: 'master has no asymmetric key of the connector',
      instead: 'not-applicable',
    }))
  return keys.value.flatMap((key) =>
    judged(
      'key-place',
      placeOf(key, facts.host),
      (uri) => ({
        measured: uri ?? 'no KeyUri for this thumbprint below the credentials’ vaults',
        limit: 'KeyUri, an address of a key',
        remedy:
          uri !== null && keyAddressOf(uri) !== null
            ? null
            : {
                cause:
                  'The key was opened on another node only, the registry key was deleted, or the credential leads to another vault (code 2052 or 2053)',
                byHand: `regedit on the host: HKLM\\${providerKey}\\Azure Key Vault\\<vault>\\${key.thumbprint}`,
                fix: 'Open the key once on this server under another name, or bring the registry key from the node that has it',
                job: 'tde-vault-key',
              },
      }),
      key.name,
    ),
  )
}

export const proxy = onHost(
  'proxy',
  (parts) => parts.proxy,
  (found): Verdict =>
    found === null
      ? {
          measured: 'the settings of the service account are not loaded, so they can’t be read',
          instead: 'not-read',
        }
      : {
          measured: found.enabled
            ? `${found.server ?? 'not named'}; past it: ${found.bypass ?? 'nothing'}`
            : found.script === null
              ? 'none'
              : `by the script ${found.script}`,
        },
)

export const network = onHost(
  'network',
  (parts) => parts.network,
  (found) =>
    each(
      found,
      { measured: 'no vault is named', instead: 'not-applicable' },
      ({ host, address, reached, problem }) => ({
        about: host,
        measured: `${address ?? 'no address'}; ${reached ? 'port 443 answers' : (problem ?? 'no answer on port 443')}`,
        limit: 'port 443 answers',
        remedy: reached
          ? null
          : {
              cause:
                address === null
                  ? 'The name does not resolve: the vault is deleted, or DNS of the host does not know it (code 3900)'
                  : 'A firewall between host and Azure, or a proxy that has to be used (codes 3003 to 3009, 3101 to 3107)',
              byHand: `Test-NetConnection ${host} -Port 443, as the service account where that is possible`,
              fix: 'Open port 443 to Entra and the vault (and 80 for lists of revoked certificates), or set the proxy of the service account and restart the service',
              job: null,
            },
      }),
    ),
)

export const hostClock = onHost(
  'host-clock',
  (parts) => parts.clock,
  ({ seconds, source }) => ({
    measured: `${clockText(seconds, 'this computer')}; time from ${source ?? 'a source that was not read'}`,
    limit: clockLimit,
    remedy:
      Math.abs(seconds) <= mostClockSeconds
        ? null
        : {
            cause: 'Windows does not get its time from a server that keeps it: Entra refuses such sign-ins',
            byHand: 'w32tm /query /status on the host',
            fix: 'Let Windows take its time from the domain or a time server',
            job: null,
          },
  }),
)
