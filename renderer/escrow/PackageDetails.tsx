import type { PackageRow } from '../../shared/ipc/schemas.ts'
import { hashOf } from '../app/routes.ts'
import Link from '@mui/material/Link'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { LongName } from '../ui/LongName.tsx'
import { Muted, PlainList } from '../ui/Panel.tsx'
import { SidePane } from '../ui/SidePane.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { groupStateWords, packageStateMarks } from './escrow-words.ts'
import { WrapAnew } from './WrapAnew.tsx'

const Names = ({ names, none }: { names: readonly string[]; none: string }) =>
  names.length === 0 ? (
    <>{none}</>
  ) : (
    <ul>
      {names.map((name, index) => (
        <li key={`${index} ${name}`}>
          <LongName name={name} />
        </li>
      ))}
    </ul>
  )

/** One package as this profile’s list has it; the package itself is verified on the page for that. */
export const PackageDetails = ({ row, onClose }: { row: PackageRow; onClose: () => void }) => (
  <SidePane title={row.id} subject={row.id} onClose={onClose}>
    <Facts
      facts={[
        ['State', <StatusMark key="state" mark={packageStateMarks[row.state]} word={row.state} />],
        ['Group', <LongName key="group" name={`${row.group.name} (${groupStateWords[row.group.state]})`} />],
        [
          'Wrapped for',
          row.toWrapAnew
            ? 'the replaced group: to be wrapped anew, with shares of the old group'
            : 'the group above',
        ],
        ['Holds', <Names key="items" names={row.items} none="nothing" />],
        ['Opens alone', <Names key="alone" names={row.recipients} none="no certificate: shares only" />],
        ['Made', <FactTime key="made" at={row.madeAt} />],
        [
          'Run',
          <Link key="run" href={hashOf.run(row.run)}>
            {row.run}
          </Link>,
        ],
        [
          'Last drill',
          row.lastDrill === null ? (
            'none'
          ) : (
            <span key="drill">
              <FactTime at={row.lastDrill.at} />, {row.lastDrill.purpose}, opened by{' '}
              <LongName name={row.lastDrill.openedBy} />
            </span>
          ),
        ],
        ['Takes the place of', row.replaces ?? 'none'],
        [
          'Replaced by',
          row.replacedBy === null
            ? 'none'
            : `${row.replacedBy}; this one stays where it is until somebody destroys it`,
        ],
        [
          'Manifest',
          <Thumbprint key="manifest" value={row.manifestSha256.toUpperCase()} label="Hash of the manifest" />,
        ],
        ['Source', 'list of this profile'],
      ]}
    />
    <PlainList aria-label="Places">
      {row.places.map((place) => (
        <li key={`${place.kind} ${place.label}`}>
          <StatusMark mark={place.state === 'escrowed' ? 'ok' : 'attention'} word={place.state} />{' '}
          <LongName name={place.label} />
          <div>
            <Muted>
              {place.kind};{' '}
              {place.readBackAt === null ? (
                'not read back'
              ) : (
                <>
                  read back <FactTime at={place.readBackAt} />
                </>
              )}
            </Muted>
          </div>
        </li>
      ))}
    </PlainList>
    {row.toWrapAnew ? (
      <WrapAnew group={row.group.id} variant="contained">
        Wrap packages of this group anew
      </WrapAnew>
    ) : null}
  </SidePane>
)
