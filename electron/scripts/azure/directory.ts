import { cloudHosts, type AzureCloud } from '../../../shared/model/azure.ts'
import type { Script, SecretHole } from '../../../shared/model/script.ts'
import { address, rest, run, segment, type AddressPart } from './rest.ts'

/** Calls of Microsoft Graph about applications. */

/** What an earlier step of the run is answered: no plan can know it. */
export const runValues = {
  /** Application (client) id. */
  application: 'application_id',
  /** Object id of the application: what secrets are added to. */
  applicationObject: 'application_object_id',
  /** Object id of its service principal: what roles name. */
  principal: 'principal_object_id',
  secretKeyId: 'secret_key_id',
} as const

export const runValue = (hole: string): SecretHole => ({ hole, purpose: null })

const graph = (cloud: AzureCloud): AddressPart => ({ address: [`${cloudHosts[cloud].directory}/v1.0`] })

/** An application by the id that is known when the plan is made; null: the one that the run registers. */
const applicationAt = (cloud: AzureCloud, objectId: string | null): AddressPart =>
  address`${graph(cloud)}/applications/${objectId === null ? run(runValues.applicationObject) : segment(objectId, 'application')}`

export const postApplication = (cloud: AzureCloud, name: string, mark: string): Script =>
  rest('post', address`${graph(cloud)}/applications`, {
    displayName: name,
    signInAudience: 'AzureADMyOrg',
    tags: [`keyturn-run:${mark}`],
  })

export const deleteApplication = (cloud: AzureCloud, objectId: string | null): Script =>
  rest('delete', applicationAt(cloud, objectId))

export const postServicePrincipal = (cloud: AzureCloud, application: string | null): Script =>
  rest('post', address`${graph(cloud)}/servicePrincipals`, {
    appId: application ?? runValue(runValues.application),
  })

export const addPassword = (
  cloud: AzureCloud,
  objectId: string | null,
  secret: { name: string; expires: string },
): Script =>
  rest('post', address`${applicationAt(cloud, objectId)}/addPassword`, {
    passwordCredential: { displayName: secret.name, endDateTime: secret.expires },
  })

export const removePassword = (cloud: AzureCloud, objectId: string | null): Script =>
  rest('post', address`${applicationAt(cloud, objectId)}/removePassword`, {
    keyId: runValue(runValues.secretKeyId),
  })
