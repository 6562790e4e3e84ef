import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import type { DrillRow } from '../../shared/ipc/schemas.ts'
import { drillMarks, drillSentence, lastPerServer } from '../ledger/drill-words.ts'
import { Panel, PanelHeading } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

const List = styled('ul')({ listStyle: 'none', padding: 0, display: 'flex', flexDirection: 'column', gap: 8 })

/** The last drill of each server. Absent while there was none: the first steps say so. */
export const LastDrills = ({ drills }: { drills: readonly DrillRow[] }) => {
  const last = lastPerServer(drills)
  return last.length === 0 ? null : (
    <Panel>
      <PanelHeading>Last restore drill of each server</PanelHeading>
      <List>
        {last.map((drill) => (
          <li key={drill.sourceId}>
            <StatusMark mark={drillMarks[drill.outcome].mark} word={drillSentence(drill)} />
          </li>
        ))}
      </List>
      <Link href="#/backups">See all drills</Link>
    </Panel>
  )
}
