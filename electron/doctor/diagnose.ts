import {
  doctorTests,
  type DoctorFinding,
  type DoctorReport,
  type DoctorTestId,
} from '../../shared/model/ekm-doctor.ts'
import { events } from './checks-events.ts'
import * as host from './checks-host.ts'
import * as keys from './checks-keys.ts'
import * as server from './checks-server.ts'
import * as vault from './checks-vault.ts'
import type { DoctorFacts } from './facts-model.ts'

/** Each test judges what was read; none asks anything. */
const checks: Readonly<Record<DoctorTestId, (facts: DoctorFacts) => DoctorFinding[]>> = {
  edition: server.edition,
  option: server.option,
  'login-rights': server.loginRights,
  'server-clock': server.serverClock,
  provider: keys.provider,
  'provider-path': keys.providerPath,
  credential: keys.credential,
  'key-login': keys.keyLogin,
  'key-name': keys.keyName,
  'thumbprint-generation': keys.thumbprintGeneration,
  'database-key': keys.databaseKey,
  'database-open': keys.databaseOpen,
  'restart-pending': keys.restartPending,
  'host-system': host.hostSystem,
  service: host.service,
  'library-file': host.libraryFile,
  'library-signature': host.librarySignature,
  runtime: host.runtime,
  installed: host.installed,
  'registry-key': host.registryKey,
  'registry-rights': host.registryRights,
  'key-place': host.keyPlace,
  proxy: host.proxy,
  network: host.network,
  'host-clock': host.hostClock,
  events,
  'vault-network': vault.vaultNetwork,
  'azure-clock': vault.azureClock,
  'vault-key': vault.vaultKey,
  'key-type': vault.keyType,
  'key-usable': vault.keyUsable,
  'application-rights': vault.applicationRights,
  'secret-expiry': vault.secretExpiry,
  wrap: vault.wrap,
}

/** The findings of one reading, in the order of the tests. Pure. */
export const diagnose = (facts: DoctorFacts): DoctorReport => ({
  target: facts.target,
  readAt: facts.readAt,
  findings: doctorTests.flatMap(({ id }) => checks[id](facts)),
  host: facts.host.reach.reachable
    ? { reached: true, how: facts.host.reach.how }
    : { reached: false, because: facts.host.reach.because },
  vaults: facts.vaults.map(({ host: name }) => name),
  application: facts.application,
  wraps: facts.vaults.flatMap(({ host: name, keys: placed }) =>
    placed.flatMap(({ name: key, applications }) =>
      applications.read
        ? applications.value
            .filter(({ wrap, rights }) => wrap.state === 'possible' && rights.length > 0)
            .map(({ name: application }) => ({ application, key, vault: name }))
        : [],
    ),
  ),
})
