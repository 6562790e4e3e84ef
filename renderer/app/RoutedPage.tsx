import { PlannedPage } from './PlannedPage.tsx'
import { PageBoundary } from './PageBoundary.tsx'
import { pages } from './pages.tsx'
import type { Route } from './routes.ts'

const Page = ({ route }: { route: Route }) => {
  switch (route.page) {
    case 'overview':
    case 'locked':
    case 'start':
      return <pages.overview />
    case 'setup':
      return <pages.setup />
    case 'keys':
      return <pages.keys />
    case 'audit':
      return <pages.audit />
    case 'connections':
      return <pages.connections />
    case 'settings':
      return <pages.settings />
    case 'passwords':
      return <pages.passwords />
    case 'wizard':
      return <pages.wizard job={route.job} draft={route.draft} screen={route.screen} />
    case 'run':
      return <pages.run key={route.run} run={route.run} />
    case 'backups':
      return <pages.backups />
    case 'escrow':
      return <pages.escrow part={route.part} about={route.about} />
    case 'calendar':
    case 'not-found':
      return <PlannedPage page={route.page} />
  }
}

/** The page of the address, with its own fault panel: another page starts afresh. */
export const RoutedPage = ({ route }: { route: Route }) => (
  <PageBoundary key={route.page}>
    <Page route={route} />
  </PageBoundary>
)
