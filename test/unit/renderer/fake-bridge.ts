import { encryptedBackupForm } from '../../../shared/forms/encrypted-backup.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type {
  Bridge,
  ChannelName,
  EventName,
  ReplyOf,
  RequestOf,
  WindowEvents,
} from '../../../shared/ipc/contract.ts'
import type {
  AppState,
  ConnectionView,
  DraftView,
  Problem,
  TableName,
  TableView,
} from '../../../shared/ipc/schemas.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import type { RunSummary, RunView } from '../../../shared/model/plan.ts'
import { fakeEscrow } from './fakes/escrow.ts'
import { printDocument } from './fakes/print.ts'
import { factsFor } from './fakes/facts.ts'
import {
  at,
  interruptedView,
  lookAtInterrupted,
  reviewed,
  runningView,
  server,
  verifiedView,
} from './fakes/plan.ts'
import { hsmAnswers } from './fakes/hsm.ts'
import { doctorReport } from './fakes/doctor.ts'
import {
  auditRows,
  connection,
  deadConnection,
  draft,
  foundBackups,
  keptSecrets,
  keyRows,
  pageOf,
  unlocked,
} from './fakes/state.ts'

type Handlers = {
  [Name in ChannelName]: (request: RequestOf<Name>) => ReplyOf<Name> | Promise<ReplyOf<Name>>
}

export const summaryOf = (view: RunView): RunSummary => ({
  id: view.id,
  job: view.job,
  title: view.title,
  state: view.state,
  targets: view.plan.targets.map(({ ref }) => ref),
  startedAt: view.startedAt,
  endedAt: view.endedAt,
  stepsDone: view.steps.filter(({ state }) => state === 'verified').length,
  stepsTotal: view.steps.length,
})

const problemWith = (fields: { field: string; message: string }[]): Problem => ({
  code: 'answers-incomplete',
  kind: 'input',
  title: `${fields.length} answers need a change`,
  unchanged: 'The draft is kept as typed',
  causes: [],
  next: 'Change the answers that are named',
  retrySafe: true,
  fields,
})

const done = { done: true } as const

export interface FakeBridge extends Bridge {
  /** Every request in order, as it crossed. Secret bytes are copied before the window wipes them. */
  calls: { name: ChannelName; request: unknown }[]
  /** Replaces the answer of one channel. */
  handle: <Name extends ChannelName>(name: Name, handler: Handlers[Name]) => void
  /** From now on this channel is refused. */
  refuse: (name: ChannelName, problem: Problem) => void
  tell: <Name extends EventName>(name: Name, value: WindowEvents[Name]) => void
}

export interface FakeWorld {
  app: AppState
  connections: ConnectionView[]
  drafts: DraftView[]
  run: RunView
  views: Record<TableName, TableView[]>
}

export const world = (given: Partial<FakeWorld> = {}): FakeWorld => ({
  app: unlocked,
  connections: [connection, deadConnection],
  drafts: [draft],
  run: runningView,
  views: {
    keys: [],
    audit: [],
    passwords: [],
    drills: [],
    'share-groups': [],
    packages: [],
    'token-keys': [],
  },
  ...given,
})

const required: Record<string, readonly string[]> = {
  server: ['target', 'databases'],
  keys: ['masterKeyMode', 'certificateMode', 'certificateName'],
  files: ['keyFolder'],
  destination: ['backupFolder', 'algorithm'],
}

const isEmpty = (answer: Answers[string] | undefined): boolean =>
  answer === undefined || answer === null || answer === '' || (Array.isArray(answer) && answer.length === 0)

