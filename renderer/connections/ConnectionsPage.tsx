import { PageHeader } from '../ui/PageHeader.tsx'

const ConnectionsPage = () => <PageHeader title="Connections" page="Connections" />
export default ConnectionsPage
