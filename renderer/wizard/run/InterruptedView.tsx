import Button from '@mui/material/Button'
import type { RunLook, RunView } from '../../../shared/model/plan.ts'
import type { Problem } from '../../../shared/errors/problem.ts'
import { useAsk } from '../../bridge/index.ts'
import { FactTime } from '../../ui/FactTime.tsx'
import { withoutControls } from '../../ui/format.ts'
import { ButtonRow, Muted, Panel, PanelHeading } from '../../ui/Panel.tsx'
import { vendorNumber } from '../../ui/ProblemPanel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { PlainTable } from './EvidenceTable.tsx'
import { foundWords, journalWords, resumingWords } from './interrupted-words.ts'
import { currentStep } from './run-words.ts'

const numbered = (problem: Problem): string => {
  const number = vendorNumber(problem)
  return number === null ? problem.title : `${problem.title} (${number})`
}

/** What the target answered just now about the step at which the run stands. */
const Found = ({
  look,
  reading,
  problem,
}: {
  look: RunLook | null
  reading: boolean
  problem: Problem | null
}) => {
  if (look === null && reading) return <StatusMark mark="running" word="Reading the target …" />
  const why = problem ?? look?.problem ?? null
  const words = foundWords[look?.found ?? 'not-read']
  return (
    <>
      <StatusMark mark={words.mark} word={words.word} />
      {why === null ? null : <div>{withoutControls(numbered(why))}</div>}
      {look === null || look.note === null ? null : <div>{withoutControls(look.note)}</div>}
      {look === null ? null : (
        <Muted>
          {look.target === null ? 'The journal' : withoutControls(look.target)}, <FactTime at={look.at} />
          {reading ? ' · reading again' : ''}
        </Muted>
      )}
    </>
  )
}

/** Where the run stands: the journal beside a fresh reading of the target, and what resuming would do. */
export const InterruptedView = ({ view }: { view: RunView }) => {
  const { value, problem, state, reload } = useAsk('runs.look', { run: view.id })
  // A reading that failed says nothing; what was read before it is not "now" any more.
  const look = problem === null ? value : null
  const stands = look !== null && look.step !== null ? look.step - 1 : currentStep(view)
  const reading = state === 'loading' || state === 'refreshing'
  const back = !view.choices.includes('resume')
  return (
    <Panel>
      <PanelHeading>Where it stopped</PanelHeading>
      <ButtonRow>
        <Muted>
          Step {stands + 1} is read from the target when this page opens; the check changes nothing there.
        </Muted>
        <Button size="small" variant="outlined" aria-disabled={reading} onClick={reload}>
          Read step {stands + 1} again
        </Button>
      </ButtonRow>
      <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Where it stopped">
        <PlainTable>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">The journal says</th>
              <th scope="col">The target says now</th>
              <th scope="col">{back ? 'What going on with the undo does' : 'What resuming does'}</th>
            </tr>
          </thead>
          <tbody>
            {view.plan.steps.map((planned, index) => {
              const step = view.steps[index]
              if (!step) return null
              const { mark, word } = journalWords(step)
              return (
                <tr key={planned.id}>
                  <td>
                    {index + 1}. <bdi>{withoutControls(planned.title)}</bdi>
                  </td>
                  <td className="brief">
                    <StatusMark mark={mark} word={word} />
                  </td>
                  <td>
                    {index === stands ? (
                      <Found look={look} reading={reading} problem={problem} />
                    ) : step.evidence.length === 0 ? (
                      'not read: the step was not begun'
                    ) : (
                      <>
                        <Muted>Not read again. As the run read it back:</Muted>
                        {step.evidence.map(({ statement, value, at }) => (
                          <div key={`${statement} ${at}`}>
                            {withoutControls(statement)}: {withoutControls(value)}, <FactTime at={at} />
                          </div>
                        ))}
                      </>
                    )}
                  </td>
                  <td>{resumingWords(step.state, index === stands ? (look?.found ?? null) : null, back)}</td>
                </tr>
              )
            })}
          </tbody>
        </PlainTable>
      </div>
    </Panel>
  )
}
