import type { DoctorFinding } from '../../shared/model/ekm-doctor.ts'
import { hasTde } from '../wizards/sqlserver/editions.ts'
import type { DoctorFacts } from './facts-model.ts'
import { judged } from './findings.ts'
import { clockLimit, clockText, mostClockSeconds } from './limits.ts'

/** TDE and keys of providers came to the same editions in the same versions. */
export const edition = ({ server }: DoctorFacts): DoctorFinding[] =>
  judged('edition', server, (value) => ({
    measured: `${value.edition}, version ${value.version}`,
    limit: 'Enterprise or Developer; Standard from SQL Server 2019',
    remedy: hasTde(value)
      ? null
      : {
          cause: 'Express and Web never have it; Standard has it from SQL Server 2019 (SQL 33053, 33054)',
          byHand: "SELECT SERVERPROPERTY('Edition'), SERVERPROPERTY('ProductVersion');",
          fix: 'Move the databases to a server whose edition has it',
          job: null,
        },
  }))

export const option = ({ ekm }: DoctorFacts): DoctorFinding[] =>
  judged('option', ekm.option, ({ set, inUse }) => ({
    measured: `set to ${set ? 1 : 0}, ${inUse ? 1 : 0} in use`,
    limit: '1 in use',
    remedy: inUse
      ? null
      : {
          cause: set ? 'It was set, and RECONFIGURE was not run' : 'Nobody has turned it on (SQL 33053)',
          byHand:
            "SELECT name, value, value_in_use FROM sys.configurations WHERE name = 'EKM provider enabled';",
          fix: 'Turn it on: no restart is needed',
          job: 'tde-vault-key',
        },
  }))

export const loginRights = ({ rights, principal }: DoctorFacts): DoctorFinding[] =>
  judged('login-rights', rights, (found) => {
    const missing = found.filter(({ granted }) => granted !== true)
    return {
      about: principal,
      measured:
        missing.length === 0
          ? `${found.length} of ${found.length} rights`
          : `missing: ${missing.map(({ permission, needed }) => `${permission} (${needed})`).join(', ')}`,
      limit: 'every right that a set-up asks for',
      remedy:
        missing.length === 0
          ? null
          : {
              cause: 'The login was given less; it can read here what it sees, and set up only what it may',
              byHand: 'SELECT permission_name FROM sys.fn_my_permissions(NULL, NULL);',
              fix: 'Have an administrator grant what is missing, or connect with another login for the set-up',
              job: null,
            },
    }
  })

export const serverClock = ({ clock, target }: DoctorFacts): DoctorFinding[] =>
  judged('server-clock', clock, (seconds) => ({
    measured: clockText(seconds, 'this computer'),
    limit: clockLimit,
    remedy:
      Math.abs(seconds) <= mostClockSeconds
        ? null
        : {
            cause: `The clock of ${target.name}, or that of this computer, is wrong: Entra refuses sign-ins with such a difference`,
            byHand: 'SELECT SYSUTCDATETIME(); and on the host: w32tm /query /status',
            fix: 'Let Windows take its time from the domain or a time server, then read again',
            job: null,
          },
  }))
