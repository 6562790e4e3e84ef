import Button from '@mui/material/Button'
import { useState } from 'react'
import type { PackageLook } from '../../shared/ipc/schemas.ts'
import { hashOf } from '../app/routes.ts'
import { ask, useAction } from '../bridge/index.ts'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { count, withoutControls } from '../ui/format.ts'
import { LongName } from '../ui/LongName.tsx'
import { ButtonRow, Column, Panel, PanelHeading } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { PathText } from '../ui/PathText.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { signerFacts } from './signer-facts.tsx'

const listedWords = {
  same: 'the same manifest',
  other: 'another manifest under this id: compare both before you rely on either',
  'not-listed': 'not in the list of this profile',
} as const

const Found = ({ found }: { found: PackageLook }) => (
  <Panel aria-label="What was checked">
    <PanelHeading>
      <StatusMark
        mark={found.signer.standing === 'known' && found.listed !== 'other' ? 'ok' : 'attention'}
        word={`Package ${found.id}: ${found.files} files, manifest and signature fit together`}
      />
    </PanelHeading>
    <Facts
      facts={[
        ...signerFacts(found.signer),
        ['In this profile', listedWords[found.listed]],
        ['Folder', <PathText key="where" path={found.where} />],
        ['Size', `${count(found.files, 'file')}, ${found.bytes.toLocaleString('en-US')} bytes`],
        [
          'Manifest',
          <Thumbprint key="m" value={found.manifestSha256.toUpperCase()} label="Hash of the manifest" />,
        ],
        ['Made', <FactTime key="made" at={found.madeAt} />],
        ['By', `run ${found.run}, Keyturn ${withoutControls(found.program)}`],
        [
          'Share group',
          <LongName
            key="group"
            name={`${found.group.name}: any ${found.group.threshold} of ${found.group.holders.length}`}
          />,
        ],
        ['Holders', found.group.holders.map(withoutControls).join(', ')],
        [
          'Opens alone',
          found.recipients.length === 0
            ? 'no certificate: shares only'
            : found.recipients.map(({ kind, name }) => `${withoutControls(name)} (${kind})`).join(', '),
        ],
        ['Checked', <FactTime key="at" at={found.at} />],
      ]}
    />
    <ul>
      {found.items.map(({ number, kind, name, from }) => (
        <li key={number}>
          Item {number}: <LongName name={name} /> ({kind}, from {withoutControls(from)})
        </li>
      ))}
    </ul>
    <p>
      Not checked: whether the items open. That takes shares of {found.group.threshold} holders or the key of
      a certificate.
    </p>
  </Panel>
)

/** A package in a folder, checked as far as that goes without a key. */
export const VerifyPackage = () => {
  const [found, setFound] = useState<PackageLook | null>(null)
  const picker = usePlacePicker()
  const verify = useAction(async () => {
    const place = await picker.pick('package')
    if (place === null) return
    setFound(null)
    setFound(await ask('escrow.verifyPackage', { place: place.id }))
  })
  return (
    <Column>
      <PageHeader
        title="Is this package whole, and who signed it?"
        page="Verify a package"
        up={{ label: 'Escrow', hash: hashOf.escrow() }}
        purpose="The folder is read as a whole and compared with its signed manifest. Nothing is opened, and no share is needed."
      />
      <ButtonRow>
        <Button variant="contained" aria-disabled={verify.busy} onClick={() => void verify.run()}>
          {verify.busy ? 'Reading the package …' : 'Choose folder and verify'}
        </Button>
      </ButtonRow>
      {verify.problem === null ? null : <ProblemPanel problem={verify.problem} />}
      <div role="status">{found === null ? null : <Found found={found} />}</div>
      {picker.dialog}
    </Column>
  )
}
