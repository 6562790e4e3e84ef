import Button from '@mui/material/Button'
import { useState } from 'react'
import type { GroupRow } from '../../shared/ipc/schemas.ts'
import { hashOf } from '../app/routes.ts'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { count, withoutControls } from '../ui/format.ts'
import { LongName } from '../ui/LongName.tsx'
import { ButtonRow, Muted, PlainList } from '../ui/Panel.tsx'
import { SidePane } from '../ui/SidePane.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import {
  checkCodeOf,
  groupStateMarks,
  groupStateWords,
  mediumWords,
  memberStateMarks,
  memberStateWords,
} from './escrow-words.ts'
import { SaveCeremony } from './SaveCeremony.tsx'
import { WrapAnew } from './WrapAnew.tsx'

/** One group with its holders. Nothing here opens anything. */
export const GroupDetails = ({ row, onClose }: { row: GroupRow; onClose: () => void }) => {
  const [replacing, setReplacing] = useState(false)
  return (
    <SidePane title={<LongName name={row.name} />} subject={row.id} onClose={onClose}>
      <Facts
        facts={[
          [
            'State',
            <StatusMark key="state" mark={groupStateMarks[row.state]} word={groupStateWords[row.state]} />,
          ],
          ['Needed together', `${row.threshold} of ${row.members.length} shares`],
          ['Made', <FactTime key="made" at={row.created} />],
          ['Packages', `${count(row.packages, 'package')} that no other one replaced`],
          ['Group id', row.id],
          [
            'Public key',
            row.spkiSha256 === null ? (
              'not made'
            ) : (
              <Thumbprint key="key" value={row.spkiSha256.toUpperCase()} label="Hash of the public key" />
            ),
          ],
          ['Replaced by', row.replacedBy ?? 'none'],
          ['Source', 'list of this profile'],
        ]}
      />
      <PlainList aria-label="Holders">
        {row.members.map((member) => (
          <li key={member.number}>
            <StatusMark
              mark={memberStateMarks[member.state]}
              word={`Share ${member.number}, ${withoutControls(member.name)}: ${memberStateWords[member.state]}`}
            />
            <div>
              <Muted>
                {mediumWords[member.medium]}; check code {checkCodeOf(member.fingerprint)}
              </Muted>
            </div>
          </li>
        ))}
      </PlainList>
      <ButtonRow>
        {row.identifier === null ? null : (
          <Button variant="outlined" href={hashOf.escrow('check', row.id)}>
            Check a share
          </Button>
        )}
        {row.state === 'active' ? (
          <Button variant="outlined" aria-expanded={replacing} onClick={() => setReplacing(!replacing)}>
            Replace a holder
          </Button>
        ) : null}
        {row.state === 'replaced' && row.packages > 0 ? (
          <WrapAnew group={row.id} variant="contained">
            Wrap packages anew for another group
          </WrapAnew>
        ) : null}
      </ButtonRow>
      {row.state === 'replaced' ? (
        <p>
          {row.packages > 0
            ? `${count(row.packages, 'package')} of this group ${row.packages === 1 ? 'is' : 'are'} to be wrapped anew: ${row.threshold} of its holders give their shares once more. Keep all shares until then.`
            : 'No package needs this group any more. Its shares are to be destroyed, and every old copy of a package: together they still open it.'}
        </p>
      ) : null}
      {replacing ? (
        <>
          <p>
            Shares can’t be changed one by one: a ceremony makes a new group, and this one is replaced when
            the last new share was read back. {count(row.packages, 'package')} of this group then{' '}
            {row.packages === 1 ? 'is' : 'are'} listed as to be wrapped anew, which {row.threshold} of the old
            holders do together. Until then, and in every old copy, the old shares still open{' '}
            {row.packages === 1 ? 'it' : 'them'}.
          </p>
          <ButtonRow>
            <Button variant="contained" href={hashOf.escrow('ceremony', row.id)}>
              Begin the ceremony of the new group
            </Button>
            {row.packages === 0 ? null : (
              <WrapAnew group={row.id}>Wrap packages anew for another group</WrapAnew>
            )}
          </ButtonRow>
        </>
      ) : null}
      {row.state === 'in-ceremony' ? null : <SaveCeremony group={row.id} />}
    </SidePane>
  )
}
