import type { PackageLook } from '../../shared/ipc/schemas.ts'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { count, withoutControls } from '../ui/format.ts'
import { LongName } from '../ui/LongName.tsx'
import { Panel, PanelHeading } from '../ui/Panel.tsx'
import { PathText } from '../ui/PathText.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { signerFacts } from './signer-facts.tsx'

const listedWords = {
  same: 'the same manifest',
  other: 'another manifest under this id: compare both before you rely on either',
  'not-listed': 'not in the list of this profile',
} as const

/** What was found in a package that was verified, wherever it lies. */
export const PackageFound = ({ found }: { found: PackageLook }) => (
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
        ['Place', <PathText key="where" path={found.where} />],
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
