import type { Answers } from '../../../shared/forms/form.ts'
import type { TdeVaultKeyDraft } from '../../../shared/forms/tde-vault-key-draft.ts'
import { vaultHostProblem } from '../../../shared/model/ekm.ts'
import { connectorLibrary } from '../sqlserver/host-rules.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planTdeVaultKey } from './plan.ts'

/** The statements that the answers so far lead to; blanks as ‹key name›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const draft = withBlanks(answers)
  return draft === null
    ? { statements: [], refused: null }
    : previewOf(() => planTdeVaultKey(draft, facts ?? noFacts, markBlank).plan)
}

/** Null while no vault, key and application are named: no statement can be made without them. */
const withBlanks = (answers: Answers): TdeVaultKeyDraft | null => {
  const { text, flag, oneOf } = blanksOf(answers)
  const host = text('vaultHost', '')
  const key = text('vaultKey', '')
  const identityKind = oneOf('identityKind', ['service-principal', 'managed-identity'])
  const clientId = text('clientId', '')
  if (vaultHostProblem(host) !== null || key === '') return null
  if (identityKind === 'service-principal' && clientId === '') return null
  const chosen = answers['databases']
  return {
    target: text('target', ''),
    task: oneOf('task', ['turn-on', 'prepare']),
    databases: Array.isArray(chosen) && chosen.length > 0 ? chosen : ['‹database›'],
    algorithm: oneOf('algorithm', ['AES_256', 'AES_192', 'AES_128']),
    azureMode: oneOf('azureMode', ['without', 'connected']),
    azure: null,
    vaultHost: host,
    vaultKey: key,
    versionMode: oneOf('versionMode', ['newest', 'pinned']),
    keyVersion: text('keyVersion', ''),
    keyBackupConfirmed: flag('keyBackupConfirmed', false),
    replicasConfirmed: flag('replicasConfirmed', false),
    identityKind,
    clientId,
    secretFrom: oneOf('secretFrom', ['typed', 'kept']),
    keptSecret: null,
    clientSecret: null,
    credentialName: text('credentialName', '‹credential›'),
    keyName: text('keyName', '‹key object›'),
    keyLogin: text('keyLogin', '‹login›'),
    providerName: text('providerName', '‹provider›'),
    providerLibrary: text('providerLibrary', connectorLibrary),
    connectorSetup: text('connectorSetup', ''),
    exportFolder: text('exportFolder', ''),
    clusterResource: text('clusterResource', ''),
    scriptFolder: null,
  }
}

const noFacts: Facts = {
  ...noServerFacts,
  principal: '‹login›',
  keys: notYet,
  readOnlyFiles: notYet,
  roles: notYet,
  replicasAsked: [],
  replicaEkm: {},
  ekm: {
    option: notYet,
    providers: notYet,
    credentials: notYet,
    keys: notYet,
    keyLogins: notYet,
    databases: notYet,
    service: notYet,
  },
  service: notYet,
  ownLogin: notYet,
  host: {
    reach: { reachable: false, because: 'not read yet' },
    connector: null,
    registry: null,
    resources: null,
  },
  azure: null,
  exportFolder: null,
  secrets: {},
  scriptFolderLabel: null,
}
