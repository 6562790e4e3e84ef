/**
 * `npm run conformance`: asks a real server and a freshly started simulator of its version the same questions and
 * prints the differences, each with how sure we were. Without a real server two simulators are compared, which checks
 * the questions and the comparison. `--writes` adds a life of scratch objects, after a sentence that the person types.
 * Not asked: encrypted backups to a file and exported keys, because T-SQL can't delete what they leave.
 */
import { addressVariable, parseServerAddress, type ServerAddress } from './address.ts'
import type { Asker } from './answer.ts'
import { askConsent } from './consent.ts'
import { converse, differenceLines, live, together, type Findings } from './conversation.ts'
import { readQuestions } from './questions-read.ts'
import { scratchLife } from './questions-write.ts'
import { startSimulators } from './simulator.ts'
import { connectAsker } from './tds-asker.ts'

const secrets: string[] = []
const say = (text: string): void => {
  const shown = secrets.reduce((all, secret) => all.replaceAll(secret, '«password»'), text)
  process.stdout.write(`${shown}\n`)
}

const compare = async (real: Asker, simulated: Asker, writes: boolean): Promise<Findings> => {
  const read = await converse(await readQuestions(simulated), real, simulated)
  if (!writes) return read
  const life = scratchLife()
  say(`conformance: scratch database ${life.name}`)
  return together([read, await live(life, real, simulated)])
}

const report = ({ asked, differences, notSimulated }: Findings): void => {
  for (const difference of differences) say(differenceLines(difference).join('\n'))
  for (const question of notSimulated) say(`not simulated: ${question}`)
  const by = (certainty: string): number => differences.filter((one) => one.certainty === certainty).length
  say(
    `conformance: ${asked} questions, ${differences.length} differences` +
      ` (documented ${by('documented')}, seen ${by('seen')}, assumed ${by('assumed')})`,
  )
}

const withAskers = async <Result>(
  addresses: readonly ServerAddress[],
  work: (askers: Asker[]) => Promise<Result>,
): Promise<Result> => {
  const askers: Asker[] = []
  try {
    for (const address of addresses) askers.push(await connectAsker(address))
    return await work(askers)
  } finally {
    await Promise.allSettled(askers.map((asker) => asker.close()))
  }
}

const pair = ([real, simulated]: Asker[]): [Asker, Asker] => {
  if (real === undefined || simulated === undefined) throw new Error('two servers are needed')
  return [real, simulated]
}

/** Two servers of one kind that differ would mean that a question or the comparison is wrong. */
const selfCheck = async (): Promise<number> => {
  say(
    `conformance: set ${addressVariable} to ask a real server; until then the simulator is compared with itself.`,
  )
  const simulators = await startSimulators(2)
  try {
    const findings = await withAskers(simulators.addresses, (askers) => compare(...pair(askers), true))
    report(findings)
    return findings.differences.length === 0 ? 0 : 1
  } finally {
    await simulators.stop()
  }
}

const askReal = async (address: ServerAddress, writes: boolean): Promise<number> => {
  const name = `${address.host}:${address.port}`
  if (writes && !(await askConsent(name, process.stdin, process.stdout))) {
    say('conformance: that is not the sentence; nothing was asked.')
    return 1
  }
  const version = await withAskers([address], async ([real]) => majorVersionOf(real))
  const simulators = await startSimulators(1, version)
  try {
    say(`conformance: ${name}, version ${version}, against a simulator of that version`)
    report(await withAskers([address, ...simulators.addresses], (askers) => compare(...pair(askers), writes)))
    return 0
  } finally {
    await simulators.stop()
  }
}

const majorVersionOf = async (real: Asker | undefined): Promise<number> => {
  const answer = await real?.ask(
    "SELECT CAST(SERVERPROPERTY('ProductMajorVersion') AS nvarchar(10)) AS major;",
  )
  return Number(answer?.sets[0]?.rows[0]?.[0] ?? Number.NaN)
}

const main = async (): Promise<number> => {
  const given = process.env[addressVariable] ?? ''
  const unknown = process.argv.slice(2).filter((parameter) => parameter !== '--writes')
  if (unknown.length > 0) throw new Error('the only parameter is --writes')
  if (given === '') return selfCheck()
  const address = parseServerAddress(given)
  secrets.push(address.password, encodeURIComponent(address.password))
  return askReal(address, process.argv.includes('--writes'))
}

main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    say(`conformance: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    process.exit(1)
  },
)
