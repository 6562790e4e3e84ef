import { styled } from '@mui/material/styles'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { FormDescription } from '../../shared/forms/form.ts'
import { savedBeforeLock } from '../app/frame/lock.ts'
import { go, hashOf, setLeaveGuard } from '../app/routes.ts'
import { SecretsContext, SecretsOnScreen } from '../fields/commits.ts'
import { listOf } from '../ui/format.ts'
import { AnswerScreen } from './AnswerScreen.tsx'
import type { DraftStore } from './draft-store.ts'
import { introId, reviewId, stopsOf } from './form-shape.ts'
import { IntroScreen } from './IntroScreen.tsx'
import { ReviewScreen } from './review/ReviewScreen.tsx'
import { StepList } from './StepList.tsx'
import { useDraftEnvironment } from './use-draft-environment.ts'

const Layout = styled('div')({
  display: 'flex',
  gap: 24,
  alignItems: 'flex-start',
  '@media (max-width: 1299.95px)': { flexDirection: 'column', alignItems: 'stretch', gap: 12 },
})
const Content = styled('div')({ flex: '1 1 0', minWidth: 0 })

interface Props {
  form: FormDescription
  store: DraftStore
  screen: string | null
}

/** The one frame of every job: list of steps, the present screen, and what happens between them. */
export const WizardFrame = ({ form, store, screen }: Props) => {
  const stops = useMemo(() => stopsOf(form), [form])
  const savedScreen = useStore(store, (state) => state.screen)
  const current = [screen, savedScreen].find((id) => stops.some((stop) => stop.id === id)) ?? introId
  const index = stops.findIndex(({ id }) => id === current)
  const [reached, setReached] = useState(() => stops.findIndex(({ id }) => id === savedScreen))
  const [backToReview, setBackToReview] = useState(false)
  const [stale, setStale] = useState<ReadonlySet<string>>(new Set())
  const [secrets] = useState(() => new SecretsOnScreen())
  const environment = useDraftEnvironment(form, store)
  if (index > reached) setReached(index)
  const furthest = Math.max(reached, index)

  useEffect(() => store.visit(current), [store, current])
  useEffect(() => {
    savedBeforeLock.add(store.flush)
    setLeaveGuard(() => {
      const typed = secrets.notKept()
      if (typed.length > 0)
        return `${listOf(typed)} ${typed.length === 1 ? 'was' : 'were'} typed and not kept. The rest of the draft is saved.`
      return store.getState().saveProblem === null
        ? null
        : 'The last answers were not saved. What was saved before stays in the draft.'
    })
    return () => {
      savedBeforeLock.delete(store.flush)
      setLeaveGuard(null)
      void store.flush()
    }
  }, [store, secrets])

  const address = useCallback((stop: string) => hashOf.wizard(form.job, store.id, stop), [form.job, store.id])
  const onward = () => {
    const next = backToReview ? reviewId : (stops[index + 1]?.id ?? reviewId)
    if (next === reviewId) setBackToReview(false)
    go(address(next))
  }
  const back = () => go(address(stops[index - 1]?.id ?? introId))
  const answerScreen = form.screens.find(({ id }) => id === current)
  const place = { number: index + 1, total: stops.length }
  return (
    <SecretsContext value={secrets}>
      <Layout>
        <StepList stops={stops} current={current} furthest={furthest} stale={stale} hashOf={address} />
        <Content>
          {answerScreen !== undefined ? (
            <AnswerScreen
              key={answerScreen.id}
              form={form}
              screen={answerScreen}
              store={store}
              secrets={secrets}
              environment={environment}
              place={place}
              visited={stops.slice(0, furthest + 1).map(({ id }) => id)}
              nextLabel={backToReview || stops[index + 1]?.id === reviewId ? 'Review plan' : 'Next'}
              onBack={back}
              onNext={onward}
              onStale={setStale}
            />
          ) : current === reviewId ? (
            <ReviewScreen
              form={form}
              store={store}
              onChange={(id) => {
                setBackToReview(true)
                go(address(id))
              }}
              onBack={back}
            />
          ) : (
            <IntroScreen form={form} store={store} environment={environment} onNext={onward} />
          )}
        </Content>
      </Layout>
    </SecretsContext>
  )
}
