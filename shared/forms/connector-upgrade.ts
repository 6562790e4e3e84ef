import { z } from 'zod'
import { HostPath } from '../model/host-calls.ts'
import { versionParts } from '../model/connector-version.ts'
import { folder, id, optionalId, optionalText, problemsOf, whole, type AnswerProblem } from './draft-parts.ts'
import type { Answers, FormDescription, Screen } from './form.ts'
import { longestFolder } from './names.ts'

const serverScreen: Screen = {
  id: 'server',
  noun: 'Server',
  question: 'On which server is the connector changed?',
  purpose:
    'The service is stopped for it. In a group every node is changed by a run of its own: secondary ones first.',
  reads: {
    facts: ['Connector', 'Provider', 'Databases under its keys', 'PowerShell on the host'],
    checks: [],
  },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'Its databases under keys of a vault are backed up first, and looked at afterwards',
      rule: 'One connected SQL Server with a provider of the connector',
      from: 'targets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'task',
      label: 'What is done',
      why: 'Both go the same way; going back is what a restore of an older backup may need',
      options: [
        { value: 'newer', label: 'Install a newer connector', detail: 'Across 1.0.5.0 thumbprints change' },
        {
          value: 'back',
          label: 'Go back to an older connector',
          detail: 'Thumbprints are made as they were then; backups of that time restore again',
        },
      ],
    },
  ],
}

const connectorScreen: Screen = {
  id: 'connector',
  noun: 'Connector',
  question: 'Which setup is run on the host?',
  purpose: 'The package lies on the server’s computer already; Keyturn brings none and loads none.',
  reads: { facts: ['Connector'], checks: [] },
  fields: [
    {
      kind: 'text',
      name: 'setup',
      label: 'Setup on the host',
      why: 'Windows runs it there, as an administrator',
      rule: 'The whole path of an .msi file, at most 256 characters',
      hint: 'For instance D:\\Setup\\SQLServerConnectorforMicrosoftAzureKeyVault.msi',
      maxLength: 256,
      mono: true,
    },
    {
      kind: 'text',
      name: 'version',
      label: 'File version that it installs',
      why: 'The library is compared with it afterwards, and it decides how thumbprints are made',
      rule: 'Four numbers with dots',
      hint: 'For instance 15.0.2000.440',
      maxLength: 40,
      mono: true,
    },
    {
      kind: 'choice',
      name: 'mode',
      label: 'How the setup runs',
      why: 'Its own switches are not documented; the silent ones are those of every Windows setup',
      options: [
        {
          value: 'interactive',
          label: 'Somebody clicks through it on the host',
          detail: 'Shows its license',
        },
        { value: 'silent', label: 'Silent', detail: 'msiexec /qn /norestart' },
      ],
    },
    {
      kind: 'text',
      name: 'productCode',
      label: 'Product code of the connector that is there',
      why: 'Uninstalls it. Read by Keyturn where a PowerShell reaches the host',
      rule: 'Braces and 32 hexadecimal digits, or nothing where Keyturn reads it',
      maxLength: 38,
      mono: true,
    },
    {
      kind: 'place',
      name: 'scriptFolder',
      label: 'Folder of yours for scripts',
      why: 'Where no PowerShell reaches the host, the script is put here, and its result read from here',
    },
  ],
}

const backupsScreen: Screen = {
  id: 'backups',
  noun: 'Backups',
  question: 'Which full backups are there before and after?',
  purpose: 'Without one from before, a database that does not come up again can’t be brought back.',
  reads: { facts: ['Full backups on record'], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'backups',
      label: 'Full backups before the change',
      why: 'Of every database under a key of the connector',
      options: [
        { value: 'take', label: 'This run takes them', detail: 'Full, with checksum, part of the chain' },
        { value: 'confirm', label: 'They are there', detail: 'msdb names a full one that is new enough' },
      ],
    },
    {
      kind: 'number',
      name: 'mostHours',
      label: 'Newest full backup at most',
      why: 'An older one is a blocker',
      min: 1,
      max: 168,
      unit: 'hours old',
      when: { field: 'backups', is: ['confirm'] },
    },
    {
      kind: 'server-path',
      name: 'backupFolder',
      label: 'Folder on the server for backups',
      why: 'For those of before, and for the full ones that are taken afterwards',
      rule: `The whole path on the server's own disk, at most ${longestFolder} characters`,
      targetField: 'target',
    },
  ],
}

