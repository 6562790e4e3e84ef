import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import { passphraseBytes } from '../../shared/forms/passphrase.ts'
import { readAppAgain } from '../app/state/app-state.ts'
import { ask, useAction } from '../bridge/index.ts'
import { PassphraseInput, usePassphrase } from '../fields/PassphraseInput.tsx'
import { RuleList } from '../fields/RuleList.tsx'
import { ButtonRow, Column, Muted, Panel } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { passphraseRules } from './passphrase-rules.ts'

/** The passphrase of a new keyring. It leaves the input once, as bytes; nothing here holds its text. */
export const NewPassphrase = ({ onBack }: { onBack: () => void }) => {
  const passphrase = usePassphrase()
  const [rules, setRules] = useState(() => passphraseRules(''))
  const [refused, setRefused] = useState(false)
  const create = useAction(async () => {
    const bytes = passphraseBytes(passphrase.take())
    setRules(passphraseRules(''))
    try {
      await ask('keyring.create', { passphrase: bytes })
    } finally {
      bytes.fill(0)
    }
    await readAppAgain()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const now = passphrase.look(passphraseRules)
    const good = now.every(({ met }) => met === true)
    setRules(now)
    setRefused(!good)
    if (!good) return passphrase.focus()
    void create.run().then((done) => {
      if (!done) passphrase.focus()
    })
  }
  return (
    <Column sx={{ maxWidth: 720 }}>
      <PageHeader
        title="Which passphrase opens the keyring?"
        page="Passphrase"
        error={refused}
        purpose="The keyring is one encrypted file on this computer; passwords of servers and key files go in there. Keyturn has no second way to open it."
      />
      <Panel>
        <form onSubmit={submit} noValidate>
          <Column sx={{ gap: 4 }}>
            <PassphraseInput
              control={passphrase}
              label="Passphrase"
              describedBy="passphrase-rules passphrase-advice passphrase-refused"
              onTyped={() => {
                setRules(passphrase.look(passphraseRules))
                setRefused(false)
              }}
            />
            <RuleList id="passphrase-rules" rules={rules} />
            <Muted id="passphrase-advice">
              Length counts most: several words that do not belong together. You can paste it, and Show lets
              you check it. Keep it where you keep other passphrases; it is not on the recovery sheet.
            </Muted>
            <div id="passphrase-refused" role="alert">
              {refused ? (
                <StatusMark mark="failed" word="No keyring was made: a rule above is not met" />
              ) : null}
            </div>
            {create.problem === null ? null : <ProblemPanel problem={create.problem} />}
            <ButtonRow>
              <Button type="submit" variant="contained" aria-disabled={create.busy}>
                {create.busy ? 'Making the keyring …' : 'Create keyring'}
              </Button>
              <Button variant="text" onClick={onBack}>
                Back to the three ways
              </Button>
            </ButtonRow>
          </Column>
        </form>
      </Panel>
    </Column>
  )
}
