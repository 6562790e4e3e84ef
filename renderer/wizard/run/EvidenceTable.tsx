import { styled } from '@mui/material/styles'
import type { Evidence } from '../../../shared/model/evidence.ts'
import { FactTime } from '../../ui/FactTime.tsx'
import { inFours, withoutControls } from '../../ui/format.ts'

const Scroller = styled('div')({ overflowX: 'auto' })
export const PlainTable = styled('table')(({ theme }) => ({
  width: '100%',
  borderCollapse: 'collapse',
  fontVariantNumeric: 'tabular-nums',
  '& caption': { textAlign: 'start', fontWeight: 600, padding: '0 0 4px' },
  '& th': { textAlign: 'start', fontWeight: 600, padding: '6px 12px 6px 0', verticalAlign: 'bottom' },
  '& td': {
    padding: '6px 12px 6px 0',
    verticalAlign: 'top',
    borderTop: `1px solid ${theme.vars.palette.surface.line}`,
    minWidth: 72,
  },
  // Words stay whole; where there is no room for that, the table scrolls in its own frame.
  '& .words': { minWidth: 184 },
  '& .source': { minWidth: 152 },
  // A state or a time stays in one line; the long texts beside it have the room.
  '& .brief': {
    whiteSpace: 'nowrap',
  },
  // The smallest window that is supported has room for all columns where a time may take two lines.
  '@media screen and (max-width: 719.95px)': {
    '& th, & td': { paddingInlineEnd: 8 },
    '& td': { minWidth: 44 },
    '& .words': { minWidth: 150 },
    '& .source': { minWidth: 124 },
    '& .brief': { whiteSpace: 'normal', minWidth: 84 },
  },
}))
const Value = styled('td')({ fontFamily: "'IBM Plex Mono', monospace", fontSize: '0.8125rem' })

/** Thumbprints and digests in groups; everything else as it was read. */
const shownValue = (value: string): string =>
  /^(0x)?[0-9A-Fa-f]{32,128}$/.test(value) ? inFours(value) : withoutControls(value)

/** Statement, value, source, time, step. A line without source and time does not exist. */
export const EvidenceTable = (props: {
  caption: string
  rows: readonly { evidence: Evidence; step: number }[]
}) => (
  <Scroller tabIndex={0} role="region" aria-label={props.caption}>
    <PlainTable>
      <caption>{props.caption}</caption>
      <thead>
        <tr>
          <th scope="col">Statement</th>
          <th scope="col">Value</th>
          <th scope="col">Source</th>
          <th scope="col">Time</th>
          <th scope="col">Step</th>
        </tr>
      </thead>
      <tbody>
        {props.rows.map(({ evidence, step }, index) => (
          <tr key={index}>
            <td className="words">{withoutControls(evidence.statement)}</td>
            <Value className="words">
              <bdi>{shownValue(evidence.value)}</bdi>
            </Value>
            <td className="source">{withoutControls(evidence.source)}</td>
            <td className="brief">
              <FactTime at={evidence.at} />
            </td>
            <td>{step}</td>
          </tr>
        ))}
      </tbody>
    </PlainTable>
  </Scroller>
)
