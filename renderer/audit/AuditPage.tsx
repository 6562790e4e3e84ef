import { PageHeader } from '../ui/PageHeader.tsx'

const AuditPage = () => <PageHeader title="Audit" page="Audit" />
export default AuditPage
