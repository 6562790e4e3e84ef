import Button from '@mui/material/Button'
import type { Problem } from '../../../shared/errors/problem.ts'
import type { FormDescription } from '../../../shared/forms/form.ts'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { Panel, PanelHeading } from '../../ui/Panel.tsx'
import { screenOfField } from '../form-shape.ts'

interface Props {
  form: FormDescription
  problem: Problem
  onAgain: () => void
  onChange: (screen: string) => void
}

/** No plan: answers that don't fit any more by their screens, or a target that did not answer. */
export const ReviewProblem = ({ form, problem, onAgain, onChange }: Props) => (
  <>
    <ProblemPanel
      problem={problem}
      actions={
        <Button variant="outlined" onClick={onAgain}>
          Make the plan again
        </Button>
      }
    />
    {problem.fields === undefined || problem.fields.length === 0 ? null : (
      <Panel>
        <PanelHeading>Answers that need a change</PanelHeading>
        <ul>
          {problem.fields.map(({ field, message }) => {
            const screen = screenOfField(form, field)
            return (
              <li key={`${field} ${message}`}>
                {message}{' '}
                {screen === null ? null : (
                  <Button size="small" variant="text" onClick={() => onChange(screen.id)}>
                    Change {screen.noun.toLowerCase()}
                  </Button>
                )}
              </li>
            )
          })}
        </ul>
      </Panel>
    )}
  </>
)
