import type { KeyRow } from '../../shared/ipc/schemas.ts'
import { EnvironmentTag } from '../ui/EnvironmentTag.tsx'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { LongName } from '../ui/LongName.tsx'
import { SidePane } from '../ui/SidePane.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { expiryWords, exportWords } from './key-words.ts'

const Names = ({ names, none }: { names: readonly string[]; none: string }) =>
  names.length === 0 ? (
    <>{none}</>
  ) : (
    <ul>
      {names.map((name) => (
        <li key={name}>
          <LongName name={name} />
        </li>
      ))}
    </ul>
  )

/** Everything read of one key, with its source and time. */
export const KeyDetails = ({ row, onClose }: { row: KeyRow; onClose: () => void }) => (
  <SidePane title={<LongName name={row.name} />} subject={row.id} onClose={onClose}>
    <Facts
      facts={[
        ['Kind', row.kind],
        ['Server, vault or token', <LongName key="server" name={row.target} />],
        ['Environment', <EnvironmentTag key="environment" environment={row.environment} />],
        ['State', row.state ?? 'does not apply'],
        ['Algorithm', row.algorithm ?? 'not read'],
        [
          'Thumbprint',
          row.thumbprint === null ? 'none' : <Thumbprint key="thumbprint" value={row.thumbprint} />,
        ],
        ['Expires', expiryWords(row)],
        ['Private key last exported', exportWords(row)],
        ['Changed', row.changed === null ? 'no date kept' : <FactTime key="changed" at={row.changed} />],
        [
          row.kind === 'backup' ? 'File' : 'Protects',
          <Names key="protects" names={row.protects} none="nothing that was read" />,
        ],
        ['Needs', <Names key="needs" names={row.needs} none="no other key" />],
        ...(row.more ?? []).map(
          ({ label, value }) => [label, <LongName key={label} name={value} />] as const,
        ),
        ['Source', row.source],
        ['Read', <FactTime key="read" at={row.readAt} />],
      ]}
    />
  </SidePane>
)
