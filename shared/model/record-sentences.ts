import { ceremonySentences } from './record-ceremony-sentences.ts'
import type { KindAndBody, RecordBody, RecordKind } from './record.ts'

type Sentences = { readonly [Kind in RecordKind]: (body: RecordBody<Kind>) => string }

/** One entry as a sentence for people. Pure; says only what the entry holds. */
export const sentenceOf = (entry: KindAndBody): string => {
  const say = sentences[entry.kind] as (body: KindAndBody['body']) => string
  return say(entry.body)
}

const count = (many: number, one: string, more = `${one}s`): string => `${many} ${many === 1 ? one : more}`
const covered = (entries: number): string =>
  entries === 0
    ? 'no entry was there before'
    : `${count(entries, 'entry', 'entries')} before it stay as they were`
const again = (attempt: number): string => (attempt > 1 ? `, attempt ${attempt}` : '')

/** Enough of a fingerprint to tell keys apart in a sentence; the whole stands in the entry. */
const ends = (fingerprint: string): string => `${fingerprint.slice(0, 8)} … ${fingerprint.slice(-8)}`

const changeWords = {
  start: 'Keyturn started',
  lock: 'the keyring was locked',
  end: 'Keyturn was closed',
  entries: 'it had signed its number of entries',
  time: 'its time was over',
} as const

const undoWords = {
  undone: 'was undone',
  'nothing-there': 'had left nothing to undo',
  kept: 'was not undone',
} as const

const lockWords = {
  asked: '',
  idle: ': nobody used the window',
  long: ': the passphrase was entered 20 hours before',
  'screen-lock': ' with the screen',
  suspend: ' as the computer went to sleep',
} as const

