import type { AppState } from '../../shared/ipc/schemas.ts'
import { ask, useAction } from '../bridge/index.ts'
import { ChoiceAnswer } from '../fields/ChoiceAnswer.tsx'
import { Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import type { ChoiceField } from '../../shared/forms/form.ts'

type Scheme = AppState['scheme']

const field: ChoiceField = {
  kind: 'choice',
  name: 'scheme',
  label: 'Color scheme',
  why: 'Takes effect at once',
  options: [
    { value: 'light', label: 'Light' },
    { value: 'dark', label: 'Dark' },
    { value: 'system', label: 'System', detail: 'As the operating system is set' },
  ],
}

const isScheme = (value: unknown): value is Scheme =>
  value === 'light' || value === 'dark' || value === 'system'

export const SchemeChoice = ({ scheme }: { scheme: Scheme }) => {
  const choose = useAction((wanted: Scheme) => ask('app.setScheme', { scheme: wanted }))
  return (
    <Panel aria-labelledby="appearance-heading">
      <PanelHeading id="appearance-heading">Appearance</PanelHeading>
      <ChoiceAnswer
        field={field}
        value={scheme}
        error={null}
        onChange={(wanted) => {
          if (isScheme(wanted)) void choose.run(wanted)
        }}
      />
      {choose.problem === null ? null : <ProblemPanel problem={choose.problem} />}
    </Panel>
  )
}
