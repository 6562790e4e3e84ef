import Link from '@mui/material/Link'
import { EmptyState } from '../ui/EmptyState.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Column } from '../ui/Panel.tsx'

interface Planned {
  page: string
  title: string
  will: string
  meanwhile: { text: string; hash: string }
}

const texts: Record<'calendar' | 'not-found', Planned> = {
  calendar: {
    page: 'Calendar',
    title: 'The calendar is not in this version',
    will: 'Certificates, secrets and drills by date: overdue, this week, the next 30 days and later, each with the job that renews it.',
    meanwhile: { text: 'See the expiry dates of the keys that were read', hash: '#/keys' },
  },
  'not-found': {
    page: 'Not found',
    title: 'There is no page at this address',
    will: 'The address was typed by hand, or the object it led to belongs to another version.',
    meanwhile: { text: 'Go to Overview', hash: '#/overview' },
  },
}

/** A page that says what will be here, with no control that does nothing. */
export const PlannedPage = ({ page }: { page: keyof typeof texts }) => {
  const text = texts[page]
  return (
    <Column>
      <PageHeader title={text.title} page={text.page} />
      <EmptyState
        title={page === 'not-found' ? 'What may have happened' : 'What will be here'}
        action={<Link href={text.meanwhile.hash}>{text.meanwhile.text}</Link>}
      >
        {text.will}
      </EmptyState>
    </Column>
  )
}
