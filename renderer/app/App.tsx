import { lazy, Suspense, useEffect } from 'react'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { watchActivity } from './activity.ts'
import { Frame } from './frame/Frame.tsx'
import { LockPage } from './LockPage.tsx'
import { PageBoundary } from './PageBoundary.tsx'
import { pages } from './pages.tsx'
import { RoutedPage } from './RoutedPage.tsx'
import { useRoute } from './routes.ts'
import { useApp } from './state/app-state.ts'

const LockWarning = lazy(() => import('./frame/LockWarning.tsx'))

/** Locked, first start, or the page of the address. Locking takes the page away; it is not only covered. */
export const App = () => {
  const app = useApp((store) => store.app)
  const problem = useApp((store) => store.problem)
  const route = useRoute()
  useEffect(() => watchActivity(), [])
  if (app === null) {
    if (problem === null) return null
    return (
      <main style={{ padding: 24 }}>
        <ProblemPanel problem={problem} />
      </main>
    )
  }
  if (app.keyring.state === 'locked') return <LockPage />
  const { warning } = app.autoLock
  const soon =
    warning === null ? null : (
      <Suspense fallback={null}>
        <LockWarning seconds={warning.seconds} extendable={warning.extendable} />
      </Suspense>
    )
  if (app.keyring.state === 'absent' || route.page === 'start') {
    const FirstStart = pages.start
    return (
      <Frame bare>
        <PageBoundary>
          <FirstStart />
        </PageBoundary>
        {soon}
      </Frame>
    )
  }
  if (route.page === 'escrow' && route.part === 'ceremony') {
    const Ceremony = pages.ceremony
    return (
      <Frame bare>
        <PageBoundary>
          <Ceremony about={route.about} />
        </PageBoundary>
        {soon}
      </Frame>
    )
  }
  return (
    <Frame>
      <RoutedPage route={route} />
      {soon}
    </Frame>
  )
}
