import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import type { ReplyOf } from '../../shared/ipc/contract.ts'
import { ask, useAction } from '../bridge/index.ts'
import { PassphraseInput, usePassphrase } from '../fields/PassphraseInput.tsx'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { withPassphrase } from '../fields/with-passphrase.ts'
import type { ChosenPlace } from '../fields/FolderDialog.tsx'
import { count, listOf } from '../ui/format.ts'
import { ButtonRow, Column } from '../ui/Panel.tsx'
import { PathText } from '../ui/PathText.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

type Made = ReplyOf<'keyring.backUp'>

/** Writes the keyring to a folder and counts it only when it opened from there. */
export const BackUpKeyring = ({
  replaced,
  onClose,
}: {
  replaced: readonly string[]
  onClose: () => void
}) => {
  const passphrase = usePassphrase()
  const picker = usePlacePicker()
  const [place, setPlace] = useState<ChosenPlace | null>(null)
  const [missing, setMissing] = useState<string | null>(null)
  const [made, setMade] = useState<Made | null>(null)
  const choose = useAction(async () => {
    const chosen = await picker.pick('keyring backup')
    if (chosen !== null) setPlace(chosen)
  })
  const save = useAction(async (chosen: ChosenPlace) => {
    setMade(null)
    setMade(
      await withPassphrase(passphrase, (bytes) =>
        ask('keyring.backUp', { place: chosen.id, passphrase: bytes }),
      ),
    )
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (place === null) return setMissing('Choose a folder first')
    if (passphrase.isEmpty()) {
      setMissing('Enter the passphrase first')
      return passphrase.focus()
    }
    setMissing(null)
    void save.run(place).then((done) => {
      if (!done) passphrase.focus()
    })
  }
  return (
    <form onSubmit={submit} noValidate aria-label="Back up the keyring">
      <Column sx={{ gap: '16px' }}>
        <p>
          The whole keyring as one file with a dated name, encrypted as it is here, without the seal of this
          computer. Keyturn reads it again from there and opens every secret in it; only then it counts.
          {replaced.length === 0
            ? ''
            : ` After that, what a restore replaced is removed from the data folder: ${listOf(replaced)}.`}
        </p>
        <div>
          <Button variant="outlined" aria-disabled={choose.busy} onClick={() => void choose.run()}>
            {place === null ? 'Choose folder' : 'Choose another folder'}
          </Button>{' '}
          {place === null ? null : <PathText path={place.label} />}
        </div>
        <PassphraseInput
          control={passphrase}
          label="Passphrase of the keyring"
          describedBy="back-up-missing"
        />
        <div id="back-up-missing" role="alert">
          {missing === null ? null : <StatusMark mark="failed" word={missing} />}
        </div>
        {choose.problem === null ? null : <ProblemPanel problem={choose.problem} />}
        {save.problem === null ? null : <ProblemPanel problem={save.problem} />}
        <div role="status">
          {made === null ? null : (
            <StatusMark
              mark="ok"
              word={`${made.name} was written to ${made.folder} and reopened from there: ${count(made.secrets, 'secret')}`}
            />
          )}
        </div>
        <ButtonRow>
          <Button type="submit" variant="contained" aria-disabled={save.busy}>
            {save.busy ? 'Writing and reopening …' : 'Write and reopen the backup'}
          </Button>
          <Button variant="text" onClick={onClose}>
            {made === null ? 'Cancel' : 'Close'}
          </Button>
        </ButtonRow>
      </Column>
      {picker.dialog}
    </form>
  )
}
