import type { DoctorFinding, DoctorReport } from '../../../../shared/model/ekm-doctor.ts'
import { at, server } from './plan.ts'

const line = (changes: Partial<DoctorFinding> & Pick<DoctorFinding, 'test'>): DoctorFinding =>
  ({
    about: null,
    state: 'in-order',
    measured: 'as it should be',
    limit: null,
    source: `${server.name}, sys.configurations`,
    at,
    remedy: null,
    ...changes,
  }) as DoctorFinding

/** One finding of each state. */
export const doctorReport: DoctorReport = {
  target: server,
  readAt: at,
  findings: [
    line({ test: 'option', measured: 'set to 1, 1 in use', limit: '1 in use' }),
    line({
      test: 'restart-pending',
      about: 'tde_cred\u0007',
      state: 'attention',
      measured: 'changed after the start of the service',
      remedy: {
        cause: 'The connector keeps the secret that it used first',
        byHand: 'SELECT modify_date FROM sys.credentials;',
        fix: 'Restart the service',
        job: 'vault',
      },
    }),
    line({ test: 'runtime', state: 'not-read', measured: 'This computer does not run Windows', at: null }),
    line({ test: 'vault-key', state: 'not-applicable', measured: 'no credential names a vault', at: null }),
  ],
  host: { reached: false, because: 'This computer does not run Windows, so it has no Windows PowerShell' },
  vaults: ['ktr-vault-weu.vault.azure.net'],
  application: null,
  wraps: [{ application: 'ktr-ekm-sql01', key: 'ktr-tde-sql01', vault: 'ktr-vault-weu.vault.azure.net' }],
}
