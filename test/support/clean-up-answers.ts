import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import type { Ask } from './ask.ts'
import { credentialOfServer, seededApplication } from './credential-answers.ts'
import { targetNamed } from './job-answers.ts'
import type { Simulators } from './simulators.ts'

interface Place {
  program: Program
  ask: Ask
  simulators: Simulators
}

/** Everything that `withKeyOfVault` made, and the registry key at the end. */
export const answersOfCleanUp = async (
  { ask, simulators }: Place,
  server: string,
  changes: Answers = {},
): Promise<Answers> => {
  const { clientId, secret } = await seededApplication(simulators)
  const target = await targetNamed(ask, server)
  const { handle } = await ask('secrets.keep', {
    purpose: 'ekm.client-secret',
    target,
    label: 'Secret of the application',
    rule: 'ekm-client-secret',
    bytes: new TextEncoder().encode(secret),
  })
  return {
    target,
    scope: 'key',
    key: 'tde',
    keyLogin: 'tde_login',
    credential: credentialOfServer,
    parts: ['mapping', 'login', 'key', 'credential', 'provider', 'option', 'registry'],
    exportFolder: (await ask('serverFiles.list', { target, path: '' })).path,
    clientId,
    clientSecret: handle,
    confirmation: 'tde',
    ...changes,
  }
}

/** What an administrator does at the machine when the run waits for it. */
export const deleteRegistryKey = async (
  { simulators }: Pick<Place, 'simulators'>,
  server: string,
): Promise<void> => {
  await simulators.order({ command: 'ekm', instance: server, order: { what: 'deleteRegistry' } })
}

/** What a clean-up is about, as one list for each kind. */
export const chainQuestions = {
  keys: 'SELECT a.name AS name FROM master.sys.asymmetric_keys AS a',
  'key logins': "SELECT l.name AS name FROM sys.server_principals AS l WHERE l.type = 'K'",
  credentials:
    'SELECT c.name AS name, c.credential_identity AS credential_identity FROM sys.credentials AS c',
  mappings: 'SELECT s.credential_id AS credential_id FROM sys.server_principal_credentials AS s',
  providers: 'SELECT p.name AS name FROM sys.cryptographic_providers AS p',
  options:
    "SELECT c.name AS name, CAST(c.value_in_use AS int) AS value_in_use FROM sys.configurations AS c WHERE c.name IN (N'EKM provider enabled', N'show advanced options')",
} as const
