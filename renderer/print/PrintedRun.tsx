import { highestProofs } from '../../shared/model/evidence.ts'
import type { PlannedStep, RunView, StepRunView } from '../../shared/model/plan.ts'
import { displayScript } from '../../shared/model/script.ts'
import { Facts } from '../ui/Facts.tsx'
import { inFours, utcTime, withoutControls } from '../ui/format.ts'
import { vendorNumber } from '../ui/ProblemPanel.tsx'
import { headingOf, stateWords } from '../wizard/run/run-words.ts'
import { PrintTime } from './Paper.tsx'

const Proofs = ({ run }: { run: RunView }) => {
  const proofs = highestProofs(run.steps.flatMap((step) => step.proofs))
  if (proofs.length === 0) return <p>No key was exported in this run.</p>
  return (
    <table>
      <thead>
        <tr>
          <th>Key</th>
          <th>Copy</th>
          <th>Level</th>
          <th>By</th>
          <th>Time (UTC)</th>
          <th>Note</th>
        </tr>
      </thead>
      <tbody>
        {proofs.map(({ key, kind, location, thumbprint, level, by, at, note }) => (
          <tr key={`${kind} ${key} ${location}`}>
            <td>{withoutControls(key)}</td>
            <td className="mono">
              {withoutControls(location)}
              {thumbprint === null ? null : <div>{inFours(thumbprint)}</div>}
            </td>
            <td className="brief">{level}</td>
            <td className="brief">{by}</td>
            <td className="brief">{utcTime(at)}</td>
            <td>{withoutControls(note)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const Step = ({ planned, step, number }: { planned: PlannedStep; step: StepRunView; number: number }) => (
  <section>
    <h3>
      {number}. <bdi>{withoutControls(planned.title)}</bdi>:{' '}
      {stateWords(planned, step.state).word.toLowerCase()}
    </h3>
    <Facts
      facts={[
        ['Target', withoutControls(planned.target.name)],
        ['Right used', withoutControls(planned.permission)],
        ['Begun', step.startedAt === null ? 'not begun' : <PrintTime key="begun" at={step.startedAt} />],
        ['Ended', step.endedAt === null ? 'not ended' : <PrintTime key="ended" at={step.endedAt} />],
        ...(step.problem === null
          ? []
          : [
              [
                'Problem',
                `${withoutControls(step.problem.title)} (${vendorNumber(step.problem) ?? step.problem.code})`,
              ] as const,
            ]),
      ]}
    />
    {step.evidence.length === 0 ? null : (
      <table>
        <thead>
          <tr>
            <th>Statement</th>
            <th>Value</th>
            <th>Source</th>
            <th>Time (UTC)</th>
          </tr>
        </thead>
        <tbody>
          {step.evidence.map(({ statement, value, source, at }, index) => (
            <tr key={index}>
              <td>{withoutControls(statement)}</td>
              <td className="mono">{withoutControls(value)}</td>
              <td>{withoutControls(source)}</td>
              <td className="brief">{utcTime(at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
    {planned.scripts.map((script, index) => (
      <pre key={index}>{displayScript(script)}</pre>
    ))}
  </section>
)

/** A run, whole: nothing folded, nothing cut, secrets as «name». */
export const PrintedRun = ({ run }: { run: RunView }) => (
  <>
    <h2>{headingOf(run)}</h2>
    <Facts
      facts={[
        ['Run', run.id],
        ['Ticket', withoutControls(run.ticket)],
        ['Reason', withoutControls(run.reason)],
        [
          'Operator',
          `${withoutControls(run.operator)}, signed in to the target as ${withoutControls(run.principal)}`,
        ],
        ['Started', <PrintTime key="started" at={run.startedAt} />],
        ['Ended', run.endedAt === null ? 'not ended' : <PrintTime key="ended" at={run.endedAt} />],
        ...(run.leftBecause === null ? [] : [['Left because', withoutControls(run.leftBecause)] as const]),
        [
          'Digest that was approved',
          <span key="digest" className="mono">
            {inFours(run.digest)}
          </span>,
        ],
      ]}
    />
    <h2>Copies of keys, and how far each was proven</h2>
    <Proofs run={run} />
    <h2>Not checked</h2>
    {run.notChecked.length === 0 ? (
      <p>The run names nothing that it left unchecked.</p>
    ) : (
      <ul>
        {run.notChecked.map((sentence) => (
          <li key={sentence}>{withoutControls(sentence)}</li>
        ))}
      </ul>
    )}
    <h2>Steps</h2>
    {run.plan.steps.map((planned, index) => {
      const step = run.steps[index]
      return step === undefined ? null : (
        <Step key={planned.id} planned={planned} step={step} number={index + 1} />
      )
    })}
  </>
)
