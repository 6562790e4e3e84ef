import type { Answers, FormFacts } from '../../../../shared/forms/form.ts'
import { at, server } from './plan.ts'
import { longName } from './state.ts'

const none: FormFacts = { options: {}, shown: [], flags: {}, suggested: {}, checks: [], readAt: at }

const databases = [
  { value: 'Sales', label: 'Sales', usable: true, facts: { Size: '42 GB', TDE: 'off' } },
  { value: longName, label: longName, usable: true, facts: { Size: '1 GB', TDE: 'on' } },
  { value: 'Archive', label: 'Archive', usable: false, reason: 'it is OFFLINE', facts: { Size: '900 GB' } },
  ...Array.from({ length: 40 }, (_, index) => ({
    value: `Tenant_${index}`,
    label: `Tenant_${index}`,
    usable: true,
    facts: { Size: '3 GB' },
  })),
]

/** What a server like that of the rehearsal would say for each screen. */
export const factsFor = (screen: string, answers: Answers): FormFacts => {
  if (screen === 'server')
    return {
      ...none,
      options: {
        targets: [
          {
            value: server.id,
            label: server.name,
            usable: true,
            facts: { Version: 'SQL Server 2022', Environment: 'production' },
          },
          {
            value: 't-express',
            label: 'ktr-express',
            usable: false,
            reason: 'the Express edition can’t encrypt backups',
          },
        ],
        databases: answers['target'] === server.id ? databases : [],
      },
      shown: [
        {
          label: 'Version and edition',
          value: '16.0.4135.4, Developer Edition (64-bit)',
          source: 'ktr-sql-01, SERVERPROPERTY',
          at,
        },
        { label: 'Login', value: 'kt_operator', source: 'ktr-sql-01, ORIGINAL_LOGIN()', at },
      ],
      checks: [
        {
          name: 'Encrypted backups',
          state: 'ok',
          detail: 'This version and edition create them',
          at,
          field: null,
        },
        {
          name: 'Right to export keys',
          state: 'unknown',
          detail: 'not visible with this login',
          at,
          field: null,
        },
      ],
    }
  if (screen === 'keys')
    return {
      ...none,
      options: {
        certificates: [
          {
            value: 'KT_2025',
            label: 'KT_2025',
            usable: false,
            reason: 'it expired on 1 Mar 2026',
            facts: { Thumbprint: '9F3A1C22AB77C0D1E2F39F3A1C22AB77C0D1E2F3' },
          },
        ],
      },
      shown: [
        {
          label: 'Database master key of master',
          value: 'none',
          source: 'ktr-sql-01, sys.symmetric_keys',
          at,
        },
      ],
      suggested: {
        encryptor: { value: 'certificate', because: 'it needs nothing but this server' },
        masterKeyMode: { value: 'create', because: 'master has no database master key' },
        certificateMode: { value: 'create', because: 'no certificate there can take new backups' },
      },
    }
  if (screen === 'files')
    return {
      ...none,
      suggested: { keyFolder: { value: 'D:\\Keys', because: 'it is the folder that the last run used' } },
    }
  return {
    ...none,
    suggested: {
      destination: { value: 'disk', because: 'it needs no network' },
      stats: { value: 5, because: 'it is a message about every 5 percent' },
    },
  }
}
