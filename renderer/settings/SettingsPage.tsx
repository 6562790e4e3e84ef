import { useApp } from '../app/state/app-state.ts'
import { useAsk } from '../bridge/index.ts'
import { Column } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { AutoLockPanel } from './AutoLockPanel.tsx'
import { CloudTraffic } from './CloudTraffic.tsx'
import { KeyringPanel } from './KeyringPanel.tsx'
import { ProfilePanel } from './ProfilePanel.tsx'
import { ProgramPanel } from './ProgramPanel.tsx'
import { SchemeChoice } from './SchemeChoice.tsx'

/** What holds for the whole program on this computer. */
const SettingsPage = () => {
  const app = useApp((store) => store.app)
  const { value, problem } = useAsk('settings.read', {})
  if (app === null) return null
  return (
    <Column sx={{ maxWidth: 880 }}>
      <PageHeader
        title="How Keyturn works on this computer"
        page="Settings"
        purpose="These settings belong to this profile; a rehearsal has its own."
      />
      {problem === null ? null : <ProblemPanel problem={problem} />}
      <SchemeChoice scheme={app.scheme} />
      <KeyringPanel app={app} />
      <AutoLockPanel autoLock={app.autoLock} />
      {value === null ? null : <CloudTraffic stored={value} />}
      <ProfilePanel app={app} />
      <ProgramPanel app={app} dataFolder={value?.dataFolder ?? null} />
    </Column>
  )
}
export default SettingsPage
