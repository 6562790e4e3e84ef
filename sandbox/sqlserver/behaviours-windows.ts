import type { Behaviour } from './behaviours.ts'

/** The Windows computer that a simulated server runs on, as far as the control command `host` asks about it. */
export const WINDOWS_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'windows.calls',
    certainty: 'assumed',
    says: 'The closed set of shared/model/host-calls.ts, as an administrator in a 64-bit Windows PowerShell. One default instance, no failover cluster: its calls answer that the commands are not there.',
  },
  {
    id: 'windows.registry',
    certainty: 'documented',
    says: 'Full Control for the service account on the key of the connector, inherited below it; it counts from the restart of the service. KeyUri below vault and thumbprint is what the connector wrote.',
  },
  {
    id: 'windows.registry-access',
    certainty: 'assumed',
    says: 'What the key inherits: Administrators, SYSTEM and CREATOR OWNER Full Control, Users read. SIDs of domain accounts are ours.',
  },
  {
    id: 'windows.registry-export',
    certainty: 'assumed',
    says: 'A .reg file in UTF-16 on the disk of the server; one that is there stays as it is.',
  },
  {
    id: 'windows.service-restart',
    certainty: 'assumed',
    says: 'Ends every connection and cryptographic session; databases under keys of vaults come up once the vault has answered. The call answers then.',
  },
  {
    id: 'windows.service-stop',
    certainty: 'assumed',
    says: 'Stopped, the service takes no connection and holds no library. Starting it is what a restart does after its stop.',
  },
  {
    id: 'windows.connector-dll',
    certainty: 'assumed',
    says: 'File version, signer and digest of the rehearsal library; the signer is ours. A file that is no such library has version 0.0.0.0 and no signature.',
  },
  {
    id: 'windows.setup-packages',
    certainty: 'assumed',
    says: 'File versions of the connector: 13.0.811.168 (1.0.4.0), 15.0.300.96, 15.0.2000.367 and 15.0.2000.440 (all 1.0.5.0). Packages for them are in C:\\ktr-setup of every server; product codes are ours.',
  },
  {
    id: 'windows.setup-exit',
    certainty: 'assumed',
    says: 'msiexec ends with 0; 3010 while the service has the library loaded, which the new file then replaces at the next restart of the service; 1638 over another version, 1605 for a product that is not installed, 1619 for a file that is not there, 1620 for one that is no package; these but 1605 are refused as failed (a product that is gone is what an uninstall wants). Interactive and silent do the same.',
  },
  {
    id: 'windows.setup-library',
    certainty: 'assumed',
    says: 'Uninstalling takes the library away and leaves provider, credentials, keys and registry.',
  },
  {
    id: 'windows.events',
    certainty: 'assumed',
    says: 'The connector writes each failure as an error with its code as the id and what Azure answered; the text is ours and says so. That it writes them, and under which source, is documented.',
  },
  {
    id: 'windows.events-server',
    certainty: 'assumed',
    says: 'The server writes its start, scans, databases that do not open and suspended data movement; the newest 500 to 1,000 entries are kept.',
  },
  {
    id: 'windows.network',
    certainty: 'assumed',
    says: 'Only hosts of the simulated Azure have an address, vaults and HSMs while they are there; a fault that drops connections is no connection. No proxy is set.',
  },
]
