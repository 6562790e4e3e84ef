import Button from '@mui/material/Button'
import type { FormDescription } from '../../../shared/forms/form.ts'
import { mostDangerous } from '../../app/state/page.ts'
import { FactTime } from '../../ui/FactTime.tsx'
import { ButtonRow, Column, Muted } from '../../ui/Panel.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import type { DraftStore } from '../draft-store.ts'
import { WizardFooter } from '../WizardFooter.tsx'
import { Blockers, Warnings } from './Advice.tsx'
import { Approval } from './Approval.tsx'
import { GivenAnswers } from './GivenAnswers.tsx'
import { AlreadyDone, Notes, PlanList } from './PlanList.tsx'
import { planSentence, targetNames } from './plan-words.ts'
import { ReviewProblem } from './ReviewProblem.tsx'
import { useReview } from './use-review.ts'

interface Props {
  form: FormDescription
  store: DraftStore
  onChange: (screen: string) => void
  onBack: () => void
}

/** The page of the moment of commitment: everything that will run, as it will run. */
export const ReviewScreen = ({ form, store, onChange, onBack }: Props) => {
  const { reviewed, problem, planning, plan } = useReview(store)
  const again = () => void plan()
  const environments = reviewed?.plan.targets.map(({ ref }) => ref.environment) ?? []
  const nothingToDo =
    reviewed !== null && reviewed.plan.steps.length === 0 && reviewed.advice.blockers.length === 0
  return (
    <Column>
      <PageHeader
        title="Is this what should run?"
        page={`${form.title}: Review`}
        object={reviewed === null ? undefined : targetNames(reviewed.plan)}
        environment={mostDangerous(environments)}
        purpose={reviewed === null ? undefined : nothingToDo ? undefined : planSentence(reviewed)}
        actions={
          reviewed === null ? undefined : (
            <ButtonRow>
              <Muted>
                Facts read <FactTime at={reviewed.advice.factsAt} />
              </Muted>
              <Button variant="outlined" size="small" aria-disabled={planning} onClick={again}>
                Read again
              </Button>
            </ButtonRow>
          )
        }
      />
      {planning ? (
        <p role="status">
          {reviewed === null ? 'Reading the server and making the plan …' : 'Reading the server again …'}
        </p>
      ) : null}
      {problem === null ? null : (
        <ReviewProblem form={form} problem={problem} onAgain={again} onChange={onChange} />
      )}
      {reviewed === null ? null : (
        <>
          {nothingToDo ? (
            <StatusMark mark="ok" word="Nothing to do: every check is satisfied, as read from the server" />
          ) : null}
          <Blockers blockers={reviewed.advice.blockers} form={form} onChange={onChange} />
          <Warnings warnings={reviewed.advice.warnings} form={form} onChange={onChange} />
          {reviewed.plan.steps.length === 0 ? null : <PlanList reviewed={reviewed} />}
          <AlreadyDone reviewed={reviewed} />
          <Notes reviewed={reviewed} />
        </>
      )}
      <GivenAnswers form={form} store={store} ready={!planning} onChange={onChange} />
      {reviewed === null || nothingToDo || planning ? null : (
        <Approval key={reviewed.digest} reviewed={reviewed} exports={form.exports} onPlanAgain={again} />
      )}
      <WizardFooter store={store}>
        <Button variant="outlined" onClick={onBack}>
          Back
        </Button>
      </WizardFooter>
    </Column>
  )
}
