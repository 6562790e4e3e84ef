import Link from '@mui/material/Link'
import { Panel, SmallHeading } from '../../ui/Panel.tsx'

/** What this driver can't do, and what to do instead. */
export const WindowsSignIn = () => (
  <Panel aria-labelledby="windows-heading" sx={{ maxWidth: 720 }}>
    <SmallHeading id="windows-heading">Signing in as the current Windows user</SmallHeading>
    <p>
      This isn’t possible: the driver that Keyturn uses has no integrated sign-in. Where a server takes only
      that, <Link href="#/setup">set up the job</Link> with a test server that Keyturn can reach, save it as a
      runbook from the wizard’s review, and run the runbook in a tool that signs in as you. Its read-only
      checks before and after each step say what is in place there, and stop it where that differs.
    </p>
  </Panel>
)
