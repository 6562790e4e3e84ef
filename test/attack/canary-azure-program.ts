/**
 * A rehearsal in a process of its own, with debug output ordered on: tests its connections to Azure and sets up a vault
 * with an application whose secret Azure makes. Then it looks for that secret, for its sign-in's and for tokens in all
 * that was written or answered, and hands them over in the file that its argument names, so that what it printed can be searched as well.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startClean } from '../../electron/platform/clean-start.ts'

startClean()
const { openRehearsal } = await import('../support/rehearsal.ts')
const { askOf } = await import('../support/ask.ts')
const { pickFolder, saveDraft } = await import('../support/encrypted-backup-answers.ts')
const { vaultAnswers } = await import('../support/vault-answers.ts')
const { asRunId } = await import('../../shared/model/ids.ts')
const { createObserver, processes } = await import('./canary-observe.ts')
const { formsOf, tokenStart } = await import('./canary-words.ts')

const house = await openRehearsal()
const observed = mkdtempSync(join(tmpdir(), 'keyturn-canary-azure-'))
try {
  const { program, home } = house
  const observer = createObserver(observed)
  const ask = askOf({ ...program, ...observer.traced(program) })
  const profile = join(home, '..', 'profile')
  const { azure } = JSON.parse(readFileSync(join(profile, 'simulators', 'sandbox.json'), 'utf8')) as {
    azure: { applications: { secret: string }[] }
  }
  const views = await ask('connections.list', {})
  for (const { connection } of views.filter(({ connection: { kind } }) => kind !== 'sqlserver'))
    await ask('connections.test', { id: connection.id })
  mkdirSync(join(home, 'escrow'), { recursive: true })
  const draft = await saveDraft(ask, await vaultAnswers(ask, await pickFolder(ask, 'escrow')), 'vault')
  const { digest } = await ask('wizard.review', { draft })
  const { run } = await ask('runs.start', { digest, ticket: 'T-1', reason: 'canaries' })
  const { state } = await program.engine.settled(asRunId(run))
  await ask('runs.get', { run: asRunId(run) })
  const kept = program.keyring.list({ purpose: 'ekm.client-secret' })[0]
  if (kept === undefined) throw new Error('no secret was kept')
  using made = await program.keyring.open(kept.id, { purpose: 'ekm.client-secret', target: kept.target })
  const secrets = [
    ...azure.applications.map(({ secret }) => secret),
    made.use((bytes) => bytes.toString('utf8')),
    tokenStart,
  ]
  observer.keep('processes', processes(process.pid).join('\n'))
  await ask('keyring.lock', {})

  const forms = secrets.flatMap((secret) => [...formsOf(secret)])
  const hits: string[] = []
  let files = 0
  const look = (path: string): void => {
    // The simulator's own disk holds its own secrets.
    if (path === join(profile, 'simulators')) return
    if (statSync(path).isDirectory()) for (const name of readdirSync(path)) look(join(path, name))
    else {
      files += 1
      const content = readFileSync(path)
      for (const [form, needle] of forms) if (content.includes(needle)) hits.push(`${form} in ${path}`)
    }
  }
  for (const folder of [profile, home, observed]) look(folder)
  writeFileSync(process.argv[2] ?? '', JSON.stringify(secrets), { mode: 0o600 })
  process.stdout.write(`${JSON.stringify({ state, files, hits, secrets: secrets.length })}\n`)
} finally {
  rmSync(observed, { recursive: true, force: true })
  await house.end()
}
process.exit(0)
