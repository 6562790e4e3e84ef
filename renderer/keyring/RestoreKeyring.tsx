import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import type { ReplyOf } from '../../shared/ipc/contract.ts'
import type { KeyringBackupView } from '../../shared/ipc/schemas.ts'
import { readAppAgain } from '../app/state/app-state.ts'
import { notify } from '../app/state/notices.ts'
import { ask, useAction } from '../bridge/index.ts'
import { PassphraseInput, usePassphrase } from '../fields/PassphraseInput.tsx'
import { OptionList, OptionRow } from '../fields/OptionRow.tsx'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { withPassphrase } from '../fields/with-passphrase.ts'
import { count, listOf, localTime, withoutControls } from '../ui/format.ts'
import { ButtonRow, Column, Muted } from '../ui/Panel.tsx'
import { PathText } from '../ui/PathText.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

interface Found {
  place: string
  reply: ReplyOf<'keyring.findBackups'>
}

const goneWords = ({ gone, goneLabels }: KeyringBackupView): string => {
  if (gone === 0) return ''
  const named = goneLabels.length === 0 ? '' : `: ${listOf(goneLabels.map(withoutControls))}`
  return ` It lacks ${count(gone, 'secret')} of the present keyring, or has them as they were before${named}.`
}

const about = (one: KeyringBackupView): string =>
  one.problem === null
    ? `${count(one.secrets, 'secret')}; ${one.sameKeyring ? 'the present keyring' : 'another keyring'}, id ${one.keyring}.${goneWords(one)}`
    : `${one.problem.title}.`

/** Puts a keyring file in the place of the present one. Works locked and at a first start as well. */
export const RestoreKeyring = ({ onClose }: { onClose: () => void }) => {
  const passphrase = usePassphrase()
  const picker = usePlacePicker()
  const [found, setFound] = useState<Found | null>(null)
  const [chosen, setChosen] = useState<string | null>(null)
  const [missing, setMissing] = useState<string | null>(null)
  const look = useAction(async () => {
    const place = await picker.pick('keyring restore')
    if (place === null) return
    setChosen(null)
    setFound({ place: place.id, reply: await ask('keyring.findBackups', { place: place.id }) })
  })
  const restore = useAction(async (place: string, name: string) => {
    const { secrets, gone, keptAs } = await withPassphrase(passphrase, (bytes) =>
      ask('keyring.restore', { place, name, passphrase: bytes }),
    )
    notify({
      id: 'keyring-restored',
      tone: gone.length === 0 ? 'info' : 'attention',
      title: `The keyring was restored from ${name}: ${count(secrets, 'secret')}`,
      body: [
        gone.length === 0
          ? 'No secret of the keyring before is missing.'
          : `No longer there, or as they were before: ${listOf(gone.map(withoutControls))}.`,
        keptAs === null ? '' : `The keyring before is kept as ${keptAs} until a backup is made and reopened.`,
      ].join(' '),
    })
    onClose()
    await readAppAgain()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (found === null || chosen === null) return setMissing('Choose a folder and a backup first')
    if (passphrase.isEmpty()) {
      setMissing('Enter the passphrase of the backup first')
      return passphrase.focus()
    }
    setMissing(null)
    void restore.run(found.place, chosen).then((done) => {
      if (!done) passphrase.focus()
    })
  }
  return (
    <form onSubmit={submit} noValidate aria-label="Restore a keyring backup">
      <Column sx={{ gap: '16px' }}>
        <p>
          The backup is opened as a whole first; only then it takes the place of the present keyring, which is
          kept beside it. The record stays as it is and says that this was done.
        </p>
        <div>
          <Button variant="outlined" aria-disabled={look.busy} onClick={() => void look.run()}>
            {found === null ? 'Choose folder with backups' : 'Choose another folder'}
          </Button>{' '}
          {found === null ? null : <PathText path={found.reply.folder} />}
        </div>
        {look.problem === null ? null : <ProblemPanel problem={look.problem} />}
        <div role="status">
          {found === null ? null : found.reply.found.length === 0 ? (
            <StatusMark mark="unknown" word="No keyring file in this folder" />
          ) : (
            <Muted>{count(found.reply.found.length, 'keyring file')} in this folder, newest first</Muted>
          )}
        </div>
        {found === null || found.reply.found.length === 0 ? null : (
          <OptionList data-scrolls role="radiogroup" aria-label="Keyring files, newest first">
            {found.reply.found.map((one) => (
              <OptionRow
                key={one.name}
                type="radio"
                name="keyring-backup"
                checked={chosen === one.name}
                usable={one.problem === null}
                onChange={() => setChosen(one.name)}
                label={`${localTime(one.at)}: ${withoutControls(one.name)}`}
              >
                <Muted>{about(one)}</Muted>
              </OptionRow>
            ))}
          </OptionList>
        )}
        <PassphraseInput
          control={passphrase}
          label="Passphrase of the backup"
          describedBy="restore-missing"
        />
        <div id="restore-missing" role="alert">
          {missing === null ? null : <StatusMark mark="failed" word={missing} />}
        </div>
        {restore.problem === null ? null : <ProblemPanel problem={restore.problem} />}
        <ButtonRow>
          <Button type="submit" variant="contained" aria-disabled={restore.busy}>
            {restore.busy ? 'Opening the backup …' : 'Restore this backup'}
          </Button>
          <Button variant="text" onClick={onClose}>
            Cancel
          </Button>
        </ButtonRow>
      </Column>
      {picker.dialog}
    </form>
  )
}
