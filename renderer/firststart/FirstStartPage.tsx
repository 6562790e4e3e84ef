import { PageHeader } from '../ui/PageHeader.tsx'

const FirstStartPage = () => <PageHeader title="FirstStart" page="FirstStart" />
export default FirstStartPage
