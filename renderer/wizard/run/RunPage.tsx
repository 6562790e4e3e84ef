import LinearProgress from '@mui/material/LinearProgress'
import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { RunView } from '../../../shared/model/plan.ts'
import { go } from '../../app/routes.ts'
import { mostDangerous } from '../../app/state/page.ts'
import { duration, listOf, withoutControls } from '../../ui/format.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { Column, Muted, Panel, PanelHeading, Unseen } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { Decision } from './Decision.tsx'
import { InterruptedView } from './InterruptedView.tsx'
import { ProofList } from './ProofList.tsx'
import { AllEvidence, NextSteps, NotChecked, RunFacts } from './ResultParts.tsx'
import { headingOf, isEnded, isLive, stepWords } from './run-words.ts'
import { StepRow } from './StepRow.tsx'
import { StopButtons } from './StopButtons.tsx'
import { currentStep } from './run-words.ts'
import { useNow } from './use-now.ts'
import { useRun } from './use-run.ts'

const List = styled('ol')({ listStyle: 'none', padding: 0 })

const settled = (view: RunView): number =>
  view.steps.filter(
    ({ state }) => ['ok', 'skipped'].includes(stepWords[state].mark) && state !== 'not-reached',
  ).length

const lastStepEnd = (view: RunView): string =>
  view.steps
    .flatMap(({ startedAt, endedAt }) => [startedAt, endedAt].filter((time) => time !== null))
    .toSorted()
    .at(-1) ?? view.startedAt

const Progress = ({ view }: { view: RunView }) => {
  const now = useNow(isLive(view.state))
  const done = settled(view)
  const until = view.endedAt ?? (isLive(view.state) ? now : lastStepEnd(view))
  return (
    <Panel>
      <LinearProgress
        variant="determinate"
        value={view.steps.length === 0 ? 0 : (100 * done) / view.steps.length}
        aria-label="Steps done"
      />
      <Muted>
        {done} of {view.steps.length} steps done · {duration(view.startedAt, until)} elapsed
      </Muted>
      <StopButtons view={view} />
    </Panel>
  )
}

const Steps = ({ view }: { view: RunView }) => {
  const at = isEnded(view.state) ? -1 : currentStep(view)
  return (
    <Panel>
      <PanelHeading>Steps</PanelHeading>
      <List>
        {view.plan.steps.map((planned, index) => {
          const step = view.steps[index]
          return step === undefined ? null : (
            <StepRow
              key={planned.id}
              planned={planned}
              step={step}
              number={index + 1}
              current={index === at}
            />
          )
        })}
      </List>
    </Panel>
  )
}

const Shown = ({ view, read }: { view: RunView; read: () => void }) => (
  <Column>
    <PageHeader
      key={isEnded(view.state) ? 'ended' : 'open'}
      title={headingOf(view)}
      up={{ label: 'Set up', hash: '#/setup' }}
      page="Run"
      object={listOf(view.plan.targets.map(({ ref }) => withoutControls(ref.name)))}
      environment={mostDangerous(view.plan.targets.map(({ ref }) => ref.environment))}
      purpose={withoutControls(view.title)}
    />
    <Unseen role="status" aria-live="polite">
      {headingOf(view)}
    </Unseen>
    {isEnded(view.state) ? null : <Progress view={view} />}
    {isLive(view.state) || isEnded(view.state) ? null : <Decision view={view} onDone={read} />}
    {view.state === 'interrupted' ? <InterruptedView view={view} /> : null}
    {isEnded(view.state) ? (
      <>
        <ProofList view={view} />
        <AllEvidence view={view} />
        <NotChecked view={view} />
        <NextSteps view={view} />
      </>
    ) : null}
    <Steps view={view} />
    <RunFacts view={view} />
  </Column>
)

/** A run: under way, waiting for a person, interrupted, or at its end with its evidence. It can be reopened for good. */
const RunPage = ({ run }: { run: string }) => {
  const { view, problem, read } = useRun(run)
  if (view !== null) return <Shown view={view} read={() => void read()} />
  if (problem === null) return <p role="status">Reading the run …</p>
  return (
    <Column>
      <PageHeader title="The run was not read" page="Run" up={{ label: 'Set up', hash: '#/setup' }} />
      <ProblemPanel
        problem={problem}
        actions={
          <>
            <Button variant="outlined" onClick={() => void read()}>
              Read the run again
            </Button>
            <Button variant="outlined" onClick={() => go('#/overview')}>
              Go to Overview
            </Button>
          </>
        }
      />
    </Column>
  )
}
export default RunPage
