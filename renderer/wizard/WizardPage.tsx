import { useEffect, useRef, useState } from 'react'
import type { JobId } from '../../shared/model/job.ts'
import type { Problem } from '../../shared/errors/problem.ts'
import Button from '@mui/material/Button'
import { go, hashOf, replaceHash } from '../app/routes.ts'
import { ask, problemFrom, useAsk } from '../bridge/index.ts'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { createDraftStore, type DraftStore } from './draft-store.ts'
import { introId } from './form-shape.ts'
import { WizardFrame } from './WizardFrame.tsx'

/** Opens a draft, or makes a new one and gives it its address. */
const useDraft = (job: JobId, draft: string | null) => {
  const [store, setStore] = useState<DraftStore | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const asked = useRef<string | null>(null)
  const current = store?.id ?? null
  useEffect(() => {
    if (draft !== null && draft === current) return
    const wanted = draft ?? 'new'
    if (asked.current === wanted) return
    asked.current = wanted
    ask('wizard.open', { job, draft }).then(
      (view) => {
        asked.current = null
        setProblem(null)
        setStore(createDraftStore(view))
        if (draft === null) replaceHash(hashOf.wizard(job, view.id, introId))
      },
      (thrown: unknown) => setProblem(problemFrom(thrown)),
    )
  }, [job, draft, current])
  return { store, problem }
}

interface Props {
  job: JobId
  draft: string | null
  screen: string | null
}

/** The wizard of a job at one of its stops. */
const WizardPage = ({ job, draft, screen }: Props) => {
  const form = useAsk('wizard.form', { job })
  const { store, problem } = useDraft(job, draft)
  const failed = problem ?? form.problem
  if (failed !== null)
    return (
      <>
        <PageHeader title="The draft was not opened" page="Set up" />
        <ProblemPanel
          problem={failed}
          actions={
            <Button variant="outlined" onClick={() => go('#/setup')}>
              Go to Set up
            </Button>
          }
        />
      </>
    )
  if (form.value === null || store === null || (draft !== null && store.id !== draft))
    return <p role="status">Opening the draft …</p>
  return <WizardFrame key={store.id} form={form.value} store={store} screen={screen} />
}
export default WizardPage
