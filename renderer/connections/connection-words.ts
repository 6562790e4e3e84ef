import type {
  AzureConnection,
  Connection,
  ConnectionCheck,
  ConnectionView,
  SqlConnection,
} from '../../shared/ipc/schemas.ts'
import type { Mark } from '../ui/StatusMark.tsx'

type State = ConnectionView['state']

export const stateMarks: Record<State, { mark: Mark; word: string }> = {
  'not-tested': { mark: 'unknown', word: 'Not tested' },
  connected: { mark: 'ok', word: 'Connected' },
  unreachable: { mark: 'failed', word: 'Unreachable' },
  'signed-out': { mark: 'failed', word: 'Login refused' },
  'rights-missing': { mark: 'attention', word: 'Rights missing' },
  'identity-changed': { mark: 'failed', word: 'Identity changed' },
}

export const checkMarks: Record<ConnectionCheck['state'], { mark: Mark; word: string }> = {
  ok: { mark: 'ok', word: 'Passed' },
  failed: { mark: 'failed', word: 'Failed' },
  unknown: { mark: 'unknown', word: 'Not known' },
  'not-reached': { mark: 'skipped', word: 'Not reached' },
}

export const addressWords = ({ host, port, instanceName }: SqlConnection): string =>
  port === null ? `${host}\\${instanceName ?? ''}` : `${host}, port ${port}`

const trustWords = {
  system: 'certificate by the system’s store',
  ca: 'certificate by a CA of its own',
  pin: 'pinned certificate',
} as const

export const encryptionWords = ({ encryption }: SqlConnection): string =>
  encryption.mode === 'off'
    ? 'Off, as accepted in words'
    : `${encryption.mode === 'strict' ? 'Strict (TDS 8.0)' : 'Mandatory'}, ${trustWords[encryption.trust.kind]}`

export const signInWords: Record<SqlConnection['authentication']['kind'], string> = {
  'sql-login': 'SQL login',
  ntlm: 'NTLM',
  'entra-service-principal': 'Entra service principal',
  'entra-default': 'Entra account of this computer',
}

export const clockWords = (seconds: number | null): string => {
  if (seconds === null) return 'not read'
  if (seconds === 0) return 'none, to the second'
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this computer`
}

export const azureSignInWords: Record<AzureConnection['signIn']['kind'], string> = {
  'client-secret': 'client secret',
  'client-certificate': 'client certificate',
  'device-code': 'device code',
  'managed-identity': 'managed identity',
  'azure-cli': 'Azure CLI',
}

export const cloudWords: Record<AzureConnection['cloud'], string> = {
  public: 'Azure public cloud',
  'us-government': 'Azure US Government',
  china: 'Azure operated by 21Vianet',
}

/** The handle of the kept password or secret; null: none is kept, or the sign-in needs none. */
export const keptHandle = (connection: Connection): string | null => {
  switch (connection.kind) {
    case 'sqlserver':
      return keptPassword(connection)
    case 'azure': {
      const { signIn } = connection
      if (signIn.kind === 'client-secret') return signIn.secret
      return signIn.kind === 'client-certificate' ? signIn.certificate : null
    }
    case 'keyvault':
      return null
    case 'hsm':
      return connection.pin
  }
}

const keptPassword = ({ authentication }: SqlConnection): string | null => {
  switch (authentication.kind) {
    case 'sql-login':
    case 'ntlm':
      return authentication.password
    case 'entra-service-principal':
      return authentication.secret
    case 'entra-default':
      return null
  }
}

/** True where a sign-in needs a secret and none is kept. */
export const secretMissing = (connection: Connection): boolean => {
  if (keptHandle(connection) !== null) return false
  switch (connection.kind) {
    case 'sqlserver':
      return connection.authentication.kind !== 'entra-default'
    case 'azure':
      return connection.signIn.kind === 'client-secret' || connection.signIn.kind === 'client-certificate'
    case 'keyvault':
      return false
    case 'hsm':
      // Jobs ask for it.
      return false
  }
}

/** The print that was relied on until now: the pinned one, else the one seen at the first connection. */
export const knownPrint = ({ encryption, identity }: SqlConnection): string | null =>
  encryption.mode !== 'off' && encryption.trust.kind === 'pin'
    ? encryption.trust.sha256
    : (identity?.certificateSha256 ?? null)
