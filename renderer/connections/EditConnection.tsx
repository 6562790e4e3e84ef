import { useAsk } from '../bridge/index.ts'
import { PageLoading } from '../app/PageLoading.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { AzureForm } from './azure/AzureForm.tsx'
import { azureChoices } from './azure/azure-choices.ts'
import { VaultForm } from './azure/VaultForm.tsx'
import { HsmForm } from './hsm/HsmForm.tsx'
import { ConnectionForm } from './form/ConnectionForm.tsx'
import { ConnectionGone } from './ConnectionGone.tsx'

/** The form of a connection that is there. */
export const EditConnection = ({ id, pin }: { id: string; pin: string | null }) => {
  const { value, problem } = useAsk('connections.list', {})
  if (value === null) return problem === null ? <PageLoading /> : <ProblemPanel problem={problem} />
  const view = value.find(({ connection }) => connection.id === id)
  if (view === undefined) return <ConnectionGone />
  const { connection } = view
  switch (connection.kind) {
    case 'sqlserver':
      return <ConnectionForm before={connection} pin={pin} />
    case 'azure':
      return <AzureForm before={connection} />
    case 'keyvault':
      return <VaultForm before={connection} choices={azureChoices(value)} />
    case 'hsm':
      return <HsmForm before={connection} />
  }
}
