import { useAsk } from '../bridge/index.ts'
import { PageLoading } from '../app/PageLoading.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { ConnectionForm } from './form/ConnectionForm.tsx'
import { ConnectionGone } from './ConnectionGone.tsx'

/** The form of a connection that is there. */
export const EditConnection = ({ id, pin }: { id: string; pin: string | null }) => {
  const { value, problem } = useAsk('connections.list', {})
  if (value === null) return problem === null ? <PageLoading /> : <ProblemPanel problem={problem} />
  const view = value.find(({ connection }) => connection.id === id)
  return view === undefined ? <ConnectionGone /> : <ConnectionForm before={view.connection} pin={pin} />
}
