import {
  versionProblem,
  setupProblem,
  type ConnectorUpgradeDraft,
} from '../../../shared/forms/connector-upgrade.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planConnectorUpgrade } from './plan.ts'

/** Blanks that the calls of the host step take, shown as words. */
const setupBlank = 'X:\\setup-on-the-host.msi'
const versionBlank = '0.0.0.0'

/** The statements that the answers so far lead to; blanks as ‹folder for backups›. */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const read = facts ?? noFacts
  const shown = previewOf(() => planConnectorUpgrade(withBlanks(answers), read, markBlank).plan)
  return {
    ...shown,
    statements: shown.statements.map(({ title, text }) => ({ title: blanked(title), text: blanked(text) })),
  }
}

const blanked = (text: string): string =>
  text.replaceAll(setupBlank, '‹setup on the host›').replaceAll(versionBlank, '‹file version›')

const noFacts: Facts = {
  ...noServerFacts,
  identity: { ...noServerFacts.identity, machineName: 'SERVER' },
  ekm: {
    option: notYet,
    providers: notYet,
    credentials: notYet,
    keys: notYet,
    keyLogins: notYet,
    databases: notYet,
    service: notYet,
  },
  host: { reach: { reachable: false, because: 'not read yet' }, connector: null },
  backups: notYet,
  now: notYet,
  clustered: notYet,
  backupFolder: null,
  scriptFolderLabel: null,
}

const withBlanks = (answers: Answers): ConnectorUpgradeDraft => {
  const { text, oneOf } = blanksOf(answers)
  const setup = text('setup', setupBlank)
  const version = text('version', versionBlank)
  return {
    target: text('target', ''),
    task: oneOf('task', ['newer', 'back']),
    setup: setupProblem(setup) === null ? setup : setupBlank,
    version: versionProblem(version) === null ? version : versionBlank,
    mode: oneOf('mode', ['interactive', 'silent']),
    productCode: '',
    scriptFolder: null,
    backups: oneOf('backups', ['take', 'confirm']),
    mostHours: 24,
    backupFolder: text('backupFolder', '‹folder for backups›'),
  }
}
