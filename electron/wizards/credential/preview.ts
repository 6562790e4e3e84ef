import { credentialTasks, type CredentialDraft } from '../../../shared/forms/credential-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../sqlserver/preview-parts.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Facts } from './facts-model.ts'
import { planCredential } from './plan.ts'

/** The statements that the answers so far lead to; blanks as ‹name›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const draft = withBlanks(answers)
  if (draft === null) return { statements: [], refused: null }
  const { statements, refused } = previewOf(() => planCredential(draft, facts ?? noFacts, markBlank).plan)
  return {
    statements: statements.map(({ title, text }) => ({
      title: shown(title),
      text: shown(text),
    })),
    refused,
  }
}

/** Stand for a host and a client id that are not entered yet: no other text passes the builders. */
const hostBlank = 'vault-blank.vault.azure.net'
const clientBlank = 'ffffffff-ffff-4fff-8fff-ffffffffffff'

const shown = (text: string): string =>
  text
    .replaceAll(clientBlank.replaceAll('-', ''), '‹client id›')
    .replaceAll(clientBlank, '‹client id›')
    .replaceAll(hostBlank, '‹vault›')
    .replaceAll('vault-blank', '‹vault›')

const textIn = (answers: Answers, field: string): string => {
  const answer = answers[field]
  return typeof answer === 'string' ? answer.trim() : ''
}

/** Null while it is not chosen what is to be done. */
const withBlanks = (answers: Answers): CredentialDraft | null => {
  const task = credentialTasks.find((one) => one === answers['task'])
  if (task === undefined) return null
  const { text, flag, oneOf } = blanksOf(answers)
  const chosen = answers['credentials']
  const host = textIn(answers, 'vaultHost')
  const clientId = textIn(answers, 'clientId')
  const months = answers['secretMonths']
  return {
    target: text('target', ''),
    use: 'key-vault',
    task,
    azureMode: oneOf('azureMode', ['without', 'connected']),
    azure: text('azure', '') || null,
    provider: text('provider', '‹provider›'),
    identityKind: oneOf('identityKind', ['service-principal', 'managed-identity']),
    // What was entered is shown to be wrong; only an empty field is a blank.
    vaultHost: host || hostBlank,
    credentialName: text('credentialName', '‹credential›'),
    credentials: Array.isArray(chosen) ? chosen : [],
    applicationFilter: '',
    clientId: clientId === '' && task !== 'prove' ? clientBlank : clientId,
    secretFrom: oneOf('secretFrom', ['typed', 'kept']),
    keptSecret: text('keptSecret', '') || null,
    clientSecret: text('clientSecret', '') || null,
    newSecret: oneOf('newSecret', ['typed', 'make']),
    secretMonths:
      typeof months === 'number' && Number.isInteger(months) && months > 0 && months < 25 ? months : 12,
    oldSecretAfter: oneOf('oldSecretAfter', ['keep', 'remove']),
    oldSecret: text('oldSecret', ''),
    othersConfirmed: flag('othersConfirmed', false),
    mapTo: oneOf('mapTo', ['none', 'login']),
    login: text('login', '‹login›'),
    proveHere: flag('proveHere', true),
    proofKey: text('proofKey', ''),
    restartPrimary: oneOf('restartPrimary', ['after-failover', 'as-it-is']),
    restartBy: oneOf('restartBy', ['person', 'keyturn']),
    nodesConfirmed: flag('nodesConfirmed', false),
  }
}

const noEkm: EkmFacts = {
  option: notYet,
  providers: notYet,
  credentials: notYet,
  keys: notYet,
  keyLogins: notYet,
  databases: notYet,
  service: notYet,
}

const noFacts: Facts = {
  ...noServerFacts,
  node: {
    target: noServerFacts.target,
    identity: noServerFacts.identity,
    principal: '‹your login›',
    ekm: noEkm,
    primaryOf: notYet,
    clustered: notYet,
  },
  others: [],
  azure: null,
  ownLogin: notYet,
  secrets: {},
}
