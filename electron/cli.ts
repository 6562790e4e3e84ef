/**
 * The engine without a window, for a machine without a screen: look at runs and decide an interrupted one; verify and
 * open escrow packages, which takes no profile. Secrets come from files or the terminal, never from arguments or the
 * environment.
 */
import { parseArgs } from 'node:util'
import { problemOf } from '../shared/errors/problem.ts'
import { asRunId } from '../shared/model/ids.ts'
import { askPassphrase } from './cli/ask-passphrase.ts'
import { escrowCommand, escrowUsage } from './cli/escrow.ts'
import { exitWords } from './cli/escrow-words.ts'
import { secretLines } from './cli/secret-lines.ts'
import { runLines, summaryLine } from './cli/words.ts'
import { sandboxEntry, version } from './beside-entry.ts'
import { startClean } from './platform/clean-start.ts'
import { assertNodeVersion } from './platform/node-version.ts'
import type { Program } from './program.ts'

const usage = `keyturn runs                         list runs
keyturn show RUN                     one run, step by step
keyturn resume RUN                   go on with an interrupted run
keyturn undo RUN                     take back what can be taken back
keyturn leave RUN --reason TEXT      end it as it is
keyturn check-record                 whether the record fits together
Options: --profile main|rehearsal, --data FOLDER

${escrowUsage}
${exitWords}`

const main = async (): Promise<number> => {
  assertNodeVersion()
  startClean()
  if (process.argv[2] === 'escrow')
    return escrowCommand(process.argv.slice(3), { print, say, secrets: secretLines })
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      profile: { type: 'string', default: 'main' },
      data: { type: 'string' },
      reason: { type: 'string' },
    },
  })
  const [command, id] = positionals
  if (!command || !commands[command]) {
    print(usage)
    return command === undefined ? 0 : 1
  }
  // Not before the environment was scrubbed: a library that reads DEBUG as it is loaded would print secrets.
  const { startProgram } = await import('./program.ts')
  const program = await startProgram({
    profile: values.profile === 'rehearsal' ? 'rehearsal' : 'main',
    ...(values.data === undefined ? {} : { dataFolder: values.data }),
    version,
    sandboxEntry,
    openProfile: () => Promise.resolve(),
  })
  try {
    return await commands[command](program, id ?? '', values.reason ?? '')
  } finally {
    await program.close()
  }
}

type Command = (program: Program, id: string, reason: string) => Promise<number>

const commands: Record<string, Command> = {
  runs: async ({ engine }) => {
    const runs = engine.list()
    print(runs.length === 0 ? 'No runs on record.' : runs.map(summaryLine).join('\n'))
    return 0
  },
  show: async ({ engine }, id) => {
    print(runLines(engine.get(asRunId(id))).join('\n'))
    return 0
  },
  resume: (program, id) => decide(program, id, () => program.engine.resume(asRunId(id))),
  undo: (program, id) => decide(program, id, () => program.engine.undo(asRunId(id))),
  leave: async (program, id, reason) => {
    await program.engine.leave(asRunId(id), reason)
    print(runLines(program.engine.get(asRunId(id))).join('\n'))
    return 0
  },
  'check-record': async ({ record }) => {
    const check = record.verifyChain()
    print(
      check.unbroken
        ? `${check.entries} entries fit together, signed from entry ${check.signing.from ?? 'none'} on. Head: ${check.head}`
        : `Entry ${check.brokenAt}: ${check.why}`,
    )
    return check.unbroken ? 0 : 1
  },
}

const decide = async (program: Program, id: string, act: () => Promise<void>): Promise<number> => {
  await program.ready()
  if (program.keyring.status().state === 'locked') {
    using passphrase = await askPassphrase()
    await program.keyring.unlock(passphrase)
  }
  await act()
  const view = await program.engine.settled(asRunId(id))
  print(runLines(view).join('\n'))
  return view.state === 'verified' || view.state === 'undone' ? 0 : 1
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    const { title, next } = problemOf(thrown)
    process.stderr.write(`keyturn: ${title}. ${next}.\n`)
    process.exit(1)
  },
)
