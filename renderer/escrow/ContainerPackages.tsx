import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState, type FormEvent } from 'react'
import type { TextField } from '../../shared/forms/form.ts'
import type { ReplyOf } from '../../shared/ipc/contract.ts'
import type { PackageLook } from '../../shared/ipc/schemas.ts'
import type { PackageId, TargetId } from '../../shared/model/ids.ts'
import { containerUrlProblem } from '../../shared/model/storage.ts'
import { ask, useAction, useAsk, type Action } from '../bridge/index.ts'
import { azureChoices } from '../connections/azure/azure-choices.ts'
import { OptionList, OptionRow } from '../fields/OptionRow.tsx'
import { TextAnswer } from '../fields/TextAnswer.tsx'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow, Muted, Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

const addressField: TextField = {
  kind: 'text',
  name: 'escrow-container',
  label: 'Address of the container',
  why: 'As the list of packages has it. It is reached with the sign-in of the subscription, not with an access key',
  rule: 'Up to the container’s name. The sign-in needs blobs/read: Storage Blob Data Reader is enough',
  hint: 'https://account.blob.core.windows.net/container',
  maxLength: 400,
  mono: true,
}

const Fields = styled('form')({
  display: 'flex',
  flexDirection: 'column',
  gap: 16,
  '& > button': { alignSelf: 'flex-start' },
})

interface Props {
  isLast: boolean
  onBegin: () => void
  onFound: (found: PackageLook | null) => void
}

/**
 * Packages in a container: verified there, or copied into a folder. Drill, recovery, wrapping anew and the command line
 * read folders, so the copy is the way to them. `isLast`: nothing was tried elsewhere on the page since.
 */
export const ContainerPackages = ({ isLast, onBegin, onFound }: Props) => {
  const connections = useAsk('connections.list', {})
  const all = azureChoices(connections.value ?? [])
  const [azure, setAzure] = useState<TargetId | null>(null)
  const [address, setAddress] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const [listed, setListed] = useState<ReplyOf<'escrow.packagesAt'> | null>(null)
  const [chosen, setChosen] = useState<PackageId | null>(null)
  const picker = usePlacePicker()
  const from = azure ?? all[0]?.id ?? null
  const list = useAction(async () => {
    if (from === null) return
    setListed(null)
    setChosen(null)
    onFound(null)
    const found = await ask('escrow.packagesAt', { azure: from, container: address.trim() })
    setListed(found)
    setChosen(found.packages[0] ?? null)
  })
  const verify = useAction(async () => {
    if (from === null || listed === null || chosen === null) return
    onFound(null)
    onFound(await ask('escrow.verifyAt', { azure: from, container: listed.container, package: chosen }))
  })
  const fetch = useAction(async () => {
    if (from === null || listed === null || chosen === null) return
    const place = await picker.pick('package')
    if (place === null) return
    onFound(null)
    const request = { azure: from, container: listed.container, package: chosen, place: place.id }
    onFound(await ask('escrow.fetchPackage', request))
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const problem = containerUrlProblem(address.trim())
    setWrong(problem)
    if (problem === null) begin(list)
  }
  // Only what was tried last is told of: an old failure beside a new success would be believed.
  const begin = (action: Action<[]>): void => {
    for (const one of [list, verify, fetch]) one.clear()
    onBegin()
    void action.run()
  }
  const problem = isLast ? (list.problem ?? verify.problem ?? fetch.problem) : null
  const busy = list.busy || verify.busy || fetch.busy
  return (
    <Panel aria-labelledby="in-container">
      <PanelHeading id="in-container">In a blob container</PanelHeading>
      {connections.problem === null ? null : <ProblemPanel problem={connections.problem} />}
      {connections.value !== null && all.length === 0 ? (
        <Muted>
          No Azure subscription is connected. Connections → Azure adds one; or bring the package into a folder
          with another program: it is a blob for each file.
        </Muted>
      ) : (
        <Fields onSubmit={submit} noValidate>
          <OptionList role="radiogroup" aria-label="Subscription">
            {all.map(({ id, name, subscriptionId }) => (
              <OptionRow
                key={id}
                type="radio"
                name="escrow-azure"
                checked={from === id}
                onChange={() => setAzure(id)}
                label={withoutControls(name)}
              >
                <Muted>{subscriptionId}</Muted>
              </OptionRow>
            ))}
          </OptionList>
          <TextAnswer
            field={addressField}
            value={address}
            onChange={(value) => setAddress(String(value))}
            error={wrong}
          />
          <Button type="submit" variant="outlined" aria-disabled={busy}>
            {list.busy ? 'Listing …' : 'List its packages'}
          </Button>
        </Fields>
      )}
      {listed === null ? null : listed.packages.length === 0 ? (
        <p role="status">No package lies in {listed.container}.</p>
      ) : (
        <>
          <OptionList role="radiogroup" aria-label="Package" data-scrolls>
            {listed.packages.map((id) => (
              <OptionRow
                key={id}
                type="radio"
                name="escrow-package"
                checked={chosen === id}
                onChange={() => setChosen(id)}
                label={id}
              />
            ))}
          </OptionList>
          <ButtonRow>
            <Button variant="contained" aria-disabled={busy} onClick={() => begin(verify)}>
              {verify.busy ? 'Reading the package …' : 'Verify it there'}
            </Button>
            <Button variant="outlined" aria-disabled={busy} onClick={() => begin(fetch)}>
              {fetch.busy ? 'Copying …' : 'Copy it to a folder and verify the copy'}
            </Button>
          </ButtonRow>
          <Muted>
            Drill, recovery, wrapping anew and the command line read a package from a folder: copy it first.
            The container stays as it is.
          </Muted>
        </>
      )}
      {problem === null ? null : <ProblemPanel problem={problem} />}
      {picker.dialog}
    </Panel>
  )
}
