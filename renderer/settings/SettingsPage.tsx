import { PageHeader } from '../ui/PageHeader.tsx'

const SettingsPage = () => <PageHeader title="Settings" page="Settings" />
export default SettingsPage
