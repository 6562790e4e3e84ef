import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import type { ReplyOf } from '../../shared/ipc/contract.ts'
import { ask, useAction } from '../bridge/index.ts'
import { PassphraseInput, usePassphrase } from '../fields/PassphraseInput.tsx'
import { withPassphrase } from '../fields/with-passphrase.ts'
import { ButtonRow, Column } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

/** The operating system's store around the keyring: what it does and what it costs, before it is put on or off. */
export const OuterWrap = (props: {
  store: ReplyOf<'keyring.osStore'>
  onChanged: () => void
  onClose: () => void
}) => {
  const { on, usable, because } = props.store
  const passphrase = usePassphrase()
  const [missing, setMissing] = useState<string | null>(null)
  const change = useAction(async () => {
    await withPassphrase(passphrase, (bytes) =>
      ask('keyring.setOuterWrap', { on: on === null, passphrase: bytes }),
    )
    props.onChanged()
  })
  const possible = on !== null || usable !== null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!possible) return setMissing(`Not possible here: ${because ?? 'no store was found'}`)
    if (passphrase.isEmpty()) {
      setMissing('Enter the passphrase first')
      return passphrase.focus()
    }
    setMissing(null)
    void change.run().then((done) => {
      if (!done) passphrase.focus()
    })
  }
  return (
    <form onSubmit={submit} noValidate aria-label="Seal by the operating system">
      <Column sx={{ gap: '16px' }}>
        <p>
          {on === null
            ? `With it, the keyring file opens on this computer and in this account only, and still needs the passphrase: a stolen file gives nothing to try passphrases against. If the account’s key store is lost, the file does not open any more; a backup does, since backups are always without this seal. Make one first.`
            : `${on} seals the keyring file to this computer and account. Without it, the passphrase alone opens the file, on any computer.`}
        </p>
        {possible ? (
          <PassphraseInput
            control={passphrase}
            label="Passphrase of the keyring"
            describedBy="outer-missing"
          />
        ) : null}
        <div id="outer-missing" role="alert">
          {missing === null ? null : <StatusMark mark="failed" word={missing} />}
        </div>
        {change.problem === null ? null : <ProblemPanel problem={change.problem} />}
        <ButtonRow>
          <Button type="submit" variant="contained" aria-disabled={change.busy}>
            {on === null
              ? `Seal the keyring by ${usable ?? 'the operating system'}`
              : `Take off the seal by ${on}`}
          </Button>
          <Button variant="text" onClick={props.onClose}>
            Cancel
          </Button>
        </ButtonRow>
      </Column>
    </form>
  )
}
