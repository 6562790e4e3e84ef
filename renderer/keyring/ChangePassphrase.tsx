import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import type { ReplyOf } from '../../shared/ipc/contract.ts'
import { ask, useAction } from '../bridge/index.ts'
import { PassphraseInput, usePassphrase } from '../fields/PassphraseInput.tsx'
import { RuleList } from '../fields/RuleList.tsx'
import { withPassphrase } from '../fields/with-passphrase.ts'
import { passphraseRules } from '../firststart/passphrase-rules.ts'
import { count, listOf } from '../ui/format.ts'
import { ButtonRow, Column } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

/** A new passphrase with a new master key. Both leave their inputs once, as bytes. */
export const ChangePassphrase = ({
  replaced,
  onClose,
}: {
  replaced: readonly string[]
  onClose: () => void
}) => {
  const present = usePassphrase()
  const next = usePassphrase()
  const [rules, setRules] = useState(() => passphraseRules(''))
  const [missing, setMissing] = useState<string | null>(null)
  const [done, setDone] = useState<ReplyOf<'keyring.changePassphrase'> | null>(null)
  const change = useAction(async () => {
    setDone(null)
    setDone(
      await withPassphrase(present, (before) =>
        withPassphrase(next, (after) => ask('keyring.changePassphrase', { present: before, next: after })),
      ),
    )
    setRules(passphraseRules(''))
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (present.isEmpty()) {
      setMissing('Enter the present passphrase first')
      return present.focus()
    }
    const now = next.look(passphraseRules)
    setRules(now)
    if (!now.every(({ met }) => met === true)) {
      setMissing('The passphrase is as it was: a rule above is not met')
      return next.focus()
    }
    setMissing(null)
    void change.run().then((went) => {
      if (went) return
      setRules(passphraseRules(''))
      present.focus()
    })
  }
  return (
    <form onSubmit={submit} noValidate aria-label="Change the passphrase">
      <Column sx={{ gap: '16px' }}>
        <p>
          Makes a new master key and encrypts every kept password and every sealed run anew, in one
          replacement of one file. Runs go on. Backups made before still open with the passphrase of their
          time: remove them if somebody may know it. A backup and a recovery sheet are due afterwards.
          {replaced.length === 0
            ? ''
            : ` Copies of this keyring that a restore replaced are removed if they open with the old passphrase: ${listOf(replaced)}.`}
        </p>
        <PassphraseInput control={present} label="Present passphrase" describedBy="change-missing" />
        <PassphraseInput
          control={next}
          label="New passphrase"
          describedBy="change-rules change-missing"
          onTyped={() => {
            setRules(next.look(passphraseRules))
            setMissing(null)
          }}
        />
        <RuleList id="change-rules" rules={rules} />
        <div id="change-missing" role="alert">
          {missing === null ? null : <StatusMark mark="failed" word={missing} />}
        </div>
        {change.problem === null ? null : <ProblemPanel problem={change.problem} />}
        <div role="status">
          {done === null ? null : (
            <StatusMark
              mark="ok"
              word={`The keyring opens with the new passphrase: ${count(done.secrets, 'secret')} and ${count(done.runs, 'sealed run')} encrypted anew${done.removed.length === 0 ? '' : `; removed: ${listOf(done.removed)}`}`}
            />
          )}
        </div>
        <ButtonRow>
          <Button type="submit" variant="contained" aria-disabled={change.busy}>
            {change.busy ? 'Encrypting anew …' : 'Change the passphrase'}
          </Button>
          <Button variant="text" onClick={onClose}>
            {done === null ? 'Cancel' : 'Close'}
          </Button>
        </ButtonRow>
      </Column>
    </form>
  )
}
