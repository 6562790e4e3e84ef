import {
  AzureCliCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from '@azure/identity'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { cloudHosts, type AzureCloud } from '../../../shared/model/azure.ts'
import type { AzureConnection } from '../../../shared/model/target.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { clientCertificatePem } from './certificate-pem.ts'
import type { AzureMeans } from './means.ts'
import { watchEntra, type EntraWatch } from './entra-watch.ts'

/** A code that a person enters in a browser, on whatever device. */
export interface DeviceCode {
  url: string
  code: string
  /** ISO 8601: Entra gives 15 minutes. */
  until: string
}

export interface SignInParts {
  means: AzureMeans
  /** A fresh holder at each call; wiped here. */
  openSecret(): Promise<SecretBytes>
  /** Shows the code, or takes it away (null). */
  showCode(code: DeviceCode | null): void
  now(): Date
}

export type SignInAnswers = Pick<AzureConnection, 'name' | 'cloud' | 'tenantId' | 'signIn'>

export interface MadeCredential {
  credential: TokenCredential
  /** As errors name it: client id, or the kind of sign-in. */
  account: string
  /** Set where a person has to do something first. */
  authenticate: ((scope: string, signal: AbortSignal) => Promise<void>) | null
}

/** `not-in-rehearsal` for the identity of this computer there; `azure-sign-in-file`. Nothing is sent yet. */
export const makeCredential = async (
  { name: target, cloud, tenantId, signIn }: SignInAnswers,
  parts: SignInParts,
): Promise<MadeCredential> => {
  const entra = watchEntra(target, cloudHosts[cloud].authority)
  const options = credentialOptions(cloud, parts.means, entra.policies)
  const refuseAmbient = (what: string): void => {
    if (!parts.means.ambient) throw new KeyturnError('not-in-rehearsal', { what })
  }
  switch (signIn.kind) {
    case 'client-secret': {
      using secret = await parts.openSecret()
      // The library keeps the secret as a string for as long as the credential lives: until lock, edit or exit.
      const credential = secret.use(
        (bytes) => new ClientSecretCredential(tenantId, signIn.clientId, bytes.toString('utf8'), options),
      )
      return { credential: entra.watched(credential), account: signIn.clientId, authenticate: null }
    }
    case 'client-certificate': {
      using secret = await parts.openSecret()
      const certificate = secret.use((bytes) => clientCertificatePem(bytes, target))
      const credential = new ClientCertificateCredential(tenantId, signIn.clientId, { certificate }, options)
      return { credential: entra.watched(credential), account: signIn.clientId, authenticate: null }
    }
    case 'device-code':
      return deviceCode(signIn.clientId, { tenantId, parts, options, entra })
    case 'managed-identity':
      refuseAmbient('signing in with the managed identity of this computer')
      return {
        credential:
          signIn.clientId === null
            ? new ManagedIdentityCredential()
            : new ManagedIdentityCredential({ clientId: signIn.clientId }),
        account: 'managed identity',
        authenticate: null,
      }
    case 'azure-cli':
      refuseAmbient('signing in as whom Azure CLI is signed in')
      return {
        credential: new AzureCliCredential({ tenantId }),
        account: 'Azure CLI sign-in',
        authenticate: null,
      }
  }
}

const deviceCode = (
  clientId: string | null,
  given: {
    tenantId: string
    parts: SignInParts
    options: ReturnType<typeof credentialOptions>
    entra: EntraWatch
  },
): MadeCredential => {
  const { tenantId, parts, options, entra } = given
  let show: (code: DeviceCode) => void = () => undefined
  const credential = new DeviceCodeCredential({
    ...options,
    tenantId,
    ...(clientId === null ? {} : { clientId }),
    // A person is asked when they test the connection or start something, never in the middle of a run.
    disableAutomaticAuthentication: true,
    userPromptCallback: ({ userCode, verificationUri }) =>
      show({
        code: userCode,
        url: verificationUri,
        until: new Date(parts.now().getTime() + deviceCodeMs).toISOString(),
      }),
  })
  return {
    credential: entra.watched(credential),
    account: clientId === null ? 'device code' : `device code for ${clientId}`,
    authenticate: async (scope, signal) => {
      let over = false
      // Once: what ends late must not take away the code of the next sign-in.
      const hide = (): void => {
        if (!over) parts.showCode(null)
        over = true
      }
      show = (code) => {
        if (!over) parts.showCode(code)
      }
      signal.addEventListener('abort', hide, { once: true })
      try {
        await entra.watching(() => credential.authenticate(scope, { abortSignal: signal, enableCae: true }))
      } finally {
        signal.removeEventListener('abort', hide)
        hide()
      }
    },
  }
}

export const deviceCodeMs = 15 * 60_000

const credentialOptions = (cloud: AzureCloud, means: AzureMeans, policies: EntraWatch['policies']) => ({
  authorityHost: `https://${cloudHosts[cloud].authority}`,
  agent: means.agent,
  // A 5xx of Entra's own comes back as a refusal, which is not asked again: the library asks that once more itself.
  retryOptions: { maxRetries: 1, retryDelayInMs: 500 },
  redirectOptions: { maxRetries: 0 },
  additionalPolicies: [...policies],
})
