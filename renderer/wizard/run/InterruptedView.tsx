import type { RunView, StepState } from '../../../shared/model/plan.ts'
import { FactTime } from '../../ui/FactTime.tsx'
import { withoutControls } from '../../ui/format.ts'
import { Panel, PanelHeading } from '../../ui/Panel.tsx'
import { StatusMark, type Mark } from '../../ui/StatusMark.tsx'
import { PlainTable } from './EvidenceTable.tsx'
import { stepWords } from './run-words.ts'

/** Nothing is under way any more: a step that was begun is said to have been begun. */
const journalWords = (state: StepState): { mark: Mark; word: string } => {
  const { mark, word } = stepWords[state]
  return mark === 'running' ? { mark: 'attention', word: `Was ${word.toLowerCase()}` } : { mark, word }
}

const resuming = (state: StepState): string => {
  if (state === 'verified' || state === 'satisfied') return 'Is not done again'
  if (state === 'waiting' || state === 'not-reached') return 'Runs as planned, after its check'
  return 'Is checked on the target first; done only if it is still needed'
}

/** What the journal says about each step, what the target says, and what resuming would do with it. */
export const InterruptedView = ({ view }: { view: RunView }) => (
  <Panel>
    <PanelHeading>Where it stopped</PanelHeading>
    <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Where it stopped">
      <PlainTable>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">The journal says</th>
            <th scope="col">Last read from the target</th>
            <th scope="col">Resuming</th>
          </tr>
        </thead>
        <tbody>
          {view.plan.steps.map((planned, index) => {
            const step = view.steps[index]
            if (!step) return null
            const { mark, word } = journalWords(step.state)
            return (
              <tr key={planned.id}>
                <td>
                  {index + 1}. <bdi>{withoutControls(planned.title)}</bdi>
                </td>
                <td className="brief">
                  <StatusMark mark={mark} word={word} />
                </td>
                <td>
                  {step.evidence.length === 0
                    ? 'not read'
                    : step.evidence.map(({ statement, value, at }) => (
                        <div key={`${statement} ${at}`}>
                          {statement}: {withoutControls(value)}, <FactTime at={at} />
                        </div>
                      ))}
                </td>
                <td>{resuming(step.state)}</td>
              </tr>
            )
          })}
        </tbody>
      </PlainTable>
    </div>
  </Panel>
)