/** A main process in one object: enough behaviour for the window, nothing real behind it. Test use only. */
export const createFakeBridge = (given: Partial<FakeWorld> = {}): FakeBridge => {
  const state = world(given)
  const kept = new Map<string, { label: string; keptAt: string }>()
  const listeners = new Map<EventName, Set<(value: never) => void>>()
  const refused = new Map<ChannelName, Problem>()
  const calls: FakeBridge['calls'] = []
  const draftOf = (id: string): DraftView => state.drafts.find((one) => one.id === id) ?? draft
  const change = (id: string, part: Partial<DraftView>) => {
    state.drafts = state.drafts.map((one) => (one.id === id ? { ...one, ...part } : one))
  }
  const tell: FakeBridge['tell'] = (name, value) => {
    for (const listener of listeners.get(name) ?? []) (listener as (value: unknown) => void)(value)
  }
  const showApp = (part: Partial<AppState>) => {
    state.app = { ...state.app, ...part }
    tell('app.changed', state.app)
    return done
  }
  const keep = (label: string) => {
    const handle = `h-${kept.size + 1}`
    const keptAt = new Date().toISOString()
    kept.set(handle, { label, keptAt })
    return { handle, keptAt }
  }
  const settings = { proxy: '', corporateCa: '', dataFolder: 'C:\\Users\\aruiz\\AppData\\Keyturn' }

  const handlers: Handlers = {
    'app.state': () => state.app,
    'app.setScheme': ({ scheme }) => showApp({ scheme }),
    'app.copy': () => done,
    'app.active': () => done,
    'app.openRehearsal': () => done,
    'app.leaveRehearsal': () => done,
    'rehearsal.reset': () => done,
    'rehearsal.carryFiles': () => ({ files: 3, account: 'KTR\\svc' }),
    'rehearsal.loseKey': () => done,
    'rehearsal.restartServer': () => done,
    'keyring.create': () => showApp({ keyring: { state: 'unlocked', waitSeconds: 0 } }),
    'keyring.unlock': () => showApp({ keyring: { state: 'unlocked', waitSeconds: 0 } }),
    'keyring.lock': () => {
      kept.clear()
      return showApp({ keyring: { state: 'locked', waitSeconds: 0 } })
    },
    'keyring.recoverySheet': () => ({
      title: 'Recovery sheet',
      made: at,
      sections: [{ heading: 'Where the keyring is', lines: ['On this computer'] }],
    }),
    'keyring.saveRecoverySheet': () => ({ name: 'keyturn-recovery-sheet.html' }),
    'secrets.keep': ({ label }) => keep(label),
    'escrowDrill.takeShare': ({ others }) => {
      const label = `Share ${others.length + 1}, Holder; check code a1b2 c3d4`
      return { ...keep(label), label }
    },
    'secrets.generate': ({ label }) => keep(label),
    'keyring.changePassphrase': () => ({ secrets: 2, runs: 0, removed: [] }),
    'keyring.backUp': () => ({
      name: 'keyturn-keyring-k3yr1ngk3yr1-2026-05-04T100000000Z.json',
      folder: '/home/aruiz/Keys',
      at,
      secrets: 2,
      removed: [],
    }),
    'keyring.findBackups': () => ({ folder: '/home/aruiz/Keys', found: foundBackups }),
    'keyring.restore': () => ({ secrets: 2, gone: ['later'], keptAs: 'keyring-replaced-1.json' }),
    'keyring.osStore': () => ({ on: null, usable: null, because: 'this window has no such store' }),
    'keyring.setOuterWrap': () => done,
    'secrets.list': ({ page }) => pageOf(keptSecrets, page),
    'secrets.drop': () => done,
    'secrets.about': ({ handle }) => {
      const about = kept.get(handle)
      return about ? { found: true, ...about } : { found: false, label: '', keptAt: null }
    },
    'connections.list': () => state.connections,
    'connections.save': () => ({ id: 't-new', droppedCredential: false }),
    'connections.remove': () => done,
    'connections.test': () => ({
      checks: [{ name: 'Port answers', state: 'ok', detail: 'in 12 ms', at }],
      certificate: null,
      problem: null,
    }),
    'connections.acceptIdentity': () => done,
    'connections.leastPrivilegeScript': () => ({
      text: 'CREATE LOGIN [kt_operator] WITH PASSWORD = «password»;',
    }),
    ...hsmAnswers,
    'settings.read': () => settings,
    'settings.save': () => done,
    'settings.setAutoLock': () => done,
    'places.pick': () => ({ place: null, picker: 'p-1' }),
    'places.browse': ({ entry }) => ({
      label: entry === null ? '/home/aruiz' : `/home/aruiz/${entry}`,
      entries: entry === null ? [{ id: 'e-keys', name: 'Keys' }] : [],
      files: [],
      parent: entry === null ? null : 'e-home',
      current: entry ?? 'e-home',
      problem: null,
    }),
    'places.choose': ({ entry }) => ({ id: `pl-${entry}`, label: '/home/aruiz/Keys' }),
    'places.label': () => ({ label: '/home/aruiz/Keys' }),
    'serverFiles.list': ({ path }) => ({
      path,
      entries:
        path === ''
          ? [
              { name: 'C:\\', folder: true },
              { name: 'D:\\', folder: true },
            ]
          : [
              { name: 'Backups', folder: true },
              { name: 'Keys', folder: true },
            ],
      source: 'ktr-sql-01, sys.dm_os_enumerate_filesystem',
      at,
      problem: null,
    }),
    'doctor.read': () => doctorReport,
    'doctor.export': () => ({ name: 'keyturn-ekm-doctor-sql-01.txt' }),
    'doctor.script': () => ({ name: 'keyturn-ekm-doctor-sql-01.ps1' }),
    'drills.page': () => ({ rows: [], total: 0, asOf: null, missing: [] }),
    'wizard.jobs': () => {
      const { job, title, summary } = encryptedBackupForm
      return [{ job, title, summary }]
    },
    'wizard.form': () => encryptedBackupForm,
    'wizard.open': ({ draft: id }) => {
      if (id !== null) return draftOf(id)
      const made: DraftView = { ...draft, id: `d-${state.drafts.length + 1}`, screen: 'intro', answers: {} }
      state.drafts = [...state.drafts, made]
      return made
    },
    'wizard.save': ({ draft: id, answers, screen }) => {
      change(id, {
        answers,
        screen,
        savedAt: new Date().toISOString(),
        targetNames: isEmpty(answers['target']) ? [] : [server.name],
      })
      return { savedAt: new Date().toISOString() }
    },
    'wizard.facts': ({ draft: id, screen }) => factsFor(screen, draftOf(id).answers),
    'wizard.check': ({ draft: id, screen }) => {
      const { answers } = draftOf(id)
      const labels = encryptedBackupForm.screens.flatMap(({ fields }) => fields)
      const missing = (required[screen] ?? []).filter((name) => isEmpty(answers[name]))
      return {
        problem:
          missing.length === 0
            ? null
            : problemWith(
                missing.map((field) => ({
                  field,
                  message: `${labels.find(({ name }) => name === field)?.label ?? field} has no answer. Give one`,
                })),
              ),
      }
    },
    'wizard.preview': ({ draft: id }) => {
      const { answers } = draftOf(id)
      const name =
        typeof answers['certificateName'] === 'string' && answers['certificateName'] !== ''
          ? `[${answers['certificateName']}]`
          : '‹certificate name›'
      return {
        statements: [
          {
            title: 'Create the database master key',
            text: "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'«pw_master»';",
            changed: false,
          },
          {
            title: 'Create the certificate',
            text: `-- one per year\nCREATE CERTIFICATE ${name}\n  WITH SUBJECT = N'${String(answers['certificateSubject'] ?? '‹subject›')}',\n  EXPIRY_DATE = N'20311231';`,
            changed: true,
          },
        ],
        refused: null,
      }
    },
    'wizard.drafts': () => state.drafts,
    'wizard.deleteDraft': () => done,
    'wizard.restoreDraft': () => done,
    'wizard.review': () => reviewed,
    'wizard.export': () => ({ name: 'encrypted-backup-9f3a.sql' }),
    'wizard.snippet': () => ({ text: "EXEC msdb.dbo.sp_add_job @job_name = N'Encrypted backup';" }),
    'runs.start': () => ({ run: state.run.id }),
    'runs.get': () => state.run,
    'runs.look': () => lookAtInterrupted,
    'runs.list': () => [{ ...summaryOf(verifiedView), id: asRunId('earlier') }, summaryOf(state.run)],
    'runs.stop': () => done,
    'runs.retry': () => done,
    'runs.resume': () => done,
    'runs.undo': () => done,
    'runs.leave': () => done,
    'runs.report': () => ({ name: 'run-7f3ab2c4.html' }),
    'tables.views': ({ table }) => ({ views: state.views[table] }),
    'tables.saveViews': ({ table, views }) => {
      state.views = { ...state.views, [table]: views }
      return done
    },
    'tables.export': () => ({ name: 'keyturn-keys.csv', rows: 1000 }),
    'print.content': ({ page }) => printDocument(page),
    'print.ready': () => done,
    'print.save': () => ({ name: 'keyturn-run-7f3ab2c4.pdf' }),
    'keys.page': ({ page }) => pageOf(keyRows, page),
    ...fakeEscrow(),
    'audit.page': ({ page, check }) => ({
      ...pageOf(auditRows, page),
      chain: {
        state: check ? 'unbroken' : 'not-checked',
        entries: 300,
        at,
        detail: '',
        head: 'ab12'.repeat(16),
      },
      ties: {
        identity: 'cd34'.repeat(16),
        signedFrom: 1,
        epoch: 3,
        countersigned: { to: 290, at, key: 'ef56'.repeat(16) },
        anchor: null,
      },
    }),
    'audit.saveAnchor': () => ({ name: 'keyturn-anchor-300.txt' }),
    'audit.anchorToPrint': () => ({ text: 'KEYTURN RECORD ANCHOR' }),
    'audit.compareAnchor': () => ({ state: 'same', detail: 'Entry 300 has this hash', at }),
    'audit.export': () => ({ name: 'keyturn-record-1-300.jsonl', verifier: 'keyturn-audit-verify.mjs' }),
  }

  const copied = (request: unknown): unknown => structuredClone(request)
  const ask: Bridge['ask'] = async (name, request) => {
    calls.push({ name, request: copied(request) })
    const problem = refused.get(name)
    if (problem) return { ok: false, problem }
    const handler = handlers[name] as Handlers[typeof name]
    return { ok: true, value: await handler(request) }
  }
  return {
    ask,
    on: (name, listener) => {
      const known = listeners.get(name) ?? new Set()
      listeners.set(name, known)
      known.add(listener as (value: never) => void)
      return () => known.delete(listener as (value: never) => void)
    },
    calls,
    handle: (name, handler) => {
      handlers[name] = handler as never
    },
    refuse: (name, problem) => refused.set(name, problem),
    tell,
  }
}

export const interrupted = (app: AppState): AppState => ({ ...app, runs: [summaryOf(interruptedView)] })