const sentences: Sentences = {
  'program-started': (body) => `Keyturn ${body.version} was started with the profile ${body.profile}`,

  'run-approved': (body) =>
    `Run “${body.title}” was approved and started: ${count(body.steps.length, 'step')}, ticket ${body.ticket}, reason: ${body.reason}`,
  'step-intent': (body) => `Step ${body.step} “${body.title}” is about to be applied${again(body.attempt)}`,
  'step-outcome': (body) =>
    ({
      applied: `Step ${body.step} “${body.title}” was applied and read back`,
      'already-there': `Step ${body.step} “${body.title}” was there already and was read back`,
      'found-done': `Step ${body.step} “${body.title}” was found done and was read back`,
    })[body.how],
  'step-failed': (body) => `Step ${body.step} “${body.title}” failed (${body.during}): ${body.problem.title}`,
  'step-voided': (body) =>
    `Attempt ${body.attempt} of step ${body.step} “${body.title}” is void; the step starts from its beginning`,
  'run-stop-requested': (body) =>
    body.how === 'now' ? 'The run was told to stop now' : 'The run was told to stop after the current step',
  'run-stopped': (body) =>
    body.because === 'asked'
      ? `The run stopped before step ${body.before} “${body.title}”`
      : `The run stopped before step ${body.before} “${body.title}”: the disk of the record is full`,
  'run-continued': (body) =>
    `The run was ${body.how === 'retry' ? 'told to try again' : 'resumed'}${body.step === null ? '' : ` at step ${body.step}`}`,
  'run-interrupted': (body) =>
    `Keyturn ended during the run “${body.title}”${body.step === null ? '' : ` in step ${body.step}`}${body.undoing ? ', while it was being undone' : ''}`,
  'undo-started': (body) => `The run “${body.title}” is being undone`,
  'undo-intent': (body) => `Step ${body.step} “${body.title}” is about to be undone`,
  'undo-outcome': (body) =>
    `Step ${body.step} “${body.title}” ${undoWords[body.result]}${body.because === null ? '' : `: ${body.because}`}`,
  'undo-failed': (body) => `Undoing step ${body.step} “${body.title}” failed: ${body.problem.title}`,
  'run-ended': (body) =>
    body.state === 'verified'
      ? `Run “${body.title}” ended: every step was read back`
      : `Run “${body.title}” ended: undone as far as its steps allow`,
  'drill-ended': (body) =>
    `Restore drill of ${body.database} from ${body.source} on ${body.drillServer}: ${
      body.outcome === 'restored'
        ? `restored and checked in ${body.totalSeconds} s`
        : `${body.outcome === 'failed' ? 'failed' : 'not finished'}; the backup was proven as far as “${body.level}”${body.problem === null ? '' : `. ${body.problem.title}`}`
    }`,
  'escrow-drill-ended': (body) =>
    `${body.purpose === 'drill' ? 'Drill' : 'Recovery'} of escrow package ${body.package} on ${body.server}${
      body.openedBy === null ? '' : `, opened by ${body.openedBy}`
    }: ${
      body.outcome === 'proven'
        ? `${body.items.map(({ name, level }) => `${name} ${level}`).join(', ')}, in ${body.totalSeconds} s`
        : `${body.outcome === 'failed' ? 'failed' : 'not finished'}${body.layer === null ? '' : ` at the layer “${body.layer}”`}${body.problem === null ? '' : `. ${body.problem.title}`}`
    }`,
  'run-left': (body) => `Run “${body.title}” was left as it is. Reason: ${body.reason}`,

  ...ceremonySentences,

  refused: (body) =>
    `Refused: ${body.action}${body.about === null ? '' : ` (${body.about})`}. ${body.problem.title}`,

  'connection-added': (body) => `Connection ${body.name} (${body.address}, ${body.environment}) was added`,
  'connection-edited': (body) =>
    `Connection ${body.name} was changed: ${body.changed.join(', ')}${body.credentialDropped ? '; its credential was dropped' : ''}`,
  'connection-removed': (body) => `Connection ${body.name} was removed`,
  'connection-tested': (body) =>
    body.problem === null
      ? `Connection ${body.name} was tested; the server authenticated ${body.principal ?? 'no principal'}`
      : `Connection ${body.name} was tested: ${body.problem.title}`,
  'wrap-asked': (body) =>
    `Vault ${body.vault} was asked to wrap and unwrap with ${body.key} as application ${body.application}: ${
      body.problem === null ? 'it did' : body.problem.title
    }`,
  'keyring-created': () => 'The keyring was created',
  'keyring-unlocked': () => 'The keyring was unlocked',
  'keyring-unlock-refused': (body) => `The keyring was not unlocked: ${body.problem.title}`,
  'keyring-locked': (body) =>
    `The keyring was locked${lockWords[body.because ?? 'asked']}${body.runsGoOn ? '; runs that had started go on' : ''}`,
  'keyring-passphrase-changed': (body) =>
    `The passphrase of the keyring was changed: new master key, ${count(body.secrets, 'secret')} and ${count(body.runs, 'sealed run')} encrypted anew${body.removed.length === 0 ? '' : `; removed: ${body.removed.join(', ')}`}`,
  'keyring-strengthened': (body) =>
    `The key derivation of the keyring was raised from ${body.from} to ${body.to}`,
  'keyring-backed-up': (body) =>
    `The keyring was saved as ${body.file} to ${body.to} and reopened from there: ${count(body.secrets, 'secret')}${body.removed.length === 0 ? '' : `; removed: ${body.removed.join(', ')}`}`,
  'keyring-restored': (body) =>
    `The keyring was restored from ${body.file} in ${body.from}: ${count(body.secrets, 'secret')}${body.gone.length === 0 ? '' : `; no longer there: ${body.gone.join(', ')}`}${body.keptAs === null ? '' : `; the one before is kept as ${body.keptAs}`}`,
  'keyring-outer-wrap': (body) =>
    body.store === null
      ? 'The seal of the operating system’s store was taken off the keyring'
      : `The keyring was sealed by ${body.store} as well`,
  'recovery-sheet-made': () => 'A recovery sheet of the keyring was made',
  'secret-kept': (body) => `A secret was kept: ${body.label} (${body.purpose})`,
  'secret-replaced': (body) =>
    `A kept secret was replaced: ${body.label} (${body.purpose}), generation ${body.generation}`,
  'secret-dropped': (body) => `A kept secret was dropped: ${body.label}`,
  'runbook-exported': (body) =>
    `The plan “${body.title}” was saved as a runbook (${body.format}) to ${body.to}`,
  'report-exported': (body) => `The report “${body.title}” was saved (${body.format}) to ${body.to}`,
  'rehearsal-started': (body) => `A rehearsal was started with ${body.systems.join(', ')}`,
  'rehearsal-ended': () => 'The rehearsal was ended',
  'rehearsal-changed': (body) => `In the rehearsal: ${body.what}`,
  'settings-changed': (body) =>
    `Settings were changed: ${body.changed.map((one) => `${one.setting} from ${one.from} to ${one.to}`).join('; ')}`,
  'record-checked': (body) =>
    body.brokenAt === null
      ? `The record was checked: entries 1 to ${body.entries} are unbroken`
      : `The record was checked: it does not fit together at entry ${body.brokenAt} (${body.why ?? 'no detail'})`,

  'signing-began': (body) =>
    body.because === 'first'
      ? `Signing of the record began under key ${ends(body.fingerprint)}; ${covered(body.count)}`
      : `Signing started anew under key ${ends(body.fingerprint)}, because the key before it was missing; ${covered(body.count)}`,
  'signing-key-changed': (body) =>
    `The key that signs the record was changed to number ${body.epoch}, because ${changeWords[body.because]}`,
  'countersigner-began': (body) =>
    ({
      first: `A countersigning key of the record was made in the keyring: ${ends(body.fingerprint)}`,
      'not-in-keyring': `The countersigning key ${ends(body.before ?? '')} is not in this keyring; from here it is ${ends(body.fingerprint)}`,
      'not-in-record': `The keyring has had the countersigning key ${ends(body.fingerprint)}, and this record named none: it is not the one that was countersigned before`,
    })[body.because],
  countersigned: (body) =>
    `The keyring was open, and entries ${body.since} to ${body.count} were countersigned with key ${ends(body.fingerprint)}`,
  'countersign-failed': (body) => `The record was not countersigned: ${body.problem.title}`,
  'anchor-made': (body) =>
    body.how === 'saved'
      ? `An anchor of ${count(body.count, 'entry', 'entries')} was saved to ${body.to ?? 'no place'}`
      : `An anchor of ${count(body.count, 'entry', 'entries')} was given out for printing`,
  'record-exported': (body) => `Entries ${body.from} to ${body.count} of the record were saved to ${body.to}`,
}
