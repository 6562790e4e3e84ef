import { PageHeader } from '../ui/PageHeader.tsx'

const KeysPage = () => <PageHeader title="Keys" page="Keys" />
export default KeysPage
