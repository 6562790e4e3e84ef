import { PageLoading } from '../../app/PageLoading.tsx'
import { useAsk } from '../../bridge/index.ts'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { azureChoices } from './azure-choices.ts'
import { VaultForm } from './VaultForm.tsx'

/** The form of a new vault, with the sign-ins that are there. */
export const NewVault = () => {
  const { value, problem } = useAsk('connections.list', {})
  if (value === null) return problem === null ? <PageLoading /> : <ProblemPanel problem={problem} />
  return <VaultForm before={null} choices={azureChoices(value)} />
}
