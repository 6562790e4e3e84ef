import Link from '@mui/material/Link'
import { hashOf } from '../app/routes.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { Column } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'

/** An address whose connection was removed, or never was. */
export const ConnectionGone = () => (
  <Column>
    <PageHeader title="This connection is not there" page="Connection" />
    <EmptyState
      title="What may have happened"
      action={<Link href={hashOf.connections}>See all connections</Link>}
    >
      It was removed, or the address was typed by hand. Runs and audit entries that name it are still there.
    </EmptyState>
  </Column>
)
