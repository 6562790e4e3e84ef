import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import { holesOf } from '../../../shared/model/script.ts'
import { displayScript } from '../../../shared/model/script.ts'

/**
 * sqlcmd and Agent read `$(` as the start of a variable, inside names and literals too, and nothing turns that off for
 * one place. A plan with such a name can be run by Keyturn but not exported.
 */
export const refuseVariablesIn = (plan: Plan): void => {
  // A script for a Windows host does not go into the file.
  const texts = plan.steps.flatMap(({ title, scripts }) => [
    title,
    ...scripts.filter(({ language }) => language !== 'powershell').map(displayScript),
  ])
  if (!texts.some((text) => text.includes('$('))) return
  throw new KeyturnError(
    'answers-incomplete',
    { count: 1 },
    {
      fields: [
        {
          field: 'certificateName',
          message: 'A name or path holds $( which sqlcmd reads as a variable. Such a plan can’t be exported',
        },
      ],
    },
  )
}

/** Variables of the runbook in the order of first use, with what each is. */
export const variablesOf = (plan: Plan): { variable: string; what: string }[] => {
  const seen = new Map<string, string>()
  const scripts = plan.steps.flatMap((step) => step.scripts)
  // What Azure answers within the run is no variable that somebody gives.
  const given = scripts.flatMap((script) =>
    holesOf(script).filter(({ purpose }) => script.language === 'tsql' || purpose !== null),
  )
  for (const { hole } of given) {
    seen.set(hole.toUpperCase(), meaningOf(hole))
  }
  return [...seen].map(([variable, what]) => ({ variable, what }))
}

/** A drill tries several passwords: they are numbered. */
const meaningOf = (hole: string): string =>
  /^key_file_password_\d+$/.test(hole)
    ? 'another password of private key files, for those that the one before does not open'
    : (meaning[hole] ?? 'a secret of this plan')

const meaning: Readonly<Record<string, string>> = {
  dmk_password: 'password of the database master key of master',
  dmk_file_password: 'password of the database master key file',
  smk_file_password: 'password of the service master key file',
  certificate_file_password: 'password of the certificate’s private key file',
  certificate_der: 'hexadecimal digits of the certificate (.cer), without 0x',
  private_key_pvk:
    'hexadecimal digits of its private key file (.pvk), without 0x; the password beside it must open that file',
  application_secret: 'secret of the application; where the run makes it, Azure says it once',
  ekm_client_secret: 'secret of the application that SQL Server signs in as, without the client id',
  storage_token: 'shared access signature of the container, without a ? at its beginning',
  storage_access_key: 'access key of the storage account',
  throw_away_password: 'any password that the server’s policy takes; nothing lasting is under it',
  key_file_password: 'password of the private key files that the restore needs',
}

/** A line comment: one line, whatever the text. */
export const comment = (text: string): string => `-- ${text.replace(/\p{Cc}|[\u2028\u2029]/gu, ' ')}`
