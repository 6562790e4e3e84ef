import { sqlConnectionAnswers } from '../../../shared/forms/connection.ts'
import type { FieldProblem } from '../../../shared/errors/problem.ts'
import type { SqlConnection } from '../../../shared/ipc/schemas.ts'

/** What a person typed and chose. Flat, so that switching a radio back finds everything as it was. No secret is in it. */
export interface FormState {
  name: string
  environment: 'production' | 'test'
  host: string
  place: 'port' | 'instance'
  port: string
  instanceName: string
  mode: 'mandatory' | 'strict' | 'off'
  trust: 'system' | 'ca' | 'pin'
  pem: string
  sha256: string
  certificateName: string
  acceptedInWords: string
  signIn: SqlConnection['authentication']['kind']
  user: string
  domain: string
  tenantId: string
  clientId: string
}

const empty: FormState = {
  name: '',
  environment: 'production',
  host: '',
  place: 'port',
  port: '1433',
  instanceName: '',
  mode: 'mandatory',
  trust: 'system',
  pem: '',
  sha256: '',
  certificateName: '',
  acceptedInWords: '',
  signIn: 'sql-login',
  user: '',
  domain: '',
  tenantId: '',
  clientId: '',
}

const encryptionState = ({ encryption }: SqlConnection): Partial<FormState> => {
  if (encryption.mode === 'off') return { mode: 'off', acceptedInWords: encryption.acceptedInWords }
  const { mode, trust } = encryption
  switch (trust.kind) {
    case 'system':
      return { mode, trust: 'system' }
    case 'ca':
      return { mode, trust: 'ca', pem: trust.pem }
    case 'pin':
      return { mode, trust: 'pin', sha256: trust.sha256 }
  }
}

const signInState = ({ authentication }: SqlConnection): Partial<FormState> => {
  switch (authentication.kind) {
    case 'sql-login':
      return { signIn: 'sql-login', user: authentication.user }
    case 'ntlm':
      return { signIn: 'ntlm', user: authentication.user, domain: authentication.domain }
    case 'entra-service-principal':
      return {
        signIn: 'entra-service-principal',
        tenantId: authentication.tenantId,
        clientId: authentication.clientId,
      }
    case 'entra-default':
      return { signIn: 'entra-default' }
  }
}

/** The form at its start. `pin`: a certificate that a test showed, put in as the trust. */
export const formStateOf = (before: SqlConnection | null, pin: string | null): FormState => {
  if (before === null) return empty
  const stored: FormState = {
    ...empty,
    name: before.name,
    environment: before.environment === 'test' ? 'test' : 'production',
    host: before.host,
    place: before.port === null ? 'instance' : 'port',
    port: before.port === null ? '1433' : String(before.port),
    instanceName: before.instanceName ?? '',
    certificateName: before.certificateName ?? '',
    ...encryptionState(before),
    ...signInState(before),
  }
  return pin === null
    ? stored
    : { ...stored, mode: stored.mode === 'off' ? 'mandatory' : stored.mode, trust: 'pin', sha256: pin }
}

const trustOf = ({ trust, pem, sha256 }: FormState) => {
  switch (trust) {
    case 'system':
      return { kind: 'system' }
    case 'ca':
      return { kind: 'ca', pem }
    case 'pin':
      return { kind: 'pin', sha256 }
  }
}

const authenticationOf = (form: FormState, handle: string | null) => {
  const { signIn, user, domain, tenantId, clientId } = form
  switch (signIn) {
    case 'sql-login':
      return { kind: signIn, user, password: handle }
    case 'ntlm':
      return { kind: signIn, domain, user, password: handle }
    case 'entra-service-principal':
      return { kind: signIn, tenantId, clientId, secret: handle }
    case 'entra-default':
      return { kind: signIn }
  }
}

/** A whole number becomes one; anything else stays as typed, so that the rule names what is wrong with it. */
const portOf = (text: string): number | string => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : text)

/** The answers as `connections.save` takes them; the secret only as a handle. */
export const answersOf = (form: FormState, handle: string | null): Record<string, unknown> => {
  const encrypted = form.mode !== 'off'
  const nameOnIt = form.certificateName.trim()
  return {
    name: form.name,
    environment: form.environment,
    host: form.host,
    port: form.place === 'port' ? portOf(form.port) : null,
    instanceName: form.place === 'instance' ? form.instanceName : null,
    certificateName: encrypted && form.trust !== 'pin' && nameOnIt !== '' ? nameOnIt : null,
    encryption: encrypted
      ? { mode: form.mode, trust: trustOf(form) }
      : { mode: 'off', acceptedInWords: form.acceptedInWords },
    authentication: authenticationOf(form, handle),
  }
}

/** The same rules as main's, for answers on the page that need a change. Main checks again. */
export const problemsIn = (form: FormState): FieldProblem[] => {
  const checked = sqlConnectionAnswers.safeParse(answersOf(form, null))
  return checked.success
    ? []
    : checked.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
}

/** True when the kept secret would be sent to another place, or under another trust, than the one it was kept for. */
export const isMoved = (before: SqlConnection, form: FormState): boolean => {
  const after = sqlConnectionAnswers.safeParse(answersOf(form, null))
  if (!after.success) return false
  const place = ({ host, port, instanceName, encryption }: Pick<SqlConnection, PlaceField>): string =>
    JSON.stringify([host.toLowerCase(), port, instanceName?.toLowerCase() ?? null, encryption])
  return place(before) !== place(after.data)
}
type PlaceField = 'host' | 'port' | 'instanceName' | 'encryption'
