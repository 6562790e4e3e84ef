import { styled } from '@mui/material/styles'
import type { CeremonyView, HolderState, SheetToDestroy } from '../../shared/model/ceremony.ts'
import { mediumWords } from '../escrow/escrow-words.ts'
import { withoutControls } from '../ui/format.ts'
import { Muted, Panel, PanelHeading, PlainList } from '../ui/Panel.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'

/** Read from a step away, by several people: larger than the rest of the program. */
export const Stage = styled('div')({
  maxWidth: 1080,
  marginInline: 'auto',
  fontSize: '1.125rem',
  lineHeight: 1.5,
  display: 'flex',
  flexDirection: 'column',
  gap: 24,
  '& p, & li, & dt, & dd, & label, & span, & button, & a': { fontSize: '1.125rem', lineHeight: 1.5 },
  '& input, & textarea': { fontSize: '1.125rem' },
  // The outline of a field hangs on an empty legend: a taller one pushes it down, away from its text.
  '& .MuiOutlinedInput-notchedOutline span': { fontSize: 'inherit', lineHeight: 'inherit' },
  '& h1': { fontSize: '1.75rem', lineHeight: 1.25 },
  '& h2, & h2 span': { fontSize: '1.25rem' },
})

/** What to do and who is there; below each other in a narrow window. */
export const Sides = styled('div')({
  display: 'grid',
  gridTemplateColumns: 'minmax(0, 1fr) minmax(280px, 340px)',
  gap: 24,
  alignItems: 'start',
  '@media (max-width: 899.95px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
})

const marks: Readonly<Record<HolderState, Mark>> = {
  waiting: 'waiting',
  written: 'attention',
  'read-back': 'ok',
  failed: 'failed',
  void: 'failed',
}
const words: Readonly<Record<HolderState, string>> = {
  waiting: 'waiting',
  written: 'written',
  'read-back': 'read back',
  failed: 'failed',
  void: 'void',
}

/** Who has which share, and how far it is. */
export const Holders = ({ ceremony }: { ceremony: CeremonyView }) => {
  const readBack = ceremony.holders.filter(({ state }) => state === 'read-back').length
  return (
    <Panel aria-label="Holders and witnesses">
      <PanelHeading>
        {ceremony.threshold} needed · {readBack} of {ceremony.holders.length} read back
      </PanelHeading>
      <PlainList>
        {ceremony.holders.map((holder) => (
          <li key={holder.number}>
            <StatusMark
              mark={marks[holder.state]}
              word={`Share ${holder.number}, ${withoutControls(holder.name)}: ${words[holder.state]}`}
            />
            <div>
              <Muted>
                {mediumWords[holder.medium]}; check code {holder.checkCode}
              </Muted>
            </div>
          </li>
        ))}
      </PlainList>
      <p>
        {ceremony.witnesses.length === 0
          ? 'No witness named'
          : `Witnesses: ${ceremony.witnesses.map(withoutControls).join(', ')}`}
      </p>
    </Panel>
  )
}

/** Sheets that must not stay, each by where it is. */
export const SheetsToDestroy = ({ sheets }: { sheets: readonly SheetToDestroy[] }) => (
  <Panel aria-label="To be destroyed">
    <PanelHeading>
      {sheets.length === 0
        ? 'No sheet has to be destroyed'
        : sheets.length === 1
          ? '1 sheet has to be destroyed'
          : `${sheets.length} sheets have to be destroyed`}
    </PanelHeading>
    {sheets.length === 0 ? null : (
      <ul>
        {sheets.map(({ number, holder, medium, where }) => (
          <li key={`${number} ${where ?? 'paper'}`}>
            Share {number}, {withoutControls(holder)}:{' '}
            {where === null
              ? `every ${medium === 'paper' ? 'printed sheet' : 'copy'}`
              : withoutControls(where)}
          </li>
        ))}
      </ul>
    )}
  </Panel>
)
