import Link from '@mui/material/Link'
import type { DrillRow } from '../../shared/ipc/schemas.ts'
import { hashOf } from '../app/routes.ts'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { LongName } from '../ui/LongName.tsx'
import { ProofLadder } from '../ui/ProofLadder.tsx'
import { SidePane } from '../ui/SidePane.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { withoutControls } from '../ui/format.ts'
import { drillMarks, passwordWords, secondsText } from './drill-words.ts'

/** Everything that the record holds of one drill. */
export const DrillDetails = ({ row, onClose }: { row: DrillRow; onClose: () => void }) => (
  <SidePane title={<LongName name={row.database} />} subject={String(row.seq)} onClose={onClose}>
    <Facts
      facts={[
        ['Outcome', <StatusMark key="outcome" {...drillMarks[row.outcome]} />],
        ['Backup proven as far as', <ProofLadder key="level" level={row.level} at={row.at} />],
        ['Drilled', <FactTime key="at" at={row.at} />],
        ['Taken by', <LongName key="source" name={row.source} />],
        ['Restored on', <LongName key="drill" name={row.drillServer} />],
        [
          'Backups',
          <ul key="sets">
            {row.sets.map((set) => (
              <li key={set}>{withoutControls(set)}</li>
            ))}
          </ul>,
        ],
        [
          'Certificates from files',
          row.thumbprints.length === 0 ? (
            'none'
          ) : (
            <ul key="thumbprints">
              {row.thumbprints.map((thumbprint) => (
                <li key={thumbprint}>
                  <Thumbprint value={thumbprint} />
                </li>
              ))}
            </ul>
          ),
        ],
        ['Passwords', passwordWords[row.passwords]],
        ['Checked', row.checks.join(', ') || 'nothing'],
        ['Restore took', secondsText(row.restoreSeconds)],
        ['Whole drill took', secondsText(row.totalSeconds)],
        ...(row.problem === null
          ? []
          : ([
              [
                'Why not',
                `${withoutControls(row.problem.title)}${row.problem.number === null ? '' : ` (${row.problem.number})`}`,
              ],
              ['Next step', withoutControls(row.problem.next)],
            ] as const)),
        [
          'Run',
          row.run === null ? (
            'not known'
          ) : (
            <Link key="run" href={hashOf.run(row.run)}>
              See the run with its evidence
            </Link>
          ),
        ],
      ]}
    />
  </SidePane>
)
