import Link from '@mui/material/Link'
import { useEffect } from 'react'
import { useApp } from '../app/state/app-state.ts'
import { useAsk } from '../bridge/index.ts'
import { Column } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { count } from '../ui/format.ts'
import { Attention, attentionOf } from './Attention.tsx'
import { FirstFive } from './FirstFive.tsx'
import { LastDrills } from './LastDrills.tsx'
import { RecentRuns } from './RecentRuns.tsx'
import { RehearsalPanel } from './RehearsalPanel.tsx'

const newestDrills = {
  page: { offset: 0, limit: 100, sort: null, search: '', filters: [] },
}

/** What needs a person, what was done, and in a rehearsal what can be done to it. */
const OverviewPage = () => {
  const app = useApp((store) => store.app)
  const connections = useAsk('connections.list', {})
  const runs = useAsk('runs.list', {})
  const drills = useAsk('drills.page', newestDrills)
  const simulators = app?.rehearsal?.state ?? null
  const { reload } = connections
  useEffect(() => {
    // The simulated servers become connections of their own when they answer.
    if (simulators === 'ready') reload()
  }, [simulators, reload])
  if (app === null) return null
  // Nothing in a rehearsal is secret; there Settings says what would be due.
  const upkeep = app.profile === 'rehearsal' ? null : app.upkeep
  const items = attentionOf(app.runs, connections.value, upkeep, app.openKeys)
  const title =
    connections.value === null
      ? 'Overview'
      : items.length === 0
        ? 'Nothing needs attention'
        : `${count(items.length, 'thing needs', 'things need')} attention`
  return (
    <Column>
      <PageHeader
        title={title}
        page="Overview"
        purpose={
          <>
            From the runs and connections that Keyturn knows. Next:{' '}
            <Link href="#/setup">take an encrypted backup</Link>.
          </>
        }
      />
      {connections.problem === null ? null : <ProblemPanel problem={connections.problem} />}
      <Attention items={items} />
      {app.rehearsal === null ? null : <RehearsalPanel rehearsal={app.rehearsal} />}
      <FirstFive
        connections={connections.value}
        runs={runs.value}
        drills={drills.value?.rows ?? null}
        rehearsal={app.profile === 'rehearsal'}
      />
      <LastDrills drills={drills.value?.rows ?? []} />
      <RecentRuns runs={runs.value} problem={runs.problem} />
    </Column>
  )
}
export default OverviewPage
