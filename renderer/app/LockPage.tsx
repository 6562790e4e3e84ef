import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { lazy, Suspense, useEffect, useState, type FormEvent } from 'react'
import { passphraseBytes } from '../../shared/forms/passphrase.ts'
import { ask, useAction } from '../bridge/index.ts'
import { PassphraseInput, usePassphrase } from '../fields/PassphraseInput.tsx'
import { count } from '../ui/format.ts'
import { Column, Mono, Muted, Panel, PanelHeading } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { EnvironmentBand, WindowEdge } from './frame/EnvironmentBand.tsx'
import { readAppAgain, useApp } from './state/app-state.ts'

const Main = styled('main')({ maxWidth: 560, margin: '48px auto', padding: '0 24px' })

const RestoreKeyring = lazy(async () => ({
  default: (await import('../keyring/RestoreKeyring.tsx')).RestoreKeyring,
}))

const Waiting = ({ seconds }: { seconds: number }) => {
  const [left, setLeft] = useState(seconds)
  useEffect(() => {
    const timer = window.setInterval(() => setLeft((now) => Math.max(0, now - 1)), 1000)
    return () => window.clearInterval(timer)
  }, [])
  return left === 0 ? null : <p role="status">After failed attempts the next one is possible in {left} s.</p>
}

/** Everything that was read is gone from the window; runs go on and show as a number. */
export const LockPage = () => {
  const app = useApp((store) => store.app)
  const passphrase = usePassphrase()
  const [restoring, setRestoring] = useState(false)
  const unlock = useAction(async () => {
    const bytes = passphraseBytes(passphrase.take())
    try {
      await ask('keyring.unlock', { passphrase: bytes })
    } finally {
      bytes.fill(0)
      await readAppAgain()
    }
  })
  if (app === null) return null
  const running = app.runs.filter(({ state }) => ['running', 'stopping', 'undoing'].includes(state)).length
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void unlock.run().then((done) => {
      if (!done) passphrase.focus()
    })
  }
  const environment = app.profile === 'rehearsal' ? 'rehearsal' : app.environment
  return (
    <>
      <header>
        <EnvironmentBand environment={environment} />
      </header>
      <Main>
        <Column>
          <PageHeader
            title="Keyturn is locked"
            page="Locked"
            windowTitle="Keyturn: locked"
            purpose={
              running === 0
                ? 'No run is under way.'
                : `${count(running, 'run')} under way; locking did not stop ${running === 1 ? 'it' : 'them'}.`
            }
          />
          <Panel>
            <form onSubmit={submit} noValidate>
              <Column sx={{ gap: 4 }}>
                <PassphraseInput control={passphrase} label="Passphrase of the keyring" autoFocus />
                {app.rehearsalPassphrase === null ? null : (
                  <p>
                    This is a rehearsal; its passphrase is <Mono>{app.rehearsalPassphrase}</Mono>
                  </p>
                )}
                {app.keyring.waitSeconds > 0 ? (
                  <Waiting key={app.keyring.waitSeconds} seconds={app.keyring.waitSeconds} />
                ) : null}
                {unlock.problem === null ? null : <ProblemPanel problem={unlock.problem} />}
                <div>
                  <Button type="submit" variant="contained" aria-disabled={unlock.busy}>
                    {unlock.busy ? 'Unlocking …' : 'Unlock Keyturn'}
                  </Button>
                </div>
                <Muted>Secrets that were typed into a draft have to be entered again after unlocking.</Muted>
              </Column>
            </form>
          </Panel>
          <Panel aria-labelledby="restore-heading">
            <PanelHeading id="restore-heading">If it does not open</PanelHeading>
            {restoring ? (
              <Suspense fallback={null}>
                <RestoreKeyring onClose={() => setRestoring(false)} />
              </Suspense>
            ) : (
              <>
                <p>
                  A backup of the keyring opens with the passphrase of its time, on any computer. The present
                  file is kept.
                </p>
                <Button variant="outlined" onClick={() => setRestoring(true)}>
                  Restore a keyring backup
                </Button>
              </>
            )}
          </Panel>
        </Column>
      </Main>
      {environment === 'none' ? null : <WindowEdge environment={environment} />}
    </>
  )
}
