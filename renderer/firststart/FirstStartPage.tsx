import { useState } from 'react'
import { replaceHash } from '../app/routes.ts'
import { useApp } from '../app/state/app-state.ts'
import { Doors } from './Doors.tsx'
import { NewPassphrase } from './NewPassphrase.tsx'
import { RecoverySheet } from './RecoverySheet.tsx'

/** Three doors; behind the second one the passphrase, and the recovery sheet before any secret goes in. */
const FirstStartPage = () => {
  const keyring = useApp(({ app }) => app?.keyring.state ?? 'absent')
  const [connecting, setConnecting] = useState(false)
  if (keyring === 'unlocked') return <RecoverySheet first={connecting} />
  if (!connecting)
    return (
      <Doors
        onConnect={() => {
          // With a keyring the program shows its pages at once; this address keeps the recovery sheet in between.
          replaceHash('#/start')
          setConnecting(true)
        }}
      />
    )
  return <NewPassphrase onBack={() => setConnecting(false)} />
}
export default FirstStartPage
