/**
 * SIGKILL of a module's process at each request of the job HSM key. The program lives on: the step ends with an answer of
 * the catalogue, a person presses Retry once, and what is there then is what an undisturbed run leaves. The end of the
 * process is not the token's: what it had done stays done, whether or not its answer came. A PIN whose answer was lost
 * is not sent again; a key that can be wrapped is told on Overview meanwhile.
 */
import type { RunView } from '../../shared/model/plan.ts'
import { openHsmKillStage, type HsmKillStage } from './hsm-kill-stage.ts'
import type { PointCount } from './keyring-points.ts'
import { clearAnswers, type HsmKill, type KillMoment } from './hsm-watch.ts'

const moments: readonly KillMoment[] = ['asked', 'answered', 'idle']

/** An undisturbed run: what it asks of the token, in order, and what it leaves. */
interface Reference {
  requests: readonly string[]
  left: readonly string[]
}

/** A kill, and whether the login of the retry after it is killed as well. */
type Point = HsmKill & { twice?: true }

/** Prints one line for each point that does not hold. */
export const hsmKillPoints = async (short: boolean): Promise<PointCount> => {
  const stage = await openHsmKillStage()
  try {
    const reference = await undisturbed(stage)
    const points = short ? shortPoints : longPoints(reference)
    let ok = 0
    for (const point of points) {
      const faults = point.twice ? await tryTwice(stage, point) : await tryPoint(stage, point, reference)
      if (!stage.chainHolds()) faults.push('the chain of the record is broken')
      if (faults.length === 0) ok += 1
      else
        console.log(
          `FAILED  module’s process, ${nameOf(point, reference)}\n        ${faults.join('\n        ')}`,
        )
    }
    return { points: points.length, ok }
  } finally {
    await stage.end()
  }
}

const nameOf = (point: Point, { requests }: Reference): string => {
  const what = 'nth' in point ? `${requests[point.nth]} (request ${point.nth})` : point.op
  return `${point.moment}: ${what}${point.twice ? ', then the login of the retry' : ''}`
}

/** One for each way in which such an end is met. */
const shortPoints: readonly Point[] = [
  { moment: 'answered', op: 'logIn' },
  { moment: 'answered', op: 'generateRsa' },
  { moment: 'asked', op: 'unwrap' },
  { moment: 'idle', op: 'wrap' },
  { moment: 'answered', op: 'setNotExtractable' },
  { moment: 'answered', op: 'sign', twice: true },
]

const longPoints = ({ requests }: Reference): Point[] => [
  ...requests.flatMap((_, nth) => moments.map((moment) => ({ moment, nth }))),
  ...(['generateRsa', 'generateAes', 'wrap', 'sign', 'setNotExtractable'] as const).flatMap((op) =>
    moments.map((moment) => ({ moment, op, twice: true as const })),
  ),
]

const undisturbed = async (stage: HsmKillStage): Promise<Reference> => {
  const { view, folder } = await stage.begin(null)
  if (view.state !== 'verified') throw new Error(`the undisturbed run: ${JSON.stringify(view.steps)}`)
  const requests = [...stage.watch.asked()]
  const left = await stage.leftBy(view.id, folder)
  for (const wanted of ['token: private RSA extractable=false', 'token: public RSA', 'package: this key'])
    if (!left.some((line) => line.startsWith(wanted))) throw new Error(`${wanted}: ${left.join(', ')}`)
  return { requests, left }
}

const codeOf = ({ steps }: RunView): string =>
  steps.find(({ problem }) => problem !== null)?.problem?.code ?? 'none'

const differences = ({ left }: Reference, got: readonly string[]): string[] => [
  ...left.filter((line) => !got.includes(line)).map((line) => `missing: ${line}`),
  ...got.filter((line) => !left.includes(line)).map((line) => `too much: ${line}`),
  ...(got.length === left.length ? [] : [`${got.length} lines instead of ${left.length}`]),
]

const loginsOf = ({ watch }: HsmKillStage): number => watch.asked().filter((op) => op === 'logIn').length

/** Of a run that waits for a person. */
const faultsOfWaiting = async (stage: HsmKillStage, view: RunView, answer: RegExp): Promise<string[]> => {
  const { there, told } = await stage.openKeyOf(view.id)
  return [
    ...(view.state === 'waiting-for-decision' ? [] : [`it is ${view.state}`]),
    ...(answer.test(codeOf(view)) ? [] : [`the answer was ${codeOf(view)}`]),
    ...(there && !told ? ['a key that can be wrapped is not told'] : []),
  ]
}

/** The PIN is in doubt: the retry sends none. */
const faultsOfRefusal = async (stage: HsmKillStage, view: RunView): Promise<string[]> => {
  const before = loginsOf(stage)
  const again = await stage.retry(view.id)
  const faults = await faultsOfWaiting(stage, again, /^hsm-pin-refused-before$/)
  return loginsOf(stage) === before ? faults : [...faults, 'the PIN was sent again']
}

const tryPoint = async (stage: HsmKillStage, point: Point, reference: Reference): Promise<string[]> => {
  const { view, refused, folder } = await stage.begin(point)
  const request = stage.watch.killedAt()
  const faults = request === null ? ['no process was killed'] : []
  if (refused !== null && !clearAnswers.test(refused)) faults.push(`the start was refused: ${refused}`)
  if (view.state !== 'verified') faults.push(...(await faultsOfWaiting(stage, view, clearAnswers)))
  if (request === 'logIn' && point.moment !== 'idle') {
    faults.push(...(await faultsOfRefusal(stage, view)))
    await stage.leave(view.id)
    // The person types the PIN again, and begins anew.
    const next = await stage.begin(null)
    return [...faults, ...differences(reference, await stage.leftBy(next.view.id, next.folder))]
  }
  const ended = view.state === 'verified' ? view : await stage.retry(view.id)
  if (ended.state !== 'verified') {
    faults.push(`after the retry it is ${ended.state}: ${codeOf(ended)}`)
    await stage.leave(view.id)
  }
  // One for each process that the run had.
  if (loginsOf(stage) > 2) faults.push(`the PIN was sent ${loginsOf(stage)} times`)
  return [...faults, ...differences(reference, await stage.leftBy(view.id, folder))]
}

/** What is open stays told, also when nobody can go on with the run. */
const tryTwice = async (stage: HsmKillStage, point: Point): Promise<string[]> => {
  const { view } = await stage.begin(point)
  const first = await faultsOfWaiting(stage, view, clearAnswers)
  stage.watch.begin({ moment: 'asked', op: 'logIn' })
  const second = await faultsOfWaiting(stage, await stage.retry(view.id), clearAnswers)
  if (stage.watch.killedAt() === null) second.push('the process of the retry was not killed')
  const third = await faultsOfRefusal(stage, view)
  await stage.leave(view.id)
  const { there, told } = await stage.openKeyOf(view.id)
  return [...first, ...second, ...third, ...(there && !told ? ['left open, and not told'] : [])]
}
