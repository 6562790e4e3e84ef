import type { Answers } from '../../../shared/forms/form.ts'
import type { MoveDraft } from '../../../shared/forms/move-database-draft.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import { blanksOf, markBlank, noServerFacts, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts, MovedDatabase } from './facts-model.ts'
import { planMove } from './plan.ts'

/** The statements that the answers so far lead to; blanks as ‹database›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const draft = withBlanks(answers)
  return previewOf(() => planMove(draft, withSomething(draft, facts ?? noFacts), markBlank).plan)
}

const read = <Value>(value: Value) => ({ read: true, value, source: 'Keyturn', at: '' }) as const

const anyDatabase: MovedDatabase = {
  userAccess: 'MULTI_USER',
  owner: '',
  trustworthy: null,
  broker: null,
  users: null,
  files: [
    { logical: '‹data›', path: 'D:\\‹data file›.mdf', type: 0, pages: 0 },
    { logical: '‹log›', path: 'D:\\‹log file›.ldf', type: 1, pages: 0 },
  ],
}

/** Shows the statements before database and destination are chosen. */
const withSomething = (draft: MoveDraft, facts: Facts): Facts => ({
  ...facts,
  moved:
    facts.database === draft.database && facts.moved?.read === true && facts.moved.value !== null
      ? facts.moved
      : read(anyDatabase),
  destination:
    facts.destination?.answered === true
      ? facts.destination
      : {
          answered: true,
          facts: {
            ...noServerFacts,
            target: { ...noServerFacts.target, id: asTargetId('‹server›'), name: '‹destination›' },
          },
          account: read(null),
          owner: null,
          dataFolder: null,
          readFolder: null,
          keyFolder: null,
        },
})

const noFacts: Facts = {
  ...noServerFacts,
  database: null,
  moved: null,
  encryption: null,
  databaseKey: null,
  backupFolder: null,
  destination: null,
  secrets: {},
}

const withBlanks = (answers: Answers): MoveDraft => {
  const { text, flag, oneOf } = blanksOf(answers)
  const pfx = /\.(pfx|p12)$/i.test(text('serverCertificateFile', ''))
  return {
    target: text('target', ''),
    database: text('database', '‹database›'),
    destination: text('destination', ''),
    certificateFrom: oneOf('certificateFrom', ['connection', 'files']),
    certificateName: text('certificateName', '‹certificate name›'),
    keyFolder: text('keyFolder', '‹folder with the key files›'),
    serverCertificateFile: text('serverCertificateFile', '‹certificate file›'),
    serverPrivateKeyFile: pfx ? '' : text('serverPrivateKeyFile', '‹private key file›'),
    certificateFilePassword: null,
    databaseKeyPassword: text('databaseKeyPassword', '') || null,
    way: oneOf('way', ['backup', 'detach']),
    newName: text('newName', '‹name on the destination›'),
    dataFolder: text('dataFolder', '‹folder for the database files›'),
    backupFolder: text('backupFolder', '‹folder for the backup›'),
    readFolder: text('readFolder', ''),
    backupCertificate: text('backupCertificate', ''),
    sourceAfter: oneOf('sourceAfter', ['as-it-was', 'offline']),
    checkConsistency: flag('checkConsistency', true),
  }
}