/** The job "Connector upgrade" as data. */
export const connectorUpgradeForm: FormDescription = {
  job: 'connector-upgrade',
  title: 'Upgrade the connector for key vaults',
  summary:
    'Another version of SQL Server’s connector on one server, with full backups before and after, every database looked at, and thumbprints compared. The way back is the same job.',
  noun: 'Connector upgrade',
  targetFields: ['target'],
  intro: {
    question: 'Change the version of SQL Server’s connector',
    changes: [
      'Full backups of every database under keys of the connector, before and after',
      'The service is stopped, the connector uninstalled, the other one installed, the service started',
      'The provider is registered from the new library where that is needed, and databases that did not come up are set online',
      'Thumbprints of keys and databases are compared; none is changed by this run',
    ],
    needs: [
      'The setup package on the host, and an administrator there, or Keyturn started on the host as one',
      'CONTROL SERVER; BACKUP DATABASE on each database; SELECT in msdb',
      'A time in which nobody needs the server: it is stopped for some minutes',
    ],
    cannotBeUndone: [
      'A restart; the way back is this job again with the setup of the version before',
      'Across 1.0.5.0 (15.0.300.96) the same key of the vault gets another thumbprint wherever it is opened from then on: backups under the old one answer SQL 33111 there',
    ],
    minutes: '5 minutes to answer; the run takes as long as the backups and the setup',
  },
  screens: [serverScreen, connectorScreen, backupsScreen],
  exports: ['runbook-sql', 'runbook-ps1', 'runbook-md'],
  next: [
    {
      text: 'Look at everything between the server and its vault once more: EKM doctor, on the page of the connection.',
      label: 'See the connections',
      to: 'connections',
    },
    {
      text: 'Where thumbprints are made in another way now: open the key again under another name and put the databases under it. Keep the old objects as long as a backup needs them.',
      label: 'See the keys',
      to: 'keys',
    },
  ],
}

export const versionProblem = (text: string): string | null => {
  if (text === '') return 'The file version is empty. Enter the one of the library that the setup installs'
  return versionParts(text) === null
    ? 'The file version is not four numbers with dots. Enter it as Windows shows it, for instance 15.0.2000.440'
    : null
}

export const setupProblem = (text: string): string | null => {
  if (text === '') return 'The setup is not named. Enter its whole path on the host'
  if (!text.toLowerCase().endsWith('.msi'))
    return 'The setup does not end with .msi. Enter the package itself'
  return HostPath.safeParse(text).success
    ? null
    : 'The setup is no whole path of Windows of at most 256 characters. Begin with a drive (D:\\) or a share (\\\\server\\share\\), and leave out < > " | ? *'
}

export const productCodeProblem = (text: string): string | null =>
  text === '' || /^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$/i.test(text)
    ? null
    : 'The product code is not of the form {00000000-0000-0000-0000-000000000000}. Copy it from the uninstall entry, braces included'

const server = z.object({
  target: id('No server is chosen. Choose one'),
  task: z.preprocess(
    (value) => value ?? 'newer',
    z.enum(['newer', 'back'], { error: 'Choose what is done' }),
  ),
})

const connectorShape = z.object({
  setup: optionalText,
  version: optionalText,
  mode: z.preprocess(
    (value) => value ?? 'interactive',
    z.enum(['interactive', 'silent'], { error: 'Choose how the setup runs' }),
  ),
  productCode: optionalText,
  scriptFolder: optionalId,
})
const connector = whole(connectorShape, (answers, say) => {
  say('setup', setupProblem(answers.setup))
  say('version', versionProblem(answers.version))
  say('productCode', productCodeProblem(answers.productCode))
})

const backups = z.object({
  backups: z.preprocess(
    (value) => value ?? 'take',
    z.enum(['take', 'confirm'], { error: 'Choose which backups are there before' }),
  ),
  mostHours: z.preprocess(
    (value) => value ?? 24,
    z
      .number({ error: 'The age is not a number. Enter a whole number from 1 to 168' })
      .int('The age is not a whole number. Enter one from 1 to 168')
      .min(1, 'The age is below 1 hour. Enter a whole number from 1 to 168')
      .max(168, 'The age is above 168 hours. Enter a whole number from 1 to 168'),
  ),
  backupFolder: folder('The folder for backups'),
})
export type ConnectorUpgradeDraft = z.output<typeof server> &
  z.output<typeof connectorShape> &
  z.output<typeof backups>

const parts = { server, connector, backups } as const
export const connectorUpgradeScreens = ['server', 'connector', 'backups'] as const
export type ConnectorUpgradeScreenId = (typeof connectorUpgradeScreens)[number]

export const connectorUpgradeDraft: z.ZodType<ConnectorUpgradeDraft> = server.and(connector).and(backups)

export const connectorUpgradeScreenProblems = (
  screen: ConnectorUpgradeScreenId,
  answers: Answers,
): AnswerProblem[] => problemsOf(parts[screen], answers)
