import { styled } from '@mui/material/styles'
import type { ReactNode } from 'react'
import type { PrintHead } from '../../shared/model/print.ts'
import { Facts } from '../ui/Facts.tsx'
import { inFours, localTime, utcTime, withoutControls } from '../ui/format.ts'

const Sheet = styled('main')({
  fontSize: '9.5pt',
  lineHeight: 1.4,
  color: '#16202b',
  '& h1': { fontSize: '16pt', lineHeight: 1.25, margin: '0 0 8px' },
  '& h2': { fontSize: '12pt', margin: '20px 0 6px', breakAfter: 'avoid' },
  '& h3': { fontSize: '10.5pt', margin: '14px 0 4px', breakAfter: 'avoid' },
  '& p, & li': { maxWidth: 'none' },
  '& pre, & .mono': {
    fontFamily: "'IBM Plex Mono', monospace",
    fontSize: '8pt',
    lineHeight: 1.4,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
  '& pre': { margin: '4px 0', padding: 6, border: '1px solid #7a8794' },
  '& table': { width: '100%', borderCollapse: 'collapse', margin: '4px 0', tableLayout: 'auto' },
  '& thead': { display: 'table-header-group' },
  '& tr': { breakInside: 'avoid' },
  '& th, & td': {
    textAlign: 'start',
    verticalAlign: 'top',
    padding: '3px 8px 3px 0',
    borderBottom: '1px solid #c3ccd5',
    // Not "anywhere": a column may not become narrower than its longest word.
    overflowWrap: 'break-word',
  },
  '& td.mono': { overflowWrap: 'anywhere', minWidth: '30mm' },
  '& td:first-of-type': { overflowWrap: 'anywhere', minWidth: '32mm' },
  '& .brief': { whiteSpace: 'nowrap' },
  '& th': { borderBottom: '1.5px solid #16202b', fontWeight: 600 },
})
const Word = styled('p')({
  display: 'inline-block',
  border: '2px solid #16202b',
  padding: '2px 10px',
  margin: '0 0 8px',
  fontWeight: 700,
  letterSpacing: '0.06em',
})

/** Local time with its offset, and UTC: paper does not know where it is read. */
export const PrintTime = ({ at }: { at: string }) => {
  const minutes = -new Date(at).getTimezoneOffset()
  const clock = `${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`
  return (
    <>
      {localTime(at)} ({minutes < 0 ? '−' : '+'}
      {clock}), {utcTime(at)}
    </>
  )
}

/** The head of every printed page: what, where, by whom, when, from which readings. */
export const Paper = ({ head, children }: { head: PrintHead; children: ReactNode }) => (
  <Sheet>
    {head.rehearsal ? <Word>REHEARSAL: simulated systems; nothing here is proof</Word> : null}
    <h1>
      <bdi>{withoutControls(head.title)}</bdi>
    </h1>
    <Facts
      facts={[
        ['Environment', head.environment.toUpperCase()],
        ['Scope', withoutControls(head.scope)],
        ['Made by', `${withoutControls(head.madeBy)}, with Keyturn`],
        ['Made', <PrintTime key="made" at={head.madeAt} />],
        ...head.sources.map(
          ({ source, asOf }) =>
            [`As of, ${withoutControls(source)}`, <PrintTime key={source} at={asOf} />] as const,
        ),
        [
          'Sources that did not answer',
          head.silent.length === 0 ? 'none known' : head.silent.map(withoutControls).join(', '),
        ],
        [
          'Digest of the data',
          <span key="digest" className="mono">
            SHA-256 {inFours(head.digest)}
          </span>,
        ],
      ]}
    />
    {children}
  </Sheet>
)
